"""The admin console: limits, people, accounts and prices are changed here; what happened is only read.

The admin writes nothing itself. Every form and every bulk edit calls the services the API and the pages call, so that
events, generations and the second pair of eyes hold here too.
"""

from fleet.admin import access, accounts, facts, limits, pricebook, prices
from fleet.signin import admin as people

__all__ = ["access", "accounts", "facts", "limits", "people", "pricebook", "prices"]

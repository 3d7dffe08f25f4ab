"""Whether a cloud still names the account that was first read behind a credential, and what a person can do if not."""

from __future__ import annotations

from fleet.domain.outcomes import Check
from fleet.models import CloudAccount
from fleet.providers.base import CloudProvider, ReadFailed

WHOSE = "Whose account it is"
ANOTHER = "another-account"


def another_account(account: CloudAccount, named: str) -> str:
    """What is wrong, and what to do, when its cloud names another account; empty when it is the expected one."""
    expected = account.expected_account_ref
    if not expected or named == expected:
        return ""
    new = named or "the new one"
    return (
        f"{account.name} leads to account {named or 'unknown'} now, not to {expected}: nothing is taken over from "
        f"there. Give it a credential of {expected} again, or add an account of its own for {new}. Only if nothing of "
        f"it lives in {expected} any more: set expected_account_ref to {new} to accept it."
    )


def checked(account: CloudAccount, cloud: CloudProvider) -> list[Check]:
    """The account's checks, and whose it is where that is wrong. Raises nothing a cloud answers."""
    checks = list(cloud.checks())
    if not checks or not checks[0].ok:
        return checks
    try:
        another = another_account(account, cloud.facts().account_ref)
    except ReadFailed as error:
        another = str(error)
    return [*checks, Check(WHOSE, False, another)] if another else checks

"""Signing in: who somebody is before `fleet.services.access` says what they may do.

`urls` has every route. The forms, stages and protocols are django-allauth's; ours are the pages, the rules of the house
and the events. What is kept lies in `fleet/services/` (`sessions`, `second_factor`, `mapping`, `passwords`).
"""

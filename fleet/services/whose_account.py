"""Which account of its cloud each of ours is: the one that was first read behind its credential, and no other's too.

Two of ours with one list of machines would each take the other's for orphans.
"""

from __future__ import annotations

from fleet.domain.outcomes import Check
from fleet.domain.refusals import Refused
from fleet.models import CloudAccount
from fleet.providers.base import CloudProvider, ReadFailed

WHOSE = "Whose account it is"
ANOTHER = "another-account"
ONCE = "Connected once"
SEVERAL_CLOUDS = frozenset({"sandbox"})
"""Providers that speak for several clouds, which may know an account by one name."""


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


def check_only(account: CloudAccount, ref: str) -> None:
    """Raises Refused when another of our accounts, switched on or off, is the cloud's account `ref` already."""
    others = CloudAccount.objects.filter(provider=account.provider, expected_account_ref=ref).exclude(pk=account.pk)
    if account.provider in SEVERAL_CLOUDS:
        others = others.filter(cloud=account.cloud)
    other = others.order_by("id").first() if ref else None
    if other is not None:
        off = "" if other.enabled else ", which is switched off"
        sentence = f"The cloud's account {ref} is connected already, as {other.name}{off}. Change that one instead."
        raise Refused("account-twice", sentence, field="expected_account_ref")


def doubts(account: CloudAccount, named: str) -> list[Check]:
    """What is wrong with the account that its cloud names, as checks that failed."""
    if another := another_account(account, named):
        return [Check(WHOSE, False, another)]
    try:
        if not account.expected_account_ref:
            check_only(account, named)
    except Refused as error:
        return [Check(ONCE, False, error.sentence)]
    return []


def checked(account: CloudAccount, cloud: CloudProvider) -> list[Check]:
    """The account's checks, and whose it is where that is wrong. Raises nothing a cloud answers."""
    checks = list(cloud.checks())
    if not checks or not checks[0].ok:
        return checks
    try:
        return [*checks, *doubts(account, cloud.facts().account_ref)]
    except ReadFailed as error:
        return [*checks, Check(WHOSE, False, str(error))]

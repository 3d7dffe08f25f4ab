"""Which account of its cloud each of ours is: the one that was first read behind its credential, and no other's too.

Two of ours with one list of machines would each take the other's for orphans.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.domain.outcomes import Check, ErrorClass, Refusal, Scope
from fleet.domain.refusals import Refused
from fleet.models import CloudAccount
from fleet.providers.base import CloudProvider, ReadFailed

WHOSE = "Whose account it is"
ANOTHER = "another-account"
ONCE = "Connected once"
APART = ("resource_group", "namespace")
"""Options that say which part of its cloud's account is listed, and no other."""
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


def refusal_of(sentence: str) -> Refusal:
    """What `another_account` says, as what is wrong with the account."""
    return Refusal(ErrorClass.AUTH, ANOTHER, sentence, Scope.ACCOUNT)


def check_only(account: CloudAccount, ref: str) -> None:
    """Raises Refused when another of our accounts, switched on or off, is the cloud's account `ref` already.

    Two that list different places of it, as namespaces or regions, see no machine of each other.
    """
    others = CloudAccount.objects.filter(provider=account.provider, expected_account_ref=ref).exclude(pk=account.pk)
    if account.provider in SEVERAL_CLOUDS:
        others = others.filter(cloud=account.cloud)
    alike = (other for other in others.order_by("id") if _overlap(account.options, other.options))
    other = next(alike, None) if ref else None
    if other is not None:
        off = "" if other.enabled else ", which is switched off"
        sentence = f"The cloud's account {ref} is connected already, as {other.name}{off}. Change that one instead."
        raise Refused("account-twice", sentence, field="expected_account_ref")


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether accounts with these options may list the same machines."""
    if any(one.get(name) != other.get(name) for name in APART if one.get(name) and other.get(name)):
        return False
    regions, others = set(one.get("regions") or ()), set(other.get("regions") or ())
    return not (regions and others) or bool(regions & others)


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

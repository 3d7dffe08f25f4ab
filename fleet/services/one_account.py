"""Each account of a cloud is connected once: two of ours with one list of machines would each doubt the other's."""

from __future__ import annotations

from fleet.domain.refusals import Refused
from fleet.models import CloudAccount

SEVERAL_CLOUDS = frozenset({"sandbox"})
"""Providers that speak for several clouds, which may know an account by one name."""


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

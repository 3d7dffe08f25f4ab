"""What an Azure account's credential may read. Azure tries no launch without making it, so none is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from fleet.domain.outcomes import Check
from fleet.providers.azure.errors import meaning_of
from fleet.providers.failing import tried

Read = Callable[[], Any]


def checks(
    skus: Callable[[str], Any], machines: Read, prices: Callable[[str], Any], regions: Sequence[str]
) -> Iterator[Check]:
    """In the order in which Purser needs them; after a credential that does not work, nothing else is tried."""
    needs = "Microsoft.Compute/skus/read"
    first = _try(needs, f"Sizes in {regions[0]}", partial(skus, regions[0]))
    yield first
    if not first.ok:
        return
    for region in regions[1:]:
        yield _try(needs, f"Sizes in {region}", partial(skus, region))
    yield _try("Microsoft.Compute/virtualMachines/read", "Our machines", machines)
    for region in regions:
        yield _try("", f"Retail prices in {region}", partial(prices, region))


def _try(permission: str, what: str, call: Callable[[], Any]) -> Check:
    return tried(permission, what, call, meaning_of)

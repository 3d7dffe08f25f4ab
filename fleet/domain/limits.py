"""Quotas and budgets as they may be written down, and which change of one lets more be held or spent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from fleet.domain.refusals import Refused, did_you_mean

MOST_ACCELERATORS = 1_000_000
MOST_MONEY = Decimal(10**12)
SMALLEST_MONEY = Decimal("0.000001")
BLOCK, WARN = "block", "warn"
CAPS = ("cap_per_hour", "cap_per_month")

Terms = Mapping[str, Any]
"""What a limit says, by the names of its columns; a limit that is not there has no terms (None)."""


def loosens(before: Terms | None, after: Terms | None) -> bool:
    """Whether more may be held or spent afterwards than before.

    Every limit that covers a launch must leave room for it, so another one can only tighten; a cap that goes up or
    away, an action that no longer blocks, and a limit that is deleted loosen.
    """
    if before is None:
        return False
    if after is None:
        return True
    if "max_accelerators" in before:
        return int(after["max_accelerators"]) > int(before["max_accelerators"])
    if before["action"] != BLOCK:
        return False  # it never refused anything
    if after["action"] != BLOCK or after["currency"] != before["currency"]:
        return True
    return any(_above(after[cap], before[cap]) for cap in CAPS)


def check_quota(terms: Terms) -> None:
    """Raise Refused for a number no quota can have."""
    most = terms["max_accelerators"]
    if isinstance(most, bool) or not isinstance(most, int) or not 0 <= most <= MOST_ACCELERATORS:
        sentence = f"A quota is a whole number of accelerators from 0 to {MOST_ACCELERATORS:,}."
        raise Refused("max-accelerators", sentence, field="max_accelerators")


def check_budget(terms: Terms) -> None:
    """Raise Refused for caps, actions and shares no budget can have."""
    for cap in CAPS:
        if terms[cap] is not None:
            check_money(terms[cap], field=cap)
    if all(terms[cap] is None for cap in CAPS):
        raise Refused("no-cap", "A budget needs a cap per hour, per month, or both.", field="cap_per_hour")
    if terms["action"] not in (BLOCK, WARN):
        raise Refused(
            "action", f"It blocks or it warns.{did_you_mean(str(terms['action']), [BLOCK, WARN])}", field="action"
        )
    ratio = terms["warn_ratio"]
    if not (isinstance(ratio, Decimal) and ratio.is_finite() and 0 < ratio <= 1) or ratio != ratio.quantize(
        Decimal("0.001")
    ):
        raise Refused("warn-ratio", "It warns at a share from 0.001 to 1, such as 0.8.", field="warn_ratio")


def check_money(amount: Any, *, field: str) -> None:
    """Raise Refused for what is no amount we can keep."""
    if not isinstance(amount, Decimal) or not amount.is_finite() or not 0 <= amount < MOST_MONEY:
        raise Refused("amount", f"An amount from 0 to {MOST_MONEY:,}, such as 250.00.", field=field)
    if amount != amount.quantize(SMALLEST_MONEY):
        raise Refused("amount", "At most 6 decimals.", field=field)


def check_currency(currency: str, sold_in: set[str]) -> None:
    """Raise Refused unless somebody charges in it: a cap in another currency would compare unlike numbers."""
    if currency not in sold_in:
        known = ", ".join(sorted(sold_in))
        raise Refused(
            "currency", f"Nothing is sold in {currency[:20]!r} here; caps are kept in {known}.", field="currency"
        )


def read_money(text: str, *, field: str) -> Decimal:
    """An amount as people write it in a file: a plain number. Raises Refused for units, signs and separators."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not set(text) <= set("0123456789."):
        raise Refused(
            "amount", f"{text[:40]!r} is no amount: write digits and a point only, such as 250.00.", field=field
        )
    return amount


def read_count(text: str, *, field: str) -> int:
    """A number of accelerators as people write it in a file. Raises Refused for units, signs and separators."""
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise Refused(
            "count", f"{text[:40]!r} is no number of accelerators: write digits only, such as 64.", field=field
        )
    return int(text)


def _above(new: Decimal | None, old: Decimal | None) -> bool:
    return old is not None and (new is None or new > old)

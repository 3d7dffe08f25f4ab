"""Money: Decimal, rounded in one place, and split without losing a digit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

LEDGER_DIGIT = Decimal("0.000000001")
"""The smallest amount the ledger keeps."""
CENT = Decimal("0.01")
MICROSECONDS_PER_HOUR = 3_600_000_000


def quantise(amount: Decimal, quantum: Decimal = LEDGER_DIGIT) -> Decimal:
    """`amount` as a multiple of `quantum`; a half goes to the even neighbour, so errors do not pile up."""
    return amount.quantize(quantum, rounding=ROUND_HALF_EVEN)


def cost_of(length: timedelta, price_per_hour: Decimal) -> Decimal:
    """Price × time, to the ledger's digit. Exact per microsecond before that."""
    return quantise(price_per_hour * (length // timedelta(microseconds=1)) / MICROSECONDS_PER_HOUR)


def split(amount: Decimal, weights: Sequence[int | float | Fraction], quantum: Decimal = LEDGER_DIGIT) -> list[Decimal]:
    """Parts in proportion to `weights` that add up to `amount` exactly (largest-remainder method, Hamilton).

    Each part differs from its exact share by less than one `quantum`. Raises ValueError when the weights cannot
    share anything, or when `amount` is not a multiple of `quantum`.
    """
    exact = [Fraction(weight) for weight in weights]
    total = sum(exact, Fraction(0))
    if total <= 0 or min(exact) < 0:
        raise ValueError("weights must not be negative and at least one must be positive")
    units = Fraction(amount) / Fraction(quantum)
    if units.denominator != 1:
        raise ValueError(f"{amount} is not a multiple of {quantum}")
    sign = -1 if units < 0 else 1
    shares = [abs(units) * weight / total for weight in exact]
    parts = [int(share) for share in shares]
    missing = int(abs(units)) - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - shares[i], i))
    for i in by_remainder[:missing]:
        parts[i] += 1
    return [sign * part * quantum for part in parts]

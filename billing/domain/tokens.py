"""What a million tokens cost, how that was reckoned and how much of it was seen."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from billing.domain.money import quantise

MILLION = 1_000_000
PRICE_DIGIT = Decimal("0.000001")

FROM_EVENTS = "events"
FROM_COUNTERS = "counters"

AGREES_WITHIN = 0.02
"""Requests in flight at an hour's edges let two honest counts of the same tokens differ by this much."""


@dataclass(frozen=True)
class Tokens:
    """What an endpoint served in a stretch of time, by one count. `input_tokens` leaves out the cached."""

    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    gap_seconds: float = 0.0

    @property
    def total(self) -> int:
        return self.input_tokens + self.cached_input_tokens + self.output_tokens


@dataclass(frozen=True)
class Count:
    """The count that is used, with how much of the truth it holds."""

    tokens: Tokens
    source: str
    completeness: float
    reason: str = ""


@dataclass(frozen=True)
class TokenPrice:
    """Dollars (or whatever the bill's currency is) per million tokens; None with a reason where there is none."""

    per_million: Decimal | None
    per_million_output: Decimal | None
    method: str
    completeness: float
    reason: str


def best_count(events: Tokens | None, counters: Tokens | None, *, replica_seconds: float) -> Count | None:
    """Choose one of two counts of the same tokens; they are never added.

    Usage events come first, since each request is counted exactly once; the engines' counters then check them: what
    the counters saw beyond the events is missing. Counters alone are as complete as their time without gaps
    (`replica_seconds`: the time replicas served). None: nobody counted.
    """
    if events is not None:
        return _checked(events, counters)
    if counters is None:
        return None
    completeness = max(0.0, 1 - counters.gap_seconds / replica_seconds) if replica_seconds > 0 else 1.0
    reason = f"tokens of {counters.gap_seconds:.0f} replica-seconds went unseen" if counters.gap_seconds else ""
    return Count(counters, FROM_COUNTERS, completeness, reason)


def token_price(amount: Decimal, count: Count | None) -> TokenPrice:
    """`amount / tokens × 10⁶` on the allocated basis: the whole bill of the time, idle and starting up included.

    With a completeness below 1 tokens are missing, so the true price is lower than the one told, and the reason
    says so. No tokens or no count: no price.
    """
    if count is None:
        return TokenPrice(None, None, "allocated", 0.0, "nothing counted this endpoint's tokens")
    method = f"allocated/{count.source}"
    if count.tokens.total == 0:
        return TokenPrice(None, None, method, count.completeness, count.reason or "no tokens were served")
    if count.completeness <= 0:
        return TokenPrice(None, None, method, 0.0, count.reason or "none of the time was observed")
    return TokenPrice(
        _per_million(amount, count.tokens.total),
        _per_million(amount, count.tokens.output_tokens),
        method,
        count.completeness,
        count.reason,
    )


def _checked(events: Tokens, counters: Tokens | None) -> Count:
    if counters is None or events.total >= counters.total * (1 - AGREES_WITHIN):
        return Count(events, FROM_EVENTS, 1.0)
    share = events.total / counters.total
    return Count(events, FROM_EVENTS, share, f"usage events hold {share:.1%} of the tokens the engines counted")


def _per_million(amount: Decimal, tokens: int) -> Decimal | None:
    return quantise(amount * MILLION / tokens, PRICE_DIGIT) if tokens else None

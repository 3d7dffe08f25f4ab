"""billing's tables: the bill as it stands, and what it was for."""

from billing.models.cost import AllocatedCost, CostedHour, CostKind, CostPerToken, HourlySpend, TokenKind, TokenUsage
from billing.models.usage import ChargeKind, LedgerEntry, MeterState, PaidMeter, PostedMonth, UnusedHour, UsageInterval

__all__ = [
    "AllocatedCost",
    "ChargeKind",
    "CostKind",
    "CostPerToken",
    "CostedHour",
    "HourlySpend",
    "LedgerEntry",
    "MeterState",
    "PaidMeter",
    "PostedMonth",
    "TokenKind",
    "TokenUsage",
    "UnusedHour",
    "UsageInterval",
]

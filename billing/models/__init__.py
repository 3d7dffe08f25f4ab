"""billing's tables: the bill as it stands, and what it was for."""

from billing.models.cost import AllocatedCost, CostedHour, CostKind, CostPerToken, TokenKind, TokenUsage
from billing.models.usage import ChargeKind, LedgerEntry, MeterState, UsageInterval

__all__ = [
    "AllocatedCost",
    "ChargeKind",
    "CostKind",
    "CostPerToken",
    "CostedHour",
    "LedgerEntry",
    "MeterState",
    "TokenKind",
    "TokenUsage",
    "UsageInterval",
]

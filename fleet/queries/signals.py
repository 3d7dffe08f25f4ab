"""What clouds answered and nobody has classified."""

from __future__ import annotations

from fleet.models import UnclassifiedSignal
from fleet.queries.rows import Rows, plain


def unclassified_signals() -> Rows:
    """One row a cloud and code, the latest first."""
    rows = UnclassifiedSignal.objects.order_by("-last_seen_at", "cloud", "code")
    return plain(rows.values("cloud", "code", "message", "times", "first_seen_at", "last_seen_at"))

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing.domain.projection import month_after, month_of, project_month


@pytest.mark.parametrize(
    ("instant", "first", "following"),
    [
        (datetime(2026, 3, 2, 12, 5, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2028, 2, 1, tzinfo=UTC), datetime(2028, 2, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_month_is_a_calendar_month(instant: datetime, first: datetime, following: datetime) -> None:
    assert (month_of(instant), month_after(instant)) == (first, following)


def test_the_month_ends_where_the_burn_rate_leads() -> None:
    found = project_month(Decimal(100), Decimal("2.5"), datetime(2026, 3, 31, 20, tzinfo=UTC))
    assert found.month_end == 110
    assert found.method == "month to date + burn rate × what is left of the month"

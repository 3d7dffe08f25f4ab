"""What stands at the axis of a chart: what the ticks are, and no rounding that makes two of them wrong."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fleet import timerange
from fleet.charts import Line, Style, lines_pane

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def labels(highest: float, style: str) -> list[str]:
    span = timerange.read({}, default="24h", now=NOW, minutes_kept=timerange.LONGEST)
    pane = lines_pane("p", "P", span=span, lines=[Line("one", [0.0, highest], "c1")], style=Style("", style))
    assert pane is not None
    return list(pane.figure["layout"]["yaxis"]["ticktext"])


@pytest.mark.parametrize(
    ("highest", "style", "told"),
    [
        (7.2, "usd", ["$0.00", "$2.50", "$5.00", "$7.50"]),
        (3.0, "usd", ["$0", "$1", "$2", "$3", "$4"]),
        (30.0, "usd", ["$0", "$10", "$20", "$30", "$40"]),
        (0.7, "usd", ["$0.00", "$0.25", "$0.50", "$0.75"]),
        (7.2, "plain", ["0.0", "2.5", "5.0", "7.5"]),
        (0.07, "percent", ["0.0%", "2.5%", "5.0%", "7.5%"]),
        (0.3, "percent", ["0%", "10%", "20%", "30%", "40%"]),
    ],
)
def test_every_tick_says_where_it_is(highest: float, style: str, told: list[str]) -> None:
    assert labels(highest, style) == told

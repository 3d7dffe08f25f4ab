"""Figures from plain rows; every app's charts are built with these. No ORM and no colours in here.

They are plain dictionaries in Plotly's words: its Python package would check each of them for longer than it takes to
make them, so it checks them in the tests instead.

A figure names the role of each part (`meta`, and `name` of shapes and notes); static/js/charts.js gives roles their
colours, so that one figure serves both themes. Times are UTC; a bucket without a value is a gap in the line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fleet.formatting import duration
from fleet.timerange import TimeRange

SERIES_ROLES = ("c1", "c2", "c3", "c4", "c5", "c6")
STALE_AFTER = timedelta(minutes=5)
MOST_GUIDES = 24
THICKEST = 18
HEIGHTS = {"h148": 148, "h232": 232, "h304": 304}
Values = Sequence[float | None]

MARKS: dict[str, tuple[str, str, str]] = {
    "scale": ("Scale", "triangle-up", "text-2"),
    "preempt": ("Preempt", "diamond", "c2"),
    "heal": ("Heal", "cross", "c3"),
    "price": ("Price change", "square-open", "c1"),
}


@dataclass(frozen=True)
class Line:
    """One series on the buckets of the range. `role` is a colour of the stylesheet."""

    name: str
    values: Values
    role: str
    dash: str = "solid"
    width: float = 1.6
    shape: str = "linear"
    markers: bool = False  # a dot for each value, where values are so few that a line alone would hide them


@dataclass(frozen=True)
class Limit:
    """A line across: an objective (dashed) or a hard bound (solid)."""

    value: float
    label: str
    dash: str = "4px,3px"


@dataclass(frozen=True)
class Mark:
    """Something that happened, in the lane under the plot."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True)
class Style:
    """How the numbers are written and laid out. `format` is a name of FORMATS in static/js/charts.js."""

    unit: str
    format: str
    height: str = "h148"
    stacked: bool = False
    log: bool = False
    ends: bool = False  # name the lines at their right end instead of above the plot
    top: float | None = None  # the axis reaches at least this far
    method: str = ""  # where the numbers come from: written at the plot's top right, beside them
    ticks: Mapping[float, str] = field(default_factory=dict)
    group: str = "page"
    read_at: int | None = None  # the bucket whose values the legend shows; usually each line's last


@dataclass(frozen=True)
class Pane:
    """One figure as a card shows it."""

    id: str
    title: str
    figure: dict[str, Any]
    summary: str
    height: str
    legend: bool

    @property
    def script_id(self) -> str:
        return f"figure-{self.id}"


@dataclass(frozen=True)
class Chart:
    """A card: without panes it shows `empty`, which says what is missing and why.

    `stale` says since when nothing new came, where the range reaches up to now; the old line stays.
    """

    id: str
    title: str
    basis: str
    panes: tuple[Pane, ...] = ()
    empty: str = ""
    note: str = ""
    lane: tuple[dict[str, str], ...] = ()
    keys: tuple[dict[str, Any], ...] = ()
    stale: str = ""


def lines_chart(
    id: str,
    title: str,
    basis: str,
    *,
    span: TimeRange,
    lines: Sequence[Line],
    style: Style,
    limits: Sequence[Limit] = (),
    marks: Sequence[Mark] = (),
    empty: str = "Nothing was measured in this time range.",
    note: str = "",
    explain_marks: bool = True,
) -> Chart:
    """A card with one figure of lines; an empty card when no line has a single value."""
    pane = lines_pane(id, title, span=span, lines=lines, style=style, limits=limits, marks=marks)
    if pane is None:
        return Chart(id, title, basis, empty=empty, note=note)
    return Chart(
        id,
        title,
        basis,
        (pane,),
        note=note,
        lane=lane_keys() if marks and explain_marks else (),
        stale=_stale(lines, span),
    )


def lane_keys() -> tuple[dict[str, str], ...]:
    """What the symbols of a lane mean."""
    return tuple({"name": name, "symbol": symbol, "role": role} for name, symbol, role in MARKS.values())


def lines_pane(
    id: str,
    title: str,
    *,
    span: TimeRange,
    lines: Sequence[Line],
    style: Style,
    limits: Sequence[Limit] = (),
    marks: Sequence[Mark] = (),
) -> Pane | None:
    """The figure; None when no line has a value."""
    known = [line for line in lines if any(value is not None for value in line.values)]
    if not known:
        return None
    figure = {
        "data": [_trace(line, span, style) for line in known] + _lane(marks),
        "layout": _layout(known, span, style, limits, marks),
    }
    summary = f"{title}, {span.label}, {style.unit}. {_summary(known, style)}"
    return Pane(id, title, figure, summary, style.height, not style.ends)


def timeline_chart(
    id: str,
    title: str,
    basis: str,
    *,
    span: TimeRange,
    bars: Sequence[Mapping[str, Any]],
    looks: Mapping[str, tuple[str, str, str]],
    rows: Sequence[str],
    note: str = "",
) -> Chart:
    """A Gantt chart. `bars`: row, state, start, end; `looks`: state -> (word, role, hatch)."""
    if not bars:
        return Chart(id, title, basis, empty="No replica existed in this time range.")
    traces = [
        _bars([bar for bar in bars if bar["state"] in states], look)
        for look, states in _by_look(looks).items()
        if any(bar["state"] in states for bar in bars)
    ]
    layout = _frame(span, l=64, r=14, t=6)
    layout["yaxis"] |= {
        "categoryorder": "array", "categoryarray": list(reversed(rows)), "showgrid": False, "type": "category",
        "tickmode": "array", "tickvals": list(rows), "rangemode": "normal", "range": [-0.6, len(rows) - 0.4],
    }  # fmt: skip
    layout["xaxis"] |= {"showgrid": True}
    layout |= {
        "barmode": "overlay",
        "bargap": max(0.32, 1 - len(rows) * THICKEST / HEIGHTS["h232"]),
        "hovermode": "closest",
    }
    layout["meta"] = {"format": "whole", "group": "page", "rows": _bar_rows(bars, looks)}
    height = "h232" if len(rows) <= 16 else "h304"
    ends = ", ".join(f"{row}: {looks[last['state']][0].lower()}" for row in rows[:8] for last in [_last(bars, row)])
    summary = f"{title}, {span.label}. {len(rows)} rows. {ends}"
    figure = {"data": traces, "layout": layout}
    keys = tuple({"name": word, "role": role, "hatched": bool(hatch)} for word, role, hatch in _by_look(looks))
    return Chart(id, title, basis, (Pane(id, title, figure, summary, height, False),), note=note, keys=keys)


def fill(span: TimeRange, rows: Sequence[Mapping[str, Any]], key: str, at: str = "bucket") -> list[float | None]:
    """Values of one column on the buckets of the range; None where there is no row."""
    values: list[float | None] = [None] * span.buckets
    for row in rows:
        index = (row[at] - span.start) // span.step
        if 0 <= index < len(values) and row[key] is not None:
            values[index] = float(row[key])
    return values


def _trace(line: Line, span: TimeRange, style: Style) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": line.name,
        "x0": f"{span.start:%Y-%m-%dT%H:%M:%S}",
        "dx": span.step / timedelta(milliseconds=1),
        "y": [None if value is None else _tidy(value) for value in line.values],
        "mode": "lines+markers" if line.markers else "lines",
        "line": {"width": line.width, "dash": line.dash, "shape": line.shape},
        "connectgaps": False,
        "meta": {"kind": "series", "role": line.role},
        **({"stackgroup": "all", "stackgaps": "infer zero"} if style.stacked else {}),
    }


def _lane(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    if not marks:
        return []
    looks = [MARKS[mark.kind] for mark in marks]
    return [
        {
            "type": "scatter",
            "x": [f"{mark.at:%Y-%m-%dT%H:%M:%S}" for mark in marks],
            "y": [0] * len(marks),
            "yaxis": "y2",
            "mode": "markers",
            "cliponaxis": False,
            "marker": {"symbol": [look[1] for look in looks], "size": 10},
            "text": [mark.text for mark in marks],
            "hovertemplate": "%{text}<extra></extra>",
            "meta": {"kind": "events", "roles": [look[2] for look in looks]},
        }
    ]


def _layout(
    lines: Sequence[Line], span: TimeRange, style: Style, limits: Sequence[Limit], marks: Sequence[Mark]
) -> dict[str, Any]:
    layout = _frame(span, l=46, r=150 if style.ends else 14, t=22)
    layout["meta"] = {"format": style.format, "group": style.group, "ends": style.ends, "stacked": style.stacked}
    layout["meta"] |= {"unit": style.unit, "read_at": style.read_at}
    layout["yaxis"] |= _log_axis(lines, style) if style.log else _linear_axis(lines, style, limits)
    if marks:
        layout["yaxis"]["domain"] = [0.12, 1]
        layout["yaxis2"] = {"domain": [0, 0.09], "range": [-1, 1], "visible": False, "fixedrange": True}
        layout["xaxis"] |= {"anchor": "free", "position": 0}
    layout["annotations"] = _method(style) + [
        {
            "text": style.unit, "xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left",
            "yanchor": "bottom", "xshift": -33, "yshift": 5, "showarrow": False, "name": "role:text-3",
        }
    ] + [
        {
            "text": limit.label, "xref": "paper", "x": 0, "xanchor": "left", "y": limit.value, "yanchor": "bottom",
            "xshift": 3, "showarrow": False, "name": "role:limit",
        }
        for limit in limits
    ]  # fmt: skip
    layout["shapes"] = _guides(marks) + [
        {
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": limit.value, "y1": limit.value,
            "line": {"width": 1.3, "dash": limit.dash}, "name": "role:limit",
        }
        for limit in limits
    ]  # fmt: skip
    return layout


def _guides(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """A dotted line up from each mark, at most as many as can be told apart."""
    at = sorted({f"{mark.at:%Y-%m-%dT%H:%M:00}" for mark in marks})
    return [
        {
            "type": "line", "yref": "paper", "x0": x, "x1": x, "y0": 0.05, "y1": 1, "layer": "below",
            "line": {"width": 1, "dash": "dot"}, "opacity": 0.45, "name": "role:text-3",
        }
        for x in at[-MOST_GUIDES:]
    ]  # fmt: skip


def _method(style: Style) -> list[dict[str, Any]]:
    if not style.method:
        return []
    return [
        {
            "text": style.method, "xref": "paper", "yref": "paper", "x": 1, "y": 1, "xanchor": "right",
            "yanchor": "bottom", "yshift": 5, "showarrow": False, "name": "role:text-3",
        }
    ]  # fmt: skip


def _frame(span: TimeRange, *, l: int, r: int, t: int) -> dict[str, Any]:  # noqa: E741 - Plotly's name
    return {
        "margin": {"l": l, "r": r, "t": t, "b": 22},
        "xaxis": {
            "type": "date",
            "range": [f"{span.start:%Y-%m-%dT%H:%M:%S}", f"{span.end:%Y-%m-%dT%H:%M:%S}"],
            "tickformat": "%H:%M" if span.fine else "%b %-d",
        },
        "yaxis": {},
    }


def _linear_axis(lines: Sequence[Line], style: Style, limits: Sequence[Limit]) -> dict[str, Any]:
    top = max(_highest(lines, style.stacked), style.top or 0.0, *(limit.value * 1.12 for limit in limits), 0.0)
    step = _nice(top / 3.2)
    room = 1.0 if top == style.top else 1.02  # a line must not lie on the frame, but 100% may
    high = step * math.ceil(top * room / step - 1e-9) if top else 1.0
    axis: dict[str, Any] = {"range": [0, high]}
    if style.ticks:
        return axis | {"tickmode": "array", "tickvals": list(style.ticks), "ticktext": list(style.ticks.values())}
    values = [step * k for k in range(round(high / step) + 1)] if top else [0, 1]
    return axis | {
        "tickmode": "array",
        "tickvals": values,
        "ticktext": [_tick(value, style.format, step) for value in values],
    }


def _log_axis(lines: Sequence[Line], style: Style) -> dict[str, Any]:
    values = [value for line in lines for value in line.values if value is not None and value > 0]
    low, high = (min(values), max(values)) if values else (0.1, 1.0)
    low, high = math.log10(low) - 0.12, math.log10(high) + 0.12
    if high - low < 0.5:
        low, high = (low + high) / 2 - 0.25, (low + high) / 2 + 0.25
    steps = [m * 10.0**e for e in range(math.floor(low), math.ceil(high) + 1) for m in (1, 2, 5)]
    inside = [step for step in steps if low <= math.log10(step) <= high]
    if len(inside) > 6:
        inside = [step for step in inside if not f"{step:e}".startswith("5")]
    if len(inside) > 7:
        inside = [step for step in inside if f"{step:e}".startswith("1")]
    labels = [_tick(step, style.format, step) for step in inside]
    return {
        "type": "log",
        "range": [low, high],
        "tickmode": "array",
        "tickvals": inside,
        "ticktext": labels,
        "rangemode": "normal",
    }


def _stale(lines: Sequence[Line], span: TimeRange) -> str:
    """`Stale · 11 min` when a range that reaches up to now ends without values for more than two steps."""
    last = max((k for line in lines for k, value in enumerate(line.values) if value is not None), default=None)
    if last is None or not span.key:
        return ""
    age = span.end - (span.start + (last + 1) * span.step)
    return f"Stale · {duration(age)}" if age > max(2 * span.step, STALE_AFTER) else ""


def _highest(lines: Sequence[Line], stacked: bool) -> float:
    if not stacked:
        return max((value for line in lines for value in line.values if value is not None), default=0.0)
    sums = [sum(value or 0 for value in column) for column in zip(*(line.values for line in lines), strict=False)]
    return max(sums, default=0.0)


def _nice(step: float) -> float:
    """The next step of 1, 2, 2.5, 5 × a power of ten."""
    if step <= 0:
        return 1.0
    power = 10 ** math.floor(math.log10(step))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= step * 0.999)


def _tick(value: float, style: str, step: float) -> str:
    """A value of the axis, with as many decimals as tell it from its neighbours, a step away."""
    if style == "percent":
        return f"{value * 100:.{_decimals(step * 100)}f}%"
    decimals = _decimals(step)
    if style in ("short", "usd_whole") and value >= 1000:
        sign = "$" if style == "usd_whole" else ""
        return f"{sign}{value / 1000:g}k" if value < 1e6 else f"{sign}{value / 1e6:g}M"
    text = f"{value:,.{max(decimals, 2) if style.startswith('usd') and decimals else decimals}f}"
    return f"${text}" if style.startswith("usd") else text


def _decimals(step: float) -> int:
    """What multiples of a step of `_nice` need to be told apart."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return decimals if math.isclose(step * 10**decimals, round(step * 10**decimals)) else decimals + 1


def _by_look(looks: Mapping[str, tuple[str, str, str]]) -> dict[tuple[str, str, str], set[str]]:
    found: dict[tuple[str, str, str], set[str]] = {}
    for state, look in looks.items():
        found.setdefault(look, set()).add(state)
    return found


def _bars(bars: Sequence[Mapping[str, Any]], look: tuple[str, str, str]) -> dict[str, Any]:
    word, role, hatch = look
    return {
        "type": "bar",
        "orientation": "h",
        "name": word,
        "y": [bar["row"] for bar in bars],
        "base": [f"{bar['start']:%Y-%m-%dT%H:%M:%S}" for bar in bars],
        "x": [(bar["end"] - bar["start"]) / timedelta(milliseconds=1) for bar in bars],
        "text": [f"{word} {bar['start']:%H:%M}–{bar['end']:%H:%M}" for bar in bars],
        "textposition": "none",
        "hovertemplate": "%{y}: %{text}<extra></extra>",
        "meta": {"kind": "bars", "role": role, "pattern": hatch},
    }


def _bar_rows(bars: Sequence[Mapping[str, Any]], looks: Mapping[str, tuple[str, str, str]]) -> dict[str, Any]:
    body = [
        [
            bar["row"],
            looks[bar["state"]][0],
            f"{bar['start']:%m-%d %H:%M}",
            "now" if bar["open"] else f"{bar['end']:%m-%d %H:%M}",
        ]
        for bar in bars
    ]
    return {"head": ["Replica", "State", "From", "To"], "body": body}


def _last(bars: Sequence[Mapping[str, Any]], row: str) -> Mapping[str, Any]:
    return max((bar for bar in bars if bar["row"] == row), key=lambda bar: bar["end"])


def _summary(lines: Sequence[Line], style: Style) -> str:
    """What a reader who cannot see the chart needs first: the latest value of every line, and its largest."""
    parts = []
    for line in lines[:8]:
        known = [value for value in line.values if value is not None]
        parts.append(f"{line.name} now {_spoken(known[-1], style.format)}, at most {_spoken(max(known), style.format)}")
    return "; ".join(parts) + "."


def _spoken(value: float, style: str) -> str:
    if style == "percent":
        return f"{value * 100:.0f}%"
    if style.startswith("usd"):
        return f"${value:,.3f}" if value < 1 else f"${value:,.2f}"
    return f"{value:,.2f}" if value < 10 else f"{value:,.0f}"


def _tidy(value: float) -> float:
    """Six figures are more than a screen shows; the rest is bytes."""
    return float(f"{value:.6g}")

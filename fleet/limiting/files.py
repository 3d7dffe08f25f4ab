"""Files of quotas and budgets: what their columns are, what a file would do, and doing exactly that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fleet.domain.limits import read_count, read_money
from fleet.domain.refusals import Refused
from fleet.domain.tables import Columns, Fault, Table, read_table
from fleet.services import bulk, limit_steps
from fleet.services.access import Caller
from fleet.services.bulk import Line


def _word(cell: str) -> str | None:
    return cell or None


def _cap(name: str) -> Any:
    return lambda cell: read_money(cell, field=name) if cell else None


def _ratio(cell: str) -> Any:
    return read_money(cell, field="warn_ratio") if cell else None


COLUMNS = {
    "quota": Columns(
        {
            "project": _word,
            "cloud": _word,
            "accelerator": _word,
            "max_accelerators": lambda cell: read_count(cell, field="max_accelerators"),
        },
        needed=["max_accelerators"],
        key=["project", "cloud", "accelerator"],
    ),
    "budget": Columns(
        {
            "project": _word,
            "cloud": _word,
            "endpoint": _word,
            "cap_per_hour": _cap("cap_per_hour"),
            "cap_per_month": _cap("cap_per_month"),
            "currency": _word,
            "action": _word,
            "warn_ratio": _ratio,
        },
        needed=["cap_per_hour", "cap_per_month"],
        key=["project", "cloud", "endpoint"],
    ),
}
EXAMPLES = {
    "quota": "project,cloud,accelerator,max_accelerators\nassistants,aws,H100,64\n",
    "budget": "project,cloud,endpoint,cap_per_hour,cap_per_month\nassistants,,,400.00,90000.00\n",
}


@dataclass(frozen=True)
class Preview:
    """What a file would do. `seen` names exactly that: only what was seen is done."""

    lines: Sequence[Line]
    faults: Sequence[Fault]
    seen: str

    @property
    def refused(self) -> int:
        return len(self.faults) + sum(line.refusal is not None for line in self.lines)

    @property
    def changes(self) -> int:
        return sum(line.refusal is None and line.effect != bulk.UNCHANGED for line in self.lines)

    @property
    def good(self) -> bool:
        return self.refused == 0 and self.changes > 0


def preview(noun: str, data: bytes, *, by: Caller, now: datetime) -> Preview:
    """Try the whole file and take it back. Raises Refused when it cannot be read as a file of limits."""
    table = read_table(data, COLUMNS[noun])
    lines = bulk.run(_steps(noun, table, by, now), dry_run=True)
    return Preview(lines, table.faults, bulk.fingerprint(lines))


def apply(noun: str, data: bytes, *, seen: str, by: Caller, now: datetime) -> Preview:
    """Do what was seen, all of it. Raises Refused when the file would do something else by now, or anything wrong."""
    table = read_table(data, COLUMNS[noun])
    if table.faults:
        raise Refused("file-faults", "Nothing was changed: the file has lines that cannot be read.")
    lines = bulk.run_as_seen(_steps(noun, table, by, now), seen=seen)
    return Preview(lines, [], seen)


def _steps(noun: str, table: Table, by: Caller, now: datetime) -> list[bulk.Step]:
    return [
        limit_steps.setting(noun, _terms(values), project=values.get("project"), by=by, now=now, place=line)
        for line, values in table.rows
    ]


def _terms(values: dict[str, Any]) -> dict[str, Any]:
    """A row as the service takes it: caps that are empty are no caps, other empty cells say nothing."""
    terms = {
        name: value for name, value in values.items() if value is not None or name in ("cap_per_hour", "cap_per_month")
    }
    terms.pop("project", None)
    return terms | ({"endpoint_ref": terms.pop("endpoint")} if "endpoint" in terms else {})

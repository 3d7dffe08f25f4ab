"""`python -m sandbox.audit LEDGER`: what the clouds saw, judged from the ledger alone. Standard library only.

The cut-off is `--at`, or else the last moment the sandbox is known to have run, so an audit of a finished run can be
repeated. Exit 0: nothing is wrong; 1: something is; 2: the ledger cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from sandbox.bill import INSTALLATION, SLOT, sandbox_bill

VIOLATIONS = ("double_launches", "orphans", "tokens_mismatched", "foreign_touched")
LOOKING_AFTER = ("describe", "list", "terminate")  # calls that name machines by their ids
FAR = "9999"  # later than any time in the ledger's format


class Unreadable(Exception):
    """The file is no ledger that can be audited; the sentence says why."""


@dataclass(frozen=True)
class CutOff:
    """One instant, in the ledger's business time and in Unix seconds."""

    at: str
    real: float


def audit(
    path: Path,
    *,
    at: datetime | None = None,
    grace_seconds: float = 300.0,
    sweep_seconds: float = 120.0,
    installation: str | None = None,
) -> dict[str, Any]:
    """The findings of docs/sandbox.md. Grace and sweep are real seconds. Raises Unreadable."""
    connection = _open(path)
    try:
        cut = _cut_off(connection, at)
        doubles = _doubles(connection, cut)
        orphans = _orphans(connection, cut, grace_seconds + sweep_seconds)
        mismatched = _mismatched(connection, cut)
        touched = _foreign_touched(connection, cut)
        return {
            "at": cut.at,
            "double_launches": len(doubles),
            "doubles": doubles,
            "orphans": len(orphans),
            "orphan_machines": orphans,
            "tokens_mismatched": len(mismatched),
            "mismatched_tokens": mismatched,
            "tokens_reused_after_end": _reused_after_end(connection, cut),
            "foreign_touched": len(touched),
            "foreign_machines_touched": touched,
            **_launches(connection, cut),
            "ended": _ended(connection, cut),
            "requests": _requests(connection, cut),
            "sandbox_bill": sandbox_bill(connection, cut.at, installation),
        }
    except (sqlite3.Error, KeyError, ValueError) as error:
        raise Unreadable(f"{path} is not a whole ledger of the sandbox: {error}.") from error
    finally:
        connection.close()


def clean(findings: dict[str, Any]) -> bool:
    """Whether nothing is wrong."""
    return all(findings[name] == 0 for name in VIOLATIONS)


def _open(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise Unreadable(f"There is no ledger at {path}.")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10.0)
        connection.row_factory = sqlite3.Row
        connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    except sqlite3.Error as error:
        raise Unreadable(f"{path} is not a ledger of the sandbox: {error}.") from error
    connection.execute("BEGIN")  # one snapshot for the whole audit, although the sandbox may be writing
    return connection


def _cut_off(connection: sqlite3.Connection, at: datetime | None) -> CutOff:
    meta = {row["key"]: row["value"] for row in connection.execute("SELECT key, value FROM meta")}
    if at is None:
        return _last_sign_of_life(connection, meta)
    epoch, started_at = (datetime.fromisoformat(meta[key]) for key in ("epoch", "started_at"))
    real = started_at.timestamp() + (at - epoch).total_seconds() / float(meta["time_factor"])
    return CutOff(at.astimezone(UTC).isoformat(timespec="microseconds"), real)


def _last_sign_of_life(connection: sqlite3.Connection, meta: dict[str, str]) -> CutOff:
    """The later of the sandbox's heartbeat and its last call."""
    beat = CutOff(meta["last_seen_at"], float(meta["last_seen_real"]))
    call = connection.execute("SELECT at, at_real FROM calls ORDER BY seq DESC LIMIT 1").fetchone()
    return CutOff(call["at"], call["at_real"]) if call is not None and call["at_real"] > beat.real else beat


def _doubles(connection: sqlite3.Connection, cut: CutOff) -> list[dict[str, Any]]:
    """Every pair of machines of one slot that were billed at the same time."""
    slots: dict[tuple[str, str], list[sqlite3.Row]] = defaultdict(list)
    for row in _owned(connection, cut):
        tags = json.loads(row["tags"])
        if SLOT in tags:
            slots[tags[INSTALLATION], tags[SLOT]].append(row)
    return [pair for (_, slot), rows in slots.items() for pair in _overlaps(slot, rows, cut)]


def _overlaps(slot: str, rows: list[sqlite3.Row], cut: CutOff) -> list[dict[str, Any]]:
    rows = sorted(rows, key=lambda row: row["launched_at"])
    if all(_end(first, cut) <= second["launched_at"] for first, second in pairwise(rows)):
        return []
    return [
        {"slot": slot, "first": first["id"], "second": second["id"], "since": second["launched_at"]}
        for index, first in enumerate(rows)
        for second in rows[index + 1 :]
        if second["launched_at"] < _end(first, cut)
    ]


def _end(row: sqlite3.Row, cut: CutOff) -> str:
    return min(row["terminated_at"] or FAR, cut.at)


def _owned(connection: sqlite3.Connection, cut: CutOff) -> list[sqlite3.Row]:
    """Machines that carry an installation tag and are not somebody else's, launched before the cut-off."""
    rows = connection.execute(
        "SELECT * FROM machines WHERE foreign_owner IS NULL AND launched_at < ? ORDER BY launched_at, id", (cut.at,)
    )
    return [row for row in rows if INSTALLATION in json.loads(row["tags"])]


def _orphans(connection: sqlite3.Connection, cut: CutOff, patience: float) -> list[dict[str, Any]]:
    """Live machines older than `patience` real seconds that nobody named in the last `patience` real seconds."""
    named = _named_since(connection, cut, cut.real - patience)
    return [
        {
            "id": row["id"],
            "age_seconds_real": round(cut.real - row["launched_at_real"], 3),
            "launched_at": row["launched_at"],
        }
        for row in _owned(connection, cut)
        if not row["history"]
        and (row["terminated_at"] or FAR) > cut.at
        and cut.real - row["launched_at_real"] > patience
        and row["id"] not in named
    ]


def _named_since(connection: sqlite3.Connection, cut: CutOff, since_real: float) -> set[str]:
    marks = ", ".join("?" * len(LOOKING_AFTER))
    calls = connection.execute(
        "SELECT instance_id, ids FROM calls WHERE at_real > ? AND at_real <= ? AND status < 400"  # noqa: S608
        f" AND verb IN ({marks})",
        (since_real, cut.real, *LOOKING_AFTER),
    )
    named: set[str] = set()
    for call in calls:
        named |= {call["instance_id"], *json.loads(call["ids"] or "[]")}
    return named


def _mismatched(connection: sqlite3.Connection, cut: CutOff) -> list[str]:
    rows = connection.execute(
        "SELECT token FROM calls WHERE verb = 'launch' AND token IS NOT NULL AND at <= ?"
        " GROUP BY token HAVING count(DISTINCT params_hash) > 1 ORDER BY token",
        (cut.at,),
    )
    return [row["token"] for row in rows]


def _reused_after_end(connection: sqlite3.Connection, cut: CutOff) -> int:
    """Launch calls whose token had launched a machine that was over by then."""
    row = connection.execute(
        "SELECT count(DISTINCT c.seq) FROM calls c JOIN machines m ON m.token = c.token AND m.cloud = c.cloud"
        " WHERE c.verb = 'launch' AND c.at > m.terminated_at AND c.at <= ?",
        (cut.at,),
    ).fetchone()
    return int(row[0])


def _foreign_touched(connection: sqlite3.Connection, cut: CutOff) -> list[str]:
    rows = connection.execute(
        "SELECT DISTINCT m.id FROM machines m JOIN calls c ON c.instance_id = m.id AND c.cloud = m.cloud"
        " WHERE m.foreign_owner IS NOT NULL AND c.verb = 'terminate' AND c.status < 400 AND c.at <= ? ORDER BY m.id",
        (cut.at,),
    )
    return [row["id"] for row in rows]


def _launches(connection: sqlite3.Connection, cut: CutOff) -> dict[str, Any]:
    outcomes = connection.execute(
        "SELECT outcome, count(*) AS n FROM calls WHERE verb = 'launch' AND at <= ? GROUP BY outcome", (cut.at,)
    ).fetchall()
    tokens = connection.execute(
        "SELECT count(DISTINCT token) FROM calls WHERE verb = 'launch' AND at <= ?", (cut.at,)
    ).fetchone()
    return {
        "launch_calls": sum(row["n"] for row in outcomes),
        "distinct_tokens": int(tokens[0]),
        "launch_outcomes": {row["outcome"]: row["n"] for row in outcomes},
    }


def _ended(connection: sqlite3.Connection, cut: CutOff) -> dict[str, int]:
    """Owned machines that ended, by reason; the backfilled past is left out."""
    ended: dict[str, int] = defaultdict(int)
    for row in _owned(connection, cut):
        if not row["history"] and (row["terminated_at"] or FAR) <= cut.at:
            ended[row["reason"]] += 1
    return dict(ended)


def _requests(connection: sqlite3.Connection, cut: CutOff) -> dict[str, dict[str, int]]:
    rows = connection.execute(
        "SELECT endpoint, count(*) AS requests, sum(outcome = 'cut') AS cut, sum(retries) AS retries,"
        " sum(input_tokens) AS input_tokens, sum(cached_input_tokens) AS cached_input_tokens,"
        " sum(output_tokens) AS output_tokens FROM requests WHERE accepted_at <= ? GROUP BY endpoint ORDER BY endpoint",
        (cut.at,),
    )
    return {
        row["endpoint"]: {name: int(row[name] or 0) for name in row.keys() if name != "endpoint"}  # noqa: SIM118
        for row in rows
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the findings; the exit code is the verdict."""
    options = _parser().parse_args(arguments)
    try:
        findings = audit(
            options.ledger,
            at=options.at,
            grace_seconds=options.grace_seconds,
            sweep_seconds=options.sweep_seconds,
            installation=options.installation,
        )
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(findings) if options.json else _as_text(findings))
    return 0 if clean(findings) else 1


def _as_text(findings: dict[str, Any]) -> str:
    bill = findings["sandbox_bill"]
    names = (*VIOLATIONS, "tokens_reused_after_end", "launch_calls", "distinct_tokens")
    lines = [f"{name:24} {findings[name]}" for name in names]
    lines.append(f"{'sandbox_bill':24} {bill['total']} {bill['currency']} for {len(bill['machines'])} machines")
    verdict = "nothing is wrong" if clean(findings) else "violations found; --json names them"
    return "\n".join([*lines, f"{'at':24} {findings['at']}", verdict])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.audit", description="Judge a ledger of the sandbox.")
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--json", action="store_true", help="print every finding as one JSON object")
    parser.add_argument("--at", type=_moment, help="the cut-off, business time, ISO 8601")
    parser.add_argument("--grace-seconds", type=float, default=300.0, help="real seconds a machine may be unknown")
    parser.add_argument("--sweep-seconds", type=float, default=120.0, help="real seconds between two sweeps")
    parser.add_argument("--installation", help="bill only this installation's machines")
    return parser


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 time") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no time zone; end it with +00:00")
    return moment


if __name__ == "__main__":
    sys.exit(main())

"""How a world begins: a new ledger takes the options and keeps them; an existing one says how it began."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.clock import Clock, iso, parse
from sandbox.ledger import Ledger


@dataclass(frozen=True)
class Options:
    """What a new ledger starts with. `calm`: no boot failure, interruption or stock-out of its own accord."""

    seed: int = 1
    time_factor: float = 1.0
    epoch: datetime | None = None
    calm: bool = False


def begin(ledger: Ledger, options: Options) -> tuple[Options, Clock]:
    """The options that hold for this ledger, and its clock, which went on while nobody watched."""
    if ledger.get_meta("epoch") is None:
        _remember(ledger, options)
    meta = {row["key"]: row["value"] for row in ledger.rows("SELECT key, value FROM meta")}
    kept = Options(int(meta["seed"]), float(meta["time_factor"]), parse(meta["epoch"]), meta["calm"] == "1")
    started_at = parse(meta["started_at"]).timestamp()
    not_before = float(meta.get("last_seen_real", 0.0))
    return kept, Clock(parse(meta["epoch"]), started_at, kept.time_factor, not_before=not_before)


def _remember(ledger: Ledger, options: Options) -> None:
    started_at = datetime.fromtimestamp(time.time(), UTC)
    ledger.set_meta(
        epoch=iso(options.epoch or started_at),
        started_at=iso(started_at),
        time_factor=repr(options.time_factor),
        seed=str(options.seed),
        calm="1" if options.calm else "0",
    )

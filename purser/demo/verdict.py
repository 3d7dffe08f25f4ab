"""What happened in a demo, judged by the sandbox's own ledger against Purser's books."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db.models import Sum

from billing.services.audit import hours_that_do_not_add_up, per_instance_totals, unmetered_at
from fleet.domain.lifecycle import ENDED_SLOT_STATES, AllocationState
from fleet.models import Allocation, Hold, Instance, LaunchAttempt
from fleet.services import catalog, observing, sweeping
from fleet.services.accounts import enabled
from fleet.services.clock import business_now
from fleet.services.installation import installation
from inference.models import Decision, Endpoint, TelemetryGap, Window
from inference.services import telemetry

CATCH_UP_TRIES = 60
PAUSE_S = 0.5


@dataclass(frozen=True)
class Bill:
    """Purser's and the sandbox's idea of what each machine cost up to one instant."""

    ours: dict[str, Decimal]
    theirs: dict[str, Decimal]
    price_per_hour: dict[str, Decimal]

    def largest_difference(self) -> Decimal:
        """In dollars, over all machines of either side."""
        return max((self._difference(machine) for machine in self.ours | self.theirs), default=Decimal(0))

    def off(self) -> list[dict[str, str]]:
        """Machines whose two bills differ by more than one second of their price."""
        wrong = [machine for machine in self.ours | self.theirs if self._difference(machine) > self._second(machine)]
        return [{"machine": m, "ours": str(self.ours.get(m)), "sandbox": str(self.theirs.get(m))} for m in wrong]

    def _difference(self, machine: str) -> Decimal:
        return abs(self.ours.get(machine, Decimal(0)) - self.theirs.get(machine, Decimal(0)))

    def _second(self, machine: str) -> Decimal:
        return self.price_per_hour.get(machine, Decimal(0)) / 3600


def judge(ledger: Path) -> dict[str, Any]:
    """The figures of the run and the list of violations, which is empty when all holds."""
    telemetry.scrape_once(business_now)
    for account in enabled():
        sweeping.sweep_account(account, now=business_now())
    at, ours = _caught_up()
    audit = _audit(ledger, at)
    bill = _bill(ours, audit)
    tokens = _tokens(ledger, audit)
    result = {
        "at": at.isoformat(),
        "double_launches": audit["double_launches"],
        "orphans": audit["orphans"],
        "tokens_mismatched": audit["tokens_mismatched"],
        "foreign_touched": audit["foreign_touched"],
        "launch_calls": audit["launch_calls"],
        "launch_outcomes": audit["launch_outcomes"],
        "machines": len(bill.theirs),
        "sandbox_bill": audit["sandbox_bill"]["total"],
        "ledger_total": str(sum(ours.values(), Decimal(0))),
        "ledger_error": str(bill.largest_difference()),
        "ledger_error_machines": bill.off(),
        "unmetered_machines": unmetered_at(at),
        "hours_that_do_not_add_up": [hour.isoformat() for hour in hours_that_do_not_add_up()],
        "stockouts_survived": Allocation.objects.filter(stockouts_survived__gt=0).count(),
        "preemptions_survived": Allocation.objects.filter(preemptions_survived__gt=0).count(),
        "requests": sum(row["requests"] for row in audit["requests"].values()),
        "requests_cut": sum(row["cut"] for row in audit["requests"].values()),
        "requests_retried": sum(row["retries"] for row in audit["requests"].values()),
        **tokens,
        "machines_without_a_row": _without_a_row(audit),
        "holds_without_a_machine": _holds_without_a_machine(),
        "allocations": _count_by_state(),
        "decisions": Decision.objects.count(),
        "unresolved_attempts": LaunchAttempt.objects.filter(state__in=["intent", "unknown"]).count(),
    }
    return result | {"violations": _violations(result)}


def _caught_up() -> tuple[datetime, dict[str, Decimal]]:
    """One instant up to which every machine's bill is known, and the ledger's totals there."""
    at = business_now()
    totals: dict[str, Decimal] = {}
    for _ in range(CATCH_UP_TRIES):
        for account in enabled():
            observing.observe_account(account, now=business_now())
            account.refresh_from_db()
            catalog.sync_prices(account, now=business_now())
        totals = per_instance_totals(at)
        if not unmetered_at(at):
            break
        time.sleep(PAUSE_S)
    return at, totals


def _audit(ledger: Path, at: datetime) -> dict[str, Any]:
    """The audit reads the ledger alone, in a process that knows nothing of Purser."""
    command = [sys.executable, "-m", "sandbox.audit", str(ledger), "--json", "--at", at.isoformat()]
    command += ["--installation", str(installation().uuid)]
    printed = subprocess.run(command, capture_output=True, text=True, check=False)
    if printed.returncode not in (0, 1):
        raise RuntimeError(f"The audit could not read {ledger}: {printed.stderr.strip()}")
    found: dict[str, Any] = json.loads(printed.stdout)
    return found


def _bill(ours: dict[str, Decimal], audit: dict[str, Any]) -> Bill:
    theirs = {line["id"]: Decimal(line["cost"]) for line in audit["sandbox_bill"]["machines"]}
    prices = dict(Instance.objects.values_list("provider_id", "price_per_hour"))
    return Bill(ours, theirs, prices)


def _tokens(ledger: Path, audit: dict[str, Any]) -> dict[str, Any]:
    """Tokens three times: what the sandbox served, what the usage events say, what the engines' counters say."""
    served = _sum_over(audit["requests"].values())
    reported = _windows("events")
    counted = _windows("scrape")
    engines = _engine_totals(ledger)
    gaps = TelemetryGap.objects.filter(loses_counts=True)
    return {
        "tokens_served": served,
        "tokens_in_windows": reported,
        "tokens_of_engines": engines,
        "tokens_scraped": counted,
        "tokens_unseen_in_gaps": {key: engines[key] - counted[key] for key in engines},
        "gaps_that_lose_counts": gaps.count(),
        "replicas_with_unflagged_loss": _unflagged(ledger),
    }


def _sum_over(rows: Any) -> dict[str, int]:
    listed = list(rows)
    return {"input": sum(r["input_tokens"] for r in listed), "output": sum(r["output_tokens"] for r in listed)}


def _windows(source: str) -> dict[str, int]:
    live = Window.objects.filter(source=source, endpoint__in=Endpoint.objects.all(), **_live_only())
    sums = live.aggregate(input=Sum("input_tokens"), output=Sum("output_tokens"))
    return {key: int(value or 0) for key, value in sums.items()}


def _live_only() -> dict[str, Any]:
    """Windows of the run itself: the backfilled history was never served by this sandbox."""
    start = Endpoint.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return {"start__gte": start.replace(second=0, microsecond=0)} if start else {}


def _engine_totals(ledger: Path) -> dict[str, int]:
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as connection:
        row = connection.execute("SELECT sum(prompt_tokens), sum(generation_tokens) FROM engine_totals").fetchone()
    return {"input": int(row[0] or 0), "output": int(row[1] or 0)}


def _unflagged(ledger: Path) -> list[str]:
    """Replicas whose counters we did not see to the end although no gap says so."""
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as connection:
        engines = dict(
            connection.execute(
                "SELECT replica, sum(prompt_tokens + generation_tokens) FROM engine_totals GROUP BY replica"
            )
        )
    seen = {
        row["replica__public_id"]: (row["i"] or 0) + (row["o"] or 0)
        for row in Window.objects.filter(source="scrape", replica__isnull=False)
        .values("replica__public_id")
        .annotate(i=Sum("input_tokens"), o=Sum("output_tokens"))
    }
    flagged = set(TelemetryGap.objects.filter(loses_counts=True).values_list("replica__public_id", flat=True))
    return [replica for replica, total in engines.items() if seen.get(replica, 0) != total and replica not in flagged]


def _without_a_row(audit: dict[str, Any]) -> list[str]:
    """Machines the sandbox bills that no row of ours knows at all."""
    known = set(Instance.objects.values_list("provider_id", flat=True))
    return [line["id"] for line in audit["sandbox_bill"]["machines"] if line["id"] not in known]


def _holds_without_a_machine() -> int:
    """Money kept aside for slots that have ended; a given-up launch keeps its hold on purpose."""
    open_holds = Hold.objects.filter(released_at=None, attempt__slot__state__in=ENDED_SLOT_STATES)
    return open_holds.exclude(attempt__state="abandoned").count()


def _count_by_state() -> dict[str, int]:
    return {state.value: Allocation.objects.filter(state=state).count() for state in AllocationState}


def _violations(result: dict[str, Any]) -> list[str]:
    """One sentence each."""
    checks = {
        "machines shared a slot": result["double_launches"],
        "machines were orphans": result["orphans"],
        "tokens were sent with two parameter sets": result["tokens_mismatched"],
        "foreign machines were touched": result["foreign_touched"],
        "machines' bills differ by more than a second": len(result["ledger_error_machines"]),
        "machines are not metered to the cut-off": len(result["unmetered_machines"]),
        "hours' shares do not add up to the ledger": len(result["hours_that_do_not_add_up"]),
        "requests were cut": result["requests_cut"],
        "billed machines have no row": len(result["machines_without_a_row"]),
        "holds outlived their machine": result["holds_without_a_machine"],
        "replicas lost counts without a flagged gap": len(result["replicas_with_unflagged_loss"]),
    }
    found = [f"{count} {what}" for what, count in checks.items() if count]
    if any(unseen < 0 for unseen in result["tokens_unseen_in_gaps"].values()):
        found.append("engines' tokens were counted twice")
    if result["tokens_served"] != result["tokens_in_windows"]:
        found.append(f"{result['tokens_served']} tokens were served, {result['tokens_in_windows']} are in the windows")
    return found

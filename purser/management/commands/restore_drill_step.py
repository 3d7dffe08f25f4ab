"""`manage.py restore_drill_step`: one step of a restore drill (run by `manage.py restore_drill`)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.models import Sum

from billing.models import LedgerEntry
from billing.services import metering
from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.lifecycle import ENDED_SLOT_STATES, Reason
from fleet.models import Allocation, CloudAccount, Event, Incident, Installation, Instance, Project, Slot, Sweep
from fleet.services import allocations, audit, catalog, clock, events
from purser.backup.taking import COUNTED
from purser.demo.sandbox_client import SandboxClient

WAIT_S = 120.0
SOON_OVER = timedelta(minutes=40)  # of business time: under a minute of the drill
CLOUDS = ("aws", "gcp", "azure")


class Command(BaseCommand):
    help = "One step of a restore drill; run by `manage.py restore_drill`."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("step", choices=("begin", "go-on", "count", "look", "mend", "settle"))
        parser.add_argument("--sandbox-url", default="")
        parser.add_argument("--machines", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        steps: dict[str, Callable[[], dict[str, Any]]] = {
            "begin": lambda: _begin(options["sandbox_url"], options["machines"]),
            "go-on": lambda: _go_on(options["machines"]),
            "count": _count,
            "look": _look,
            "mend": _mend,
            "settle": _settle,
        }
        self.stdout.write(json.dumps(steps[options["step"]]()))


def _begin(url: str, machines: int) -> dict[str, Any]:
    """Three accounts, a project, machines that run, and a ledger with rows."""
    times = SandboxClient(url).call("GET", "clock")
    clock.set_clock(
        epoch=datetime.fromisoformat(times["epoch"]),
        anchored_at=datetime.fromisoformat(times["started_at"]),
        factor=float(times["time_factor"]),
    )
    for cloud in CLOUDS:
        account = CloudAccount.objects.create(
            cloud=cloud,
            provider="sandbox",
            name=f"drill-{cloud}",
            credentials_ref="env:SANDBOX_CREDENTIAL",
            options={"url": url},
        )
        if not catalog.sync_account(account, now=clock.business_now()):
            raise CommandError(f"{account.name} could not be read.")
    project = Project.objects.create(slug="drill", name="Drill")
    for number in range(machines):
        _ask(project, ttl=SOON_OVER if number == machines - 1 else None)
    _reconcile_until(lambda: _active() == machines, "the machines run")
    metering.meter(clock.business_now())
    audit.seal()
    _grow_old()
    return {"live": _live()}


def _go_on(machines: int) -> dict[str, Any]:
    """What the backup does not know: one allocation is extended, one ends, others begin. A worker works beside us."""
    before = set(_live())
    first = Allocation.objects.order_by("id").first()
    assert first is not None
    now = clock.business_now()
    mortal = Allocation.objects.exclude(expires_at=None).get()
    allocations.extend(mortal.public_id, expires_at=now + timedelta(days=1), now=now, actor="drill")
    allocations.release(first.public_id, now=now, reason=Reason.RELEASED_BY_USER, actor="drill")
    for _ in range(machines):
        _ask(first.project)
    wanted = Allocation.objects.count() - 1
    _wait(lambda: _active() == wanted and len(_live()) == wanted, "the later machines run and the first has ended")
    return {
        "launched": sorted(set(_live()) - before),
        "ended": sorted(before - set(_live())),
        "launch_sequence": Installation.objects.get().launch_sequence,
    }


def _count() -> dict[str, Any]:
    """Rows as the manifest counts them, without the event of the restore itself."""
    # The extension is lost with the database: from here on the backup believes that this one's time is over.
    mortal = Allocation.objects.exclude(expires_at=None).get()
    _wait(lambda: clock.business_now() > (mortal.expires_at or clock.business_now()), "a time to live ran out")
    rows = {}
    with connection.cursor() as cursor:
        for table in COUNTED:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own names
            rows[table] = cursor.fetchone()[0]
    rows["fleet_event"] -= Event.objects.filter(topic="installation.restored").count()
    sums = LedgerEntry.objects.values("currency").annotate(sum=Sum("amount"))
    return {"rows": rows, "ledger_balances": all(row["sum"] == 0 for row in sums)}


def _look() -> dict[str, Any]:
    """What the sweeper and the switches say while nothing may act."""
    row = Installation.objects.get()
    trap = Sweep.objects.filter(broken_circuit__contains="launch number")
    return {
        "sweeps": Sweep.objects.filter(started_at__gte=row.restored_at).count(),
        "sequence_trap_sprung": trap.exists(),
        "the_trap_said": trap.values_list("broken_circuit", flat=True).first() or "",
        "incidents": list(Incident.objects.filter(closed_at=None).values_list("kind", "detail")),
        "orphans_ended": sum(Sweep.objects.values_list("orphans_ended", flat=True)),
    }


def _mend() -> dict[str, Any]:
    """What an operator does before confirming: say again what was said after the backup."""
    mortal, now = Allocation.objects.exclude(expires_at=None).get(), clock.business_now()
    allocations.extend(mortal.public_id, expires_at=now + timedelta(days=1), now=now, actor="drill")
    return {"extended": mortal.public_id}


def _settle() -> dict[str, Any]:
    """After the confirmation: until what nobody remembers has ended and every row agrees with its cloud."""

    def settled() -> bool:
        orphans = Instance.objects.filter(slot=None, terminated_at=None).count()
        open_slots = Slot.objects.exclude(state__in=ENDED_SLOT_STATES).count()
        ended = Event.objects.filter(topic="instance.orphan-ended").count()
        return ended > 0 and not orphans and open_slots == len(_live()) == _active()

    _wait(settled, "the rows agree with the clouds")
    audit.seal()
    cursor = Event.objects.filter(topic="installation.restored").values_list("tx", "id").get()
    later = {event.topic for event in events.after(cursor, limit=1000)}
    return {
        "live": _live(),
        "launch_sequence": Installation.objects.get().launch_sequence,
        "feed_goes_on": {"installation.restore-confirmed", "instance.orphan-ended"} <= later,
        "earlier_events_in_the_feed": events.settled().filter(pk__lt=cursor[1]).count(),
        "audit_findings": [finding.sentence for finding in audit.verify()],
    }


def _grow_old() -> None:
    """Make this server's transactions older than those of the one that is restored into will be."""
    with connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN FOR n IN 1..30000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")
    events.record("drill.aged", subject="drill", now=clock.business_now())
    audit.seal()


def _ask(project: Project, *, ttl: timedelta | None = None) -> Allocation:
    spec = AllocationSpec("drill", Demand(1, "L4"), ttl=ttl)
    return allocations.request_allocation(project=project, spec=spec, requested_by="drill", now=clock.business_now())


def _active() -> int:
    return Allocation.objects.filter(state="active").count()


def _live() -> list[str]:
    live = Instance.objects.filter(terminated_at=None).order_by("provider_id")
    return list(live.values_list("provider_id", flat=True))


def _reconcile_until(condition: Callable[[], bool], what: str) -> None:
    from django.core.management import call_command

    def turned() -> bool:
        call_command("reconcile", rounds=1)
        return condition()

    _wait(turned, what)


def _wait(condition: Callable[[], bool], what: str) -> None:
    give_up_at = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > give_up_at:
            raise CommandError(f"Waited {WAIT_S:g} s until {what}.")
        time.sleep(0.2)

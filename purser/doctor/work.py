"""Whether work goes on: schedule, queues, events, sweeps, switches, backups, the audit chain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from fleet.models import Event, EventSeal, Incident, Installation, Periodic
from fleet.readiness import is_consumed, is_scheduled, unswept
from fleet.services import events, schedule
from purser.doctor import Finding, fail, ok, warn

OLDEST_EVENT = timedelta(seconds=60)
OLDEST_BACKUP = timedelta(days=2)
SEAL_LAG = timedelta(minutes=10)
BACKED_UP = "installation.backed-up"


def look() -> Iterator[Finding]:
    yield from _schedule()
    yield from _queues()
    yield from _events()
    yield from _sweeps()
    yield from _switches()
    yield from _incidents()
    yield from _backups()
    yield from _audit()


def _schedule() -> Iterator[Finding]:
    wanted, stored = set(schedule.lines()), set(Periodic.objects.filter(enabled=True).values_list("name", flat=True))
    if not is_scheduled():
        yield fail("work.scheduler", "No scheduler has sent anything for a minute. Start manage.py scheduler.")
    else:
        yield ok("work.scheduler", "A scheduler sends hints.")
    if wanted - stored:
        missing = ", ".join(sorted(wanted - stored)[:4])
        yield fail("work.schedule", f"Lines are missing or switched off: {missing}. Restart a scheduler to store them.")
    elif stored - wanted:
        extra = ", ".join(sorted(stored - wanted)[:4])
        yield warn("work.schedule", f"Lines this code does not know: {extra}. A newer scheduler runs; upgrade.")
    else:
        yield ok("work.schedule", f"All {len(wanted)} lines of the schedule are there.")


def _queues() -> Iterator[Finding]:
    idle = [queue for queue in settings.QUEUES if not is_consumed(queue)]
    if idle:
        yield fail("work.queues", f"Nobody consumes {', '.join(idle)}. Start workers that read them (-Q).")
    else:
        yield ok("work.queues", "Every queue is consumed.")


def _events() -> Iterator[Finding]:
    oldest = Event.objects.filter(relayed_at=None).order_by("id").values_list("recorded_at", flat=True).first()
    if oldest and timezone.now() - oldest > OLDEST_EVENT:
        yield warn("work.events", f"An event waits since {_at(oldest)} to be passed on. Check the queue default.")
    else:
        yield ok("work.events", "Events are passed on.")


def _sweeps() -> Iterator[Finding]:
    names = unswept()
    if names:
        yield fail("work.sweeps", f"Not swept for ten minutes: {', '.join(names)}. An orphan there costs money unseen.")
    else:
        yield ok("work.sweeps", "Every account was swept lately.")


def _switches() -> Iterator[Finding]:
    row = Installation.objects.first()
    if row is None:
        yield ok("work.switches", "A new installation: nothing was launched yet.")
        return
    if row.restored_at is not None:
        yield fail(
            "work.restored",
            f"A backup was restored {_at(row.restored_at)} and nobody confirmed it: nothing is launched, changed "
            "or ended. Look at manage.py confirm_restore.",
        )
    stopped = []
    if row.launches_paused:
        stopped.append(f"launches are paused ({row.pause_reason or 'no reason given'})")
    if row.destructive_frozen:
        stopped.append(f"the sweeper is frozen ({row.frozen_reason or 'no reason given'})")
    if stopped:
        yield warn("work.switches", f"Stopped: {'; '.join(stopped)}. Settings lets it go on.")
    else:
        yield ok("work.switches", "Launches and the sweeper are on.")


def _incidents() -> Iterator[Finding]:
    kinds = sorted(set(Incident.objects.filter(closed_at=None).values_list("kind", flat=True)))
    if kinds:
        yield warn("work.incidents", f"Open incidents: {', '.join(kinds)}. Activity says what each wants.")
    else:
        yield ok("work.incidents", "No incident is open.")


def _backups() -> Iterator[Finding]:
    last = Event.objects.filter(topic=BACKED_UP).order_by("-id").values_list("recorded_at", flat=True).first()
    if last is None:
        yield warn("work.backups", "No backup by manage.py backup is known. Take one daily, and try a restore.")
    elif timezone.now() - last > OLDEST_BACKUP:
        yield warn("work.backups", f"The last known backup is of {_at(last)}. Take one daily.")
    else:
        yield ok("work.backups", f"The last known backup is of {_at(last)}.")


def _audit() -> Iterator[Finding]:
    last = EventSeal.objects.order_by("-n").values_list("tx", "event_id").first()
    settled = events.settled().filter(recorded_at__lt=timezone.now() - SEAL_LAG)
    waiting = settled.extra(where=["(fleet_event.tx, fleet_event.id) > (%s, %s)"], params=list(last or (0, 0)))
    if waiting.exists():
        yield warn("work.audit", "Events older than ten minutes are not sealed yet. Check the audit task's queue.")
    else:
        yield ok("work.audit", "Every event is sealed.")


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

"""The schedule lives in rows. Any number of schedulers claim due lines with SKIP LOCKED; missed ticks coalesce."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from celery import current_app
from django.apps import apps
from django.db import connection
from django.db.models.functions import Now

from fleet.models import Periodic
from fleet.services.relay import queue_of


def lines() -> dict[str, float]:
    """Task name -> every how many real seconds, from each app's `schedule.py`."""
    found: dict[str, float] = {}
    for config in apps.get_app_configs():
        try:
            module = import_module(f"{config.name}.schedule")
        except ModuleNotFoundError as error:
            if error.name != f"{config.name}.schedule":
                raise
            continue
        schedule: Mapping[str, float] = module.SCHEDULE
        found.update(schedule)
    return found


def store_lines() -> None:
    """Bring the rows up to what the apps say; a line nobody says any more is switched off."""
    wanted = lines()
    Periodic.objects.bulk_create(
        [Periodic(name=name, every_seconds=seconds) for name, seconds in wanted.items()],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["every_seconds"],
    )
    Periodic.objects.exclude(name__in=wanted).update(enabled=False)


def claim_due() -> list[str]:
    """Names of the tasks that are due; each is due again after its period, counted from now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE fleet_periodic
                  SET next_run_at = clock_timestamp() + every_seconds * interval '1 second',
                      last_sent_at = clock_timestamp()
                WHERE id IN (SELECT id FROM fleet_periodic WHERE enabled AND next_run_at <= clock_timestamp()
                              ORDER BY next_run_at FOR UPDATE SKIP LOCKED)
            RETURNING name"""
        )
        return [name for (name,) in cursor.fetchall()]


def send(names: list[str]) -> None:
    """Hint the workers. A hint is worth one period: it expires rather than pile up behind a slow worker."""
    periods = dict(Periodic.objects.filter(name__in=names).values_list("name", "every_seconds"))
    for name in names:
        current_app.send_task(name, queue=queue_of(name), expires=max(periods.get(name, 1.0) * 5, 15))


def hurry(name: str) -> None:
    """Have a line run at the next look of a scheduler."""
    Periodic.objects.filter(name=name).update(next_run_at=Now())


def finished(name: str) -> None:
    """A task ran to its end: what readiness and the watchdog look at."""
    Periodic.objects.filter(name=name).update(last_finished_at=Now())

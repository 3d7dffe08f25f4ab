"""inference's tasks: read the clock, call one service, say that it finished. Each may run twice, late or not at all."""

from __future__ import annotations

from celery import shared_task

from fleet.models import Slot
from fleet.services import schedule
from fleet.services.clock import business_now
from inference.services import autoscaling, reconciling, rollup, standing, telemetry


@shared_task(name="inference.reconcile", queue="autoscaling")
def reconcile(**_: object) -> None:
    reconciling.reconcile_due()
    schedule.finished("inference.reconcile")


@shared_task(name="inference.leave_machine", queue="recovery", about_subject=True)
def leave_machine(*, subject: str = "", **_: object) -> None:
    """Something happened to the machine `subject`: what runs on it is looked at now."""
    slots = Slot.objects.filter(instance__public_id=subject).values_list("pk", flat=True)
    reconciling.reconcile_replicas(list(slots))


@shared_task(name="inference.scrape", queue="telemetry")
def scrape(**_: object) -> None:
    telemetry.scrape_once(business_now)
    schedule.finished("inference.scrape")


@shared_task(name="inference.autoscale", queue="autoscaling")
def autoscale(**_: object) -> None:
    autoscaling.autoscale(now=business_now())
    schedule.finished("inference.autoscale")


@shared_task(name="inference.roll_up", queue="telemetry")
def roll_up(**_: object) -> None:
    while rollup.roll_up() >= rollup.BATCH:
        pass
    schedule.finished("inference.roll_up")


@shared_task(name="inference.stand", queue="telemetry")
def stand(**_: object) -> None:
    standing.refresh(business_now())
    schedule.finished("inference.stand")


@shared_task(name="inference.forget", queue="default")
def forget(**_: object) -> None:
    rollup.forget(now=business_now())
    schedule.finished("inference.forget")

"""billing's tasks: read the clock, call one service, say that it finished. Each may run twice, late or not at all."""

from __future__ import annotations

from celery import shared_task

from billing.services import allocation_of_cost, metering, month_sums, prepaid, spending
from fleet.services import schedule
from fleet.services.clock import business_now


@shared_task(name="billing.meter", queue="metering")
def meter(**_: object) -> None:
    metering.meter(business_now())
    spending.report_budgets(business_now())
    schedule.finished("billing.meter")


@shared_task(name="billing.charge_paid_capacity", queue="metering")
def charge_paid_capacity(**_: object) -> None:
    prepaid.charge(business_now())
    spending.report_budgets(business_now())
    prepaid.lower_holds(business_now())
    schedule.finished("billing.charge_paid_capacity")


@shared_task(name="billing.allocate", queue="metering")
def allocate(**_: object) -> None:
    allocation_of_cost.rebuild(business_now())
    schedule.finished("billing.allocate")


@shared_task(name="billing.look_back", queue="metering")
def look_back(**_: object) -> None:
    allocation_of_cost.look_back(business_now())
    schedule.finished("billing.look_back")


@shared_task(name="billing.recount", queue="metering")
def recount(**_: object) -> None:
    month_sums.recount(business_now())
    schedule.finished("billing.recount")

"""fleet's tasks: read the clock, call one service, say that it finished. Each may run twice, late or not at all."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from fleet.schedule import canary
from fleet.services import (
    account_trials,
    advice,
    audit,
    block_approvals,
    block_questions,
    buying_blocks,
    catalog,
    change_requests,
    observing,
    operations,
    paid_capacity,
    reconciling,
    relay,
    retention,
    schedule,
    sweeping,
    webhook_messages,
)
from fleet.services.accounts import each, enabled, watched
from fleet.services.clock import business_now


@shared_task(name="fleet.reconcile", queue="provisioning")
def reconcile(**_: object) -> None:
    reconciling.reconcile_due()
    schedule.finished("fleet.reconcile")


@shared_task(name="fleet.observe", queue="provisioning")
def observe(**_: object) -> None:
    each(watched(), lambda account: observing.observe_account(account, now=business_now()))
    schedule.finished("fleet.observe")


@shared_task(name="fleet.watch_notices", queue="recovery")
def watch_notices(**_: object) -> None:
    if any(each(watched(), lambda account: observing.watch_notices(account, now=business_now()))):
        relay.relay()  # half a minute's notice is no time to wait for the next tick
    schedule.finished("fleet.watch_notices")


@shared_task(name="fleet.sweep", queue="default")
def sweep(**_: object) -> None:
    due = [account for account in watched() if sweeping.due(account)]
    each(due, lambda account: sweeping.sweep_account(account, now=business_now()))
    schedule.finished("fleet.sweep")


@shared_task(name="fleet.relay_events", queue="default")
def relay_events(**_: object) -> None:
    while relay.relay() == relay.BATCH:
        pass
    schedule.finished("fleet.relay_events")


@shared_task(name="fleet.sync_prices", queue="metering")
def sync_prices(**_: object) -> None:
    each(watched(), lambda account: catalog.sync_prices(account, now=business_now()))
    catalog.use_commitments(now=business_now())
    schedule.finished("fleet.sync_prices")


@shared_task(name="fleet.sync_catalog", queue="metering")
def sync_catalog(**_: object) -> None:
    each(enabled(), lambda account: catalog.sync_account(account, now=business_now()))
    schedule.finished("fleet.sync_catalog")


@shared_task(name="fleet.ask_advice", queue="metering")
def ask_advice(**_: object) -> None:
    each(enabled(), lambda account: advice.ask(account, now=business_now()))
    schedule.finished("fleet.ask_advice")


@shared_task(name="fleet.try_accounts", queue="default")
def try_accounts(**_: object) -> None:
    account_trials.try_waiting(now=business_now())
    schedule.finished("fleet.try_accounts")


@shared_task(name="fleet.ask_for_blocks", queue="metering")
def ask_for_blocks(**_: object) -> None:
    block_questions.answer_waiting(now=business_now())
    schedule.finished("fleet.ask_for_blocks")


@shared_task(name="fleet.sync_paid_capacity", queue="metering")
def sync_paid_capacity(**_: object) -> None:
    each(watched(), lambda account: paid_capacity.sync(account, now=business_now()))
    block_approvals.settle_undecided(now=business_now())
    buying_blocks.settle_given_up(now=business_now())
    observing.watch_ends(now=business_now())
    schedule.finished("fleet.sync_paid_capacity")


@shared_task(name="fleet.send_webhooks", queue="default")
def send_webhooks(**_: object) -> None:
    webhook_messages.write_due()
    webhook_messages.send_due(now=business_now())
    schedule.finished("fleet.send_webhooks")


@shared_task(name="fleet.settle_operations", queue="default")
def settle_operations(**_: object) -> None:
    operations.settle_due(now=business_now())
    schedule.finished("fleet.settle_operations")


@shared_task(name="fleet.forget", queue="default")
def forget(**_: object) -> None:
    retention.forget()
    change_requests.expire(now=business_now())
    schedule.finished("fleet.forget")


@shared_task(name="fleet.seal_events", queue="default")
def seal_events(**_: object) -> None:
    audit.seal()
    schedule.finished("fleet.seal_events")


@shared_task(name="fleet.verify_audit", queue="default")
def verify_audit(**_: object) -> None:
    audit.check(now=business_now())
    schedule.finished("fleet.verify_audit")


def _sing(queue: str) -> None:
    """One canary a queue: it does nothing, and that it ended shows that the queue is consumed."""

    @shared_task(name=canary(queue), queue=queue)
    def sing(**_: object) -> None:
        schedule.finished(canary(queue))


for _queue in settings.QUEUES:
    _sing(_queue)

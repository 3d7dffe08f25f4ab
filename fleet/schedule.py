"""fleet's lines of the schedule: task name -> real seconds."""

from django.conf import settings

CANARY_EVERY = 10.0


def canary(queue: str) -> str:
    """The task that proves that somebody consumes this queue."""
    return f"fleet.canary.{queue}"


SCHEDULE: dict[str, float] = {
    "fleet.reconcile": 1.0,
    "fleet.watch_notices": 0.4,
    "fleet.observe": 1.0,
    "fleet.relay_events": 0.5,
    "fleet.settle_operations": 2.0,
    "fleet.sync_prices": 5.0,
    "fleet.sweep": 10.0,
    "fleet.sync_catalog": 300.0,
    "fleet.ask_advice": 1800.0,
    "fleet.try_accounts": 2.0,
    "fleet.ask_for_blocks": 1.0,
    "fleet.sync_paid_capacity": 15.0,
    "fleet.send_webhooks": 1.0,
    "fleet.forget": 600.0,
    **{canary(queue): CANARY_EVERY for queue in settings.QUEUES},
    "fleet.seal_events": 5.0,
    "fleet.verify_audit": 3600.0,
}

"""`/readyz`: does the whole installation work? Proves consumption, not only that processes are up.

For a load balancer's question, whether this web process may be sent traffic, `/healthz` is the answer: it does not
take the console away because a worker is down.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fleet.models import CloudAccount, Periodic, Sweep
from fleet.schedule import canary

logger = logging.getLogger(__name__)

CONSUMED_WITHIN = timedelta(seconds=60)
SCHEDULED_WITHIN = timedelta(seconds=60)
SWEPT_WITHIN = timedelta(minutes=10)


@login_not_required
@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 when everything works, else 503. Tells an anonymous caller only which part does not."""
    parts = {name: _passes(check) for name, check in checks().items()}
    return JsonResponse(
        {name: "ok" if passed else "failing" for name, passed in parts.items()},
        status=200 if all(parts.values()) else 503,
    )


def checks() -> dict[str, Callable[[], bool]]:
    """What has to work, by the name it is told under; a queue nobody consumes is named."""
    queues = {f"queue {queue}": (lambda queue=queue: is_consumed(queue)) for queue in settings.QUEUES}
    return {
        "database": _database,
        "migrations": _migrated,
        "broker": _broker,
        "scheduler": is_scheduled,
        **queues,
        "sweeps": lambda: not unswept(),
    }


def _passes(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, redis.RedisError) as error:
        logger.warning("not ready: %s", type(error).__name__)
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _broker() -> bool:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
        return bool(client.ping())


def is_consumed(queue: str) -> bool:
    """Some worker took a canary from this queue and ended it a short while ago."""
    since = timezone.now() - CONSUMED_WITHIN
    return Periodic.objects.filter(name=canary(queue), last_finished_at__gt=since).exists()


def is_scheduled() -> bool:
    """Some scheduler claimed a line of the schedule a short while ago."""
    return Periodic.objects.filter(last_sent_at__gt=timezone.now() - SCHEDULED_WITHIN).exists()


def unswept() -> list[str]:
    """Enabled accounts without a complete look for too long: what they hold may be an orphan that nobody ends."""
    last = dict(Sweep.objects.filter(complete=True).values_list("account").annotate(last=Max("finished_at")))
    since = timezone.now() - SWEPT_WITHIN
    accounts = CloudAccount.objects.filter(enabled=True).order_by("id").values_list("pk", "name")
    return [name for pk, name in accounts if not (last.get(pk) and last[pk] > since)]

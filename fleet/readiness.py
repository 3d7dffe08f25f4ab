"""`/readyz`: may traffic be sent here? Proves consumption, not only that processes are up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fleet.models import Periodic

logger = logging.getLogger(__name__)

CONSUMED_WITHIN = timedelta(seconds=60)
CANARY = "fleet.relay_events"  # runs every half second: when it does not end, nothing does


@login_not_required
@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 when everything answers, else 503. Tells an anonymous caller only which part does not."""
    parts = {name: _passes(check) for name, check in CHECKS.items()}
    return JsonResponse(
        {name: "ok" if passed else "failing" for name, passed in parts.items()},
        status=200 if all(parts.values()) else 503,
    )


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


def _consuming() -> bool:
    """Some worker took a task from the broker and ended it a short while ago."""
    return Periodic.objects.filter(name=CANARY, last_finished_at__gt=timezone.now() - CONSUMED_WITHIN).exists()


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "migrations": _migrated,
    "broker": _broker,
    "workers": _consuming,
}

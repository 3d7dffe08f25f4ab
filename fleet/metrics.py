"""`/metrics` for Prometheus: gauges read from the rows when asked, so every process tells the same.

Each app may bring a `metrics.py` with `families(now)`; this one gathers them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from hmac import compare_digest
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Max, Sum
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import module_has_submodule
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from fleet.domain.lifecycle import AllocationState, AttemptState, SlotState
from fleet.models import (
    Allocation,
    CloudAccount,
    Event,
    Incident,
    Installation,
    Instance,
    LaunchAttempt,
    Periodic,
    Slot,
    Sweep,
    UnclassifiedSignal,
)
from fleet.schedule import canary
from fleet.services import budgets
from fleet.services.clock import business_now


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For the holder of METRICS_TOKEN, and for an administrator who is logged in."""
    if not _may_read(request):
        return HttpResponse(
            "Show METRICS_TOKEN as a bearer token, or log in as an administrator.\n",
            status=401,
            content_type="text/plain; charset=utf-8",
            headers={"WWW-Authenticate": 'Bearer realm="purser-metrics"'},
        )
    registry = CollectorRegistry()
    registry.register(_Gathered(business_now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def families(now: datetime) -> Iterator[Metric]:
    """fleet's own metrics. `now` is business time."""
    yield _info()
    yield _by_state("purser_allocations", "Allocations by state", Allocation, AllocationState)
    yield _by_state("purser_slots", "Slots by state", Slot, SlotState)
    orphans = Instance.objects.filter(slot=None, terminated_at=None).count()
    yield GaugeMetricFamily("purser_orphans", "Machines the clouds have and nobody asked for", value=orphans)
    unknown = LaunchAttempt.objects.filter(state=AttemptState.UNKNOWN).count()
    yield GaugeMetricFamily("purser_unknown_attempts", "Launches whose outcome is not known yet", value=unknown)
    yield from _unclassified()
    yield GaugeMetricFamily("purser_reconcile_lag_seconds", "Age of the oldest row that is due", value=_lag())
    yield _burn_rate()
    yield _budget_remaining(now)
    yield from _switches()
    yield from _liveness()


def _may_read(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        wanted = settings.METRICS_TOKEN
        return bool(wanted) and compare_digest(token.strip().encode(), wanted.encode())
    return bool(request.user.is_authenticated and getattr(request.user, "is_superuser", False))


class _Gathered:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        for config in apps.get_app_configs():
            if config.module is not None and module_has_submodule(config.module, "metrics"):
                found: Iterable[Metric] = import_module(f"{config.name}.metrics").families(self.now)
                yield from found


def _info() -> Metric:
    family = GaugeMetricFamily("purser_build_info", "Which version answers", labels=["version"])
    family.add_metric([settings.VERSION], 1)
    return family


def _by_state(name: str, text: str, model: Any, states: Iterable[Any]) -> Metric:
    """A sample for every state, also those that hold nothing."""
    counted = dict(model.objects.values_list("state").annotate(count=Count("id")))
    family = GaugeMetricFamily(name, text, labels=["state"])
    for state in states:
        family.add_metric([state.value], counted.get(state.value, 0))
    return family


def _unclassified() -> Iterator[Metric]:
    """Their sum too: a rate over a code that was never seen before would miss its first time."""
    by_code = CounterMetricFamily(
        "purser_unclassified_signals", "Answers of clouds that no rule covers, by code", labels=["cloud", "code"]
    )
    counted = list(UnclassifiedSignal.objects.order_by("cloud", "code").values_list("cloud", "code", "times"))
    for cloud, code, times in counted:
        by_code.add_metric([cloud, code], times)
    total = sum(times for _, _, times in counted)
    yield CounterMetricFamily("purser_unclassified", "Answers of clouds that no rule covers", value=total)
    yield by_code


def _lag() -> float:
    """Real seconds the row that waits longest is overdue."""
    waited = [
        (row["now"] - (row["next_at"] or row["now"])).total_seconds()
        for model in (Allocation, Slot)
        for row in model.objects.filter(next_at__lte=Now()).order_by("next_at").values("next_at", now=Now())[:1]
    ]
    return max(waited, default=0.0)


def _burn_rate() -> Metric:
    family = GaugeMetricFamily(
        "purser_burn_rate_per_hour", "Price of the live machines, at launch", labels=["cloud", "currency"]
    )
    rows = Instance.objects.filter(terminated_at=None).values_list("cloud", "currency")
    for cloud, currency, rate in rows.annotate(rate=Sum("price_per_hour")).order_by("cloud"):
        family.add_metric([cloud, currency], float(rate))
    return family


def _budget_remaining(now: datetime) -> Metric:
    """By the budget's id: a project and a cloud may share a name, and then their budgets share the words."""
    family = GaugeMetricFamily(
        "purser_budget_remaining", "What a budget leaves", labels=["id", "budget", "currency", "period"]
    )
    for row in budgets.status(now):
        left: dict[str, Decimal | None] = {"hour": row["left_per_hour"], "month": row["left_this_month"]}
        for period, amount in left.items():
            if amount is not None:
                family.add_metric([row["public_id"], row["scope"], row["currency"], period], float(amount))
    return family


def _switches() -> Iterator[Metric]:
    """1 while a switch stops something."""
    row = Installation.objects.first() or Installation()
    stopped = {
        "launches": row.launches_paused,
        "sweeper": row.destructive_frozen,
        "everything": row.restored_at is not None,  # a restored backup that nobody has confirmed
    }
    family = GaugeMetricFamily("purser_stopped", "Whether an operator or a restore has stopped it", labels=["what"])
    for what, is_stopped in stopped.items():
        family.add_metric([what], int(is_stopped))
    yield family


def _liveness() -> Iterator[Metric]:
    """How long ago the loops ran, in real seconds."""
    real = timezone.now()
    unrelayed = Event.objects.filter(relayed_at=None)
    yield GaugeMetricFamily("purser_events_unrelayed", "Events no worker was told of yet", value=unrelayed.count())
    oldest = unrelayed.order_by("id").values_list("recorded_at", flat=True).first()
    lag = max((real - oldest).total_seconds(), 0) if oldest else 0
    yield GaugeMetricFamily("purser_events_lag_seconds", "Age of the oldest event no worker was told of", value=lag)
    yield from _consumption(real)
    tasks = GaugeMetricFamily("purser_task_age_seconds", "Since a scheduled task last ended", labels=["task"])
    for name, ended in Periodic.objects.filter(enabled=True).values_list("name", "last_finished_at"):
        if ended is not None:
            tasks.add_metric([name], max((real - ended).total_seconds(), 0))
    yield tasks
    sweeps = GaugeMetricFamily("purser_sweep_age_seconds", "Since the last complete sweep", labels=["account"])
    done = Sweep.objects.filter(complete=True).values_list("account__name").annotate(last=Max("finished_at"))
    for account, last in done.order_by("account__name"):
        if last is not None:
            sweeps.add_metric([account], max((real - last).total_seconds(), 0))
    yield sweeps
    reads = GaugeMetricFamily("purser_account_read_age_seconds", "Since an account last answered", labels=["account"])
    for name, read in CloudAccount.objects.filter(enabled=True).order_by("id").values_list("name", "last_read_at"):
        if read is not None:
            reads.add_metric([name], max((real - read).total_seconds(), 0))
    yield reads
    incidents = GaugeMetricFamily("purser_incidents", "Open incidents", labels=["kind"])
    open_ones = Incident.objects.filter(closed_at=None).values_list("kind").annotate(count=Count("id"))
    for kind, count in open_ones.order_by("kind"):
        incidents.add_metric([kind], count)
    yield incidents


def _consumption(real: datetime) -> Iterator[Metric]:
    """Since each queue's canary last ended, and since a scheduler last sent anything."""
    lines = {name: (sent, ended) for name, sent, ended in _lines()}
    canaries = GaugeMetricFamily("purser_queue_canary_age_seconds", "Since its canary ended", labels=["queue"])
    for queue in settings.QUEUES:
        _, ended = lines.get(canary(queue), (None, None))
        if ended is not None:
            canaries.add_metric([queue], max((real - ended).total_seconds(), 0))
    yield canaries
    sent = [at for at, _ in lines.values() if at is not None]
    age = max((real - max(sent)).total_seconds(), 0) if sent else float("inf")
    yield GaugeMetricFamily("purser_scheduler_age_seconds", "Since a scheduler last sent a hint", value=age)


def _lines() -> Iterable[tuple[str, datetime | None, datetime | None]]:
    return Periodic.objects.filter(enabled=True).values_list("name", "last_sent_at", "last_finished_at")

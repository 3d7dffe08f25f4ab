"""Every accepted change writes its event: who, from where, before and after. A new mutating route is a line here.

`Change(body, topics)`: an accepted call of the route and exactly the events it writes, in order. EXEMPT says of a
route why it writes none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from fleet.domain.outcomes import BlockOffer
from fleet.models import CapacityMemory, CloudAccount, Event, Token
from fleet.services import block_offers, operations
from tests import factories
from tests.api_client import fresh_client
from tests.security.estate import Estate
from tests.security.routes import API_RULES, ID, PAGE_RULES, address

LLAMA = factories.LLAMA


@dataclass(frozen=True)
class Change:
    topics: tuple[str, ...]
    body: Callable[[Estate], Any] = lambda _estate: {}
    both: bool = True  # the row was there before and is there after: the event says both
    prepare: Callable[[Estate], Any] = lambda _estate: None
    root: bool = False  # a superuser's browser does it: it belongs to no project
    about: Callable[[Estate], Any] | None = None  # the row, where it is not the estate's own


def says(**body: Any) -> Callable[[Estate], Any]:
    return lambda _estate: body


def _model(estate: Estate) -> Any:
    """One nothing was made of yet."""
    return factories.model(estate.mine)


def _config(estate: Estate) -> Any:
    return factories.serving_config(factories.model(estate.mine))


def _empty_project(estate: Estate) -> Any:
    return factories.project(slug="empty")


def _bot(estate: Estate) -> Any:
    from fleet.models import ServiceAccount

    return ServiceAccount.objects.create(project=estate.mine, name="audited", created_by="ada")


def _another_replica(estate: Estate) -> None:
    factories.replica(estate.endpoint, factories.slot(estate.allocation))


def _single_machines(estate: Estate) -> None:
    factories.offering(factories.account(), accelerator_count=1)


def _free_slot(estate: Estate) -> Any:
    """One that no endpoint decides about."""
    return factories.slot(factories.allocation(estate.mine), account=estate.account)


def _free_allocation(estate: Estate) -> Any:
    return factories.allocation(estate.mine)


def _creation(estate: Estate) -> Any:
    allocation = factories.allocation(estate.mine)
    return operations.start(
        "allocation.create", subject=allocation.public_id, project=estate.mine, requested_by="ada", now=factories.NOON
    )


def _cordoned(estate: Estate) -> None:
    type(estate.slot).objects.filter(pk=estate.slot.pk).update(cordoned_at=factories.NOON)


def _cooling(estate: Estate) -> Any:
    return CapacityMemory.objects.create(account=estate.account, zone="b", refusals_in_a_row=3)


def _unused_account(estate: Estate) -> Any:
    return factories.account()


EXEMPT = {
    ("post", "api/v1/plans"): "a question: nothing is written",
    ("post", "api/v1/plans/rejected"): "a question: nothing is written",
    ("post", "api/v1/usage-events"): "measurements that routers push, each with an id of its own",
}


BLOCK = {"hours": 24, "instance_type": "p5.48xlarge", "machines": 1}


def _offer(estate: Estate) -> dict[str, Any]:
    start = datetime.now(UTC)
    offer = BlockOffer(
        "cb-1", "p5.48xlarge", "us-east-1", "us-east-1a", 1, start, start + timedelta(days=1), Decimal(900), "USD"
    )
    account = CloudAccount.objects.filter(enabled=True).first()
    newest = Token.objects.order_by("-id").first()  # whose call it is
    assert account is not None
    assert newest is not None
    return {"offer": block_offers.name_of(account, offer, to=f"token:{newest.public_id}")}


CHANGES: dict[tuple[str, str], Change] = {
    ("post", "api/v1/allocations"): Change(
        ("allocation.requested",), says(name="audited", accelerator="H100", accelerator_count=8), both=False
    ),
    ("post", "api/v1/allocations/bulk"): Change(
        ("allocation.requested",), says(items=[{"name": "audited", "accelerator": "H100", "accelerator_count": 8}]),
        both=False,
    ),
    ("post", "api/v1/allocations/bulk-release"): Change(
        ("allocation.release-requested",),
        lambda estate: {"items": [{"id": _free_allocation(estate).public_id, "if_match": "*"}]},
    ),
    ("post", "api/v1/block-offers"): Change(("block-question.asked",), says(**BLOCK), both=False),
    ("post", "api/v1/paid-capacity"): Change(("block-purchase.requested",), _offer, both=False),
    ("patch", f"api/v1/paid-capacity/{ID}"): Change(("paid-capacity.shared",), says(shared=True)),
    ("patch", f"api/v1/allocations/{ID}"): Change(("allocation.changed",), says(name="audited")),
    ("delete", f"api/v1/slots/{ID}"): Change(("slot.release-requested",), about=_free_slot),
    ("post", "api/v1/instances/bulk"): Change(
        ("slot.cordoned",), lambda estate: {"action": "cordon", "ids": [estate.instance.public_id]}, both=False
    ),
    ("post", f"api/v1/instances/{ID}/cordon"): Change(("slot.cordoned",), both=False),
    ("post", f"api/v1/instances/{ID}/uncordon"): Change(("slot.uncordoned",), both=False, prepare=_cordoned),
    ("post", f"api/v1/instances/{ID}/drain"): Change(("slot.drain-requested",), says(replace=True)),
    ("post", f"api/v1/instances/{ID}/terminate"): Change(
        ("slot.terminate-requested",), says(replace=True, reason="It is broken.")
    ),
    ("post", f"api/v1/operations/{ID}/cancel"): Change(
        ("allocation.release-requested", "operation.cancel-requested"), about=_creation
    ),
    ("post", f"api/v1/incidents/{ID}/acknowledge"): Change(("incident.acknowledged",)),
    ("post", f"api/v1/incidents/{ID}/close"): Change(("incident.closed",), says(reason="It is over.")),
    ("post", f"api/v1/capacity-memory/{ID}/forget"): Change(
        ("capacity-memory.cooldown-forgotten",), says(reason="The zone was refilled."), root=True, about=_cooling
    ),
    ("post", "api/v1/accounts"): Change(
        ("account.added",),
        says(name="new", cloud="aws", provider="sandbox", options={"url": "http://127.0.0.1:1"}),
        both=False, root=True,
    ),
    ("patch", f"api/v1/accounts/{ID}"): Change(("account.changed",), says(enabled=False), root=True),
    ("delete", f"api/v1/accounts/{ID}"): Change(("account.deleted",), both=False, root=True, about=_unused_account),
    ("post", f"api/v1/accounts/{ID}/trials"): Change(("account.trial-requested",), both=False, root=True),
    ("post", f"api/v1/accounts/{ID}/rotate"): Change(
        ("account.trial-requested",), says(credentials_ref="env:NEXT"), both=False, root=True
    ),
    ("post", "api/v1/price-rules"): Change(
        ("price-rule.added",), says(name="new", kind="discount", percent_off="5", cloud="aws"), both=False, root=True
    ),
    ("patch", f"api/v1/price-rules/{ID}"): Change(("price-rule.changed",), says(note="x"), root=True),
    ("delete", f"api/v1/price-rules/{ID}"): Change(("price-rule.changed",), root=True),
    ("post", "api/v1/sweeps"): Change(
        ("sweep.requested",), lambda estate: {"account": estate.account.name}, both=False, root=True
    ),
    ("patch", "api/v1/installation"): Change(
        ("launches.stopped",), says(launches_paused=True, reason="Only to try it."), root=True
    ),
    ("delete", f"api/v1/allocations/{ID}"): Change(("allocation.release-requested",), about=_free_allocation),
    ("post", f"api/v1/allocations/{ID}/extend"): Change(
        ("allocation.extended",), says(expires_at="2150-01-01T00:00:00Z"), about=_free_allocation
    ),
    ("post", "api/v1/projects"): Change(("project.created",), says(slug="new", name="New"), both=False, root=True),
    ("patch", f"api/v1/projects/{ID}"): Change(("project.changed",), says(name="Renamed"), root=True),
    ("delete", f"api/v1/projects/{ID}"): Change(("project.deleted",), both=False, root=True, about=_empty_project),
    ("post", f"api/v1/projects/{ID}/members"): Change(
        ("member.added",), lambda estate: {"user": estate.stranger.username, "role": "viewer"}, both=False
    ),
    ("patch", f"api/v1/projects/{ID}/members/<str:username>"): Change(("member.changed",), says(role="billing")),
    ("delete", f"api/v1/projects/{ID}/members/<str:username>"): Change(("member.removed",), both=False),
    ("post", "api/v1/service-accounts"): Change(
        ("service-account.created",), says(name="new-bot", role="viewer"), both=False
    ),
    ("patch", f"api/v1/service-accounts/{ID}"): Change(("service-account.changed",), says(description="Rolls out")),
    ("delete", f"api/v1/service-accounts/{ID}"): Change(("service-account.deleted",), both=False, about=_bot),
    ("post", "api/v1/tokens"): Change(("token.issued",), says(name="another", scopes=["read"]), both=False),
    ("patch", f"api/v1/tokens/{ID}"): Change(("token.changed",), says(name="renamed")),
    ("delete", f"api/v1/tokens/{ID}"): Change(("token.revoked",), both=False),
    ("post", f"api/v1/tokens/{ID}/rotate"): Change(("token.rotated",)),
    ("post", "api/v1/quotas"): Change(("quota.created",), says(max_accelerators=4, accelerator="L4"), both=False),
    ("post", "api/v1/quotas/bulk"): Change(
        ("change-request.outdated", "quota.changed"), says(items=[{"project": "mine", "max_accelerators": 3}])
    ),
    ("patch", f"api/v1/quotas/{ID}"): Change(
        ("change-request.outdated", "quota.changed"), says(max_accelerators=5)
    ),
    ("delete", f"api/v1/quotas/{ID}"): Change(("change-request.outdated", "quota.deleted"), both=False),
    ("post", "api/v1/budgets"): Change(("budget.created",), says(cap_per_hour="5", cloud="aws"), both=False),
    ("post", "api/v1/budgets/bulk"): Change(
        ("budget.changed",), says(items=[{"project": "mine", "cap_per_hour": "3"}])
    ),
    ("patch", f"api/v1/budgets/{ID}"): Change(("budget.changed",), says(cap_per_hour="5")),
    ("delete", f"api/v1/budgets/{ID}"): Change(("budget.deleted",), both=False),
    ("post", f"api/v1/change-requests/{ID}/approve"): Change(("quota.changed", "change-request.approved")),
    ("post", f"api/v1/change-requests/{ID}/refuse"): Change(("change-request.refused",)),
    ("post", "api/v1/webhooks"): Change(
        ("webhook.created",), says(name="audited", url="https://ops.example.com/hook"), both=False
    ),
    ("patch", f"api/v1/webhooks/{ID}"): Change(("webhook.changed",), says(enabled=False)),
    ("delete", f"api/v1/webhooks/{ID}"): Change(("webhook.deleted",), both=False),
    ("post", f"api/v1/webhooks/{ID}/rotate"): Change(("webhook.secret-rotated",), both=False),
    ("post", f"api/v1/webhooks/{ID}/test"): Change(("webhook.tested",), both=False),
    ("post", f"api/v1/webhook-messages/{ID}/retry"): Change(("webhook.resent",), both=False),
    ("post", "api/v1/endpoints"): Change(
        ("allocation.requested", "endpoint.created"),
        lambda estate: {
            "name": "audited",
            "model": estate.model.public_id,
            "serving_config": estate.serving_config.public_id,
            "accelerators": ["H100"],
        },
        both=False,
        prepare=_single_machines,
    ),
    ("post", "api/v1/endpoints/bulk"): Change(
        ("endpoint.changed",),
        lambda estate: {
            "items": [{"id": estate.endpoint.public_id, "if_match": "*", "changes": {"max_replicas": 5}}]
        },
    ),
    ("patch", f"api/v1/endpoints/{ID}"): Change(("endpoint.changed",), says(max_replicas=5)),
    ("delete", f"api/v1/endpoints/{ID}"): Change(("endpoint.delete-requested",)),
    ("post", f"api/v1/replicas/{ID}/drain"): Change(
        ("replica.draining", "replica.drain-requested"), prepare=_another_replica
    ),
    ("post", f"api/v1/replicas/{ID}/restart"): Change(
        ("replica.draining", "replica.restart-requested"), prepare=_another_replica
    ),
    ("post", "api/v1/models"): Change(("model.registered",), says(name="org/audited", config=LLAMA), both=False),
    ("patch", f"api/v1/models/{ID}"): Change(("model.changed",), says(name="org/renamed"), about=_model),
    ("delete", f"api/v1/models/{ID}"): Change(("model.deleted",), both=False, about=_model),
    ("post", "api/v1/serving-configs"): Change(
        ("serving-config.registered",), lambda estate: {"model": estate.model.public_id, "name": "audited",
                                                        "max_model_len": 8192}, both=False
    ),
    ("patch", f"api/v1/serving-configs/{ID}"): Change(("serving-config.changed",), says(max_num_seqs=8), about=_config),
    ("delete", f"api/v1/serving-configs/{ID}"): Change(("serving-config.deleted",), both=False, about=_config),
}  # fmt: skip


def mutating() -> Iterator[tuple[str, str]]:
    for route, rule in API_RULES.items():
        for method in ("post", "patch", "delete"):
            if rule.scope(method):
                yield method, route


def test_every_route_that_changes_something_is_listed_here() -> None:
    assert sorted(mutating()) == sorted([*CHANGES, *EXEMPT])


@pytest.mark.parametrize(("method", "route"), CHANGES, ids=lambda part: str(part).replace("api/v1/", ""))
def test_an_accepted_change_writes_exactly_its_events(estate: Estate, method: str, route: str) -> None:
    change = CHANGES[method, route]
    change.prepare(estate)
    row = change.about(estate) if change.about else None
    client, path = fresh_client(), "/" + route.replace(ID, row.public_id) if row else address(route, estate)
    token = factories.token(estate.mine, *_everything(), issuer=factories.member(estate.mine, "admin"))
    headers = {"Idempotency-Key": "audit-1", "If-Match": "*"}
    if change.root:
        client.force_login(factories.user(is_superuser=True))
    else:
        headers["Authorization"] = f"Bearer {token}"
    last = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    data = json.dumps(change.body(estate))

    def call() -> Any:
        if method == "delete":
            return client.delete(path, headers=headers, REMOTE_ADDR="203.0.113.77")
        send = getattr(client, method)
        return send(path, data, content_type="application/json", headers=headers, REMOTE_ADDR="203.0.113.77")

    answer = call()
    assert answer.status_code < 300, answer.content
    written = list(Event.objects.filter(id__gt=last).order_by("id"))
    assert [event.topic for event in written] == list(change.topics)
    for event in written:
        assert event.principal.startswith("user:" if change.root else "token:")
        assert event.address == "203.0.113.77"
        assert event.request_id == answer["X-Request-ID"]
        assert event.project == (None if change.root else estate.mine)
    assert written[-1].actor != "purser"
    if change.both:
        assert any({"before", "after"} <= set(event.data) for event in written)
        assert all(event.data["before"] != event.data["after"] for event in written if "before" in event.data)
    if method == "post":
        call()
        assert Event.objects.filter(id__gt=written[-1].pk).count() == 0, "a replayed key wrote another event"


def test_reading_changes_nothing(estate: Estate) -> None:
    client = fresh_client()
    client.force_login(factories.user(is_superuser=True, is_staff=True))
    last = Event.objects.count()
    for route, rule in (API_RULES | PAGE_RULES).items():
        for method in ("get", "head", "options"):
            getattr(client, method)(address(route, estate) + rule.query)
    assert Event.objects.count() == last


def test_a_refused_change_writes_nothing(estate: Estate) -> None:
    last = Event.objects.count()
    client = fresh_client()
    headers = {"Authorization": f"Bearer {estate.viewers_token}", "Idempotency-Key": "audit-2", "If-Match": "*"}
    for (method, route), change in CHANGES.items():
        data = json.dumps(change.body(estate))
        getattr(client, method)(address(route, estate), data, content_type="application/json", headers=headers)
    assert Event.objects.count() == last


def _everything() -> list[str]:
    from fleet.domain import rights

    return sorted(rights.OF_PROJECT)

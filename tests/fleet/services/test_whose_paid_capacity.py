"""Whose paid capacity it is: kept for one project, shared by it, or nobody's; to every other it is not there."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fleet.domain.demand import AllocationSpec, Demand
from fleet.domain.placement import Plan
from fleet.domain.refusals import NotAllowed, Refused
from fleet.models import Allocation, Event, LaunchAttempt, Offering, PaidCapacity, Project, Slot
from fleet.services import access, allocations, explaining, intents, market, paid_capacity, planning
from fleet.services.access import caller_at_the_server
from fleet.services.leases import claim
from tests import factories
from tests.deadline import wait_until

pytestmark = pytest.mark.django_db
NOW = factories.NOON
MIGRATION: Any = import_module("fleet.migrations.0034_plans_forget_what_others_paid_for")
HOUR = timedelta(hours=1)


@pytest.fixture
def sold() -> Offering:
    return factories.offering(factories.account(), observed_at=NOW)


@pytest.fixture
def keeper() -> Project:
    return factories.project(slug="keeper")


@pytest.fixture
def other() -> Project:
    return factories.project(slug="other")


def block(keeper: Project | None, sold: Offering, **changes: Any) -> PaidCapacity:
    """One machine of the kind that is sold, for a day."""
    values = {
        "ref": f"cr-{PaidCapacity.objects.count()}", "state": "active", "usable": True,
        "instance_type": sold.instance_type.name, "zone": sold.zone, "price_per_hour": Decimal(31),
    }  # fmt: skip
    return factories.paid_capacity(keeper, sold.account, **values | changes)


def plan_of(project: Project, **changes: Any) -> Plan:
    spec = AllocationSpec("x", Demand(8, "H100", **changes), ttl=HOUR)
    return allocations.preview(project=project, spec=spec, now=NOW)


def kinds(plan: Plan) -> list[str]:
    return [choice.candidate.offering.pool.capacity_type for choice in plan.chosen]


def pass_over(project: Project) -> Allocation:
    """Ask for one machine, and plan it."""
    spec = AllocationSpec("x", Demand(8, "H100"), ttl=HOUR)
    asked = allocations.request_allocation(project=project, spec=spec, requested_by="ada", now=NOW)
    [lease] = claim(Allocation, limit=1, only=[asked.pk])
    planning.reconcile_allocation(lease, now=NOW)
    asked.refresh_from_db()
    return asked


def slot_into(row: PaidCapacity, project: Project) -> Slot:
    """A slot that was planned into it."""
    return factories.slot(
        factories.allocation(project), state="wanted", capacity_type="reserved", account=row.account,
        instance_type=row.instance_type, zone=row.zone, accelerator="H100", accelerator_count=8,
    )  # fmt: skip


@pytest.mark.parametrize("taken", [0, 1])
def test_to_another_project_a_block_is_not_there(sold, keeper, other, taken):
    """Neither among what would do nor among the losers nor in any count, with room or without."""
    without = plan_of(other).as_json()
    without_losers = allocations.losers_of(Demand(8, "H100"), project=other, now=NOW, token_id=None, after=0, most=9)
    block(keeper, sold, used_by_others=taken)
    assert plan_of(other).as_json() == without
    losers = allocations.losers_of(Demand(8, "H100"), project=other, now=NOW, token_id=None, after=0, most=9)
    assert losers == without_losers
    chosen = plan_of(keeper)
    assert kinds(chosen) == ["on-demand" if taken else "reserved"]
    assert chosen.rejected_by_reason.get("machines-left", 0) == taken


def test_what_other_projects_may_not_have_is_said_of_its_kind_alone(sold, keeper, other):
    """Asking for paid capacity and nothing else is answered as where there is none."""
    without = plan_of(other, capacity_types=("reserved",)).as_json()
    block(keeper, sold)
    assert plan_of(other, capacity_types=("reserved",)).as_json() == without
    assert kinds(plan_of(keeper, capacity_types=("reserved",))) == ["reserved"]


@pytest.mark.parametrize(("kept", "shared"), [(True, True), (False, False)])
def test_what_is_shared_and_what_is_nobodys_is_everybodys(sold, keeper, other, kept, shared):
    row = block(keeper if kept else None, sold, shared=shared)
    for project in (keeper, other):
        assert kinds(plan_of(project)) == ["reserved"]
    slot = slot_into(row, other)
    with transaction.atomic():
        assert paid_capacity.take(slot, now=NOW) == row


def test_the_next_plan_knows_whose_it_became(sold, keeper, other):
    row = block(None, sold)
    assert kinds(plan_of(other)) == ["reserved"]
    paid_capacity.assign(row, keeper, by=caller_at_the_server("test"), now=NOW)
    assert kinds(plan_of(other)) == ["on-demand"]
    PaidCapacity.objects.update(shared=True)
    assert kinds(plan_of(other)) == ["reserved"]


def test_who_keeps_what_was_found_is_said_by_who_runs_the_installation(sold, keeper, other):
    row = block(other, sold, shared=True)
    with pytest.raises(NotAllowed):
        paid_capacity.assign(row, keeper, by=access.caller_of_user(factories.member(keeper, "admin")), now=NOW)
    paid_capacity.assign(row, keeper, by=caller_at_the_server("test"), now=NOW)
    row.refresh_from_db()
    assert (row.project, row.shared) == (keeper, False)
    event = Event.objects.get(topic="paid-capacity.assigned")
    assert event.project is None, "what another project had is not for the one that has it now"
    assert (event.data["before"], event.data["after"]) == ({"project": "other"}, {"project": "keeper"})


def test_what_a_project_bought_stays_with_it(sold, keeper, other):
    row = block(keeper, sold)
    PaidCapacity.objects.update(purchase=factories.block_purchase(keeper, sold.account))
    with pytest.raises(Refused, match="bought by the project"):
        paid_capacity.assign(row, other, by=caller_at_the_server("test"), now=NOW)


def test_plans_and_lists_go_by_one_rule(sold, keeper, other):
    rows = [block(who, sold, shared=shared) for who in (keeper, other, None) for shared in (False, True)]
    now_sold = market.on_sale()
    first = len(now_sold.market) - len(rows)
    for project in (keeper, other):
        told = set(PaidCapacity.objects.open_to([project.pk]).values_list("pk", flat=True))
        withheld = {now_sold.paid[place - first].key for place in now_sold.withheld_from(project.pk)}
        assert told == {row.pk for row in rows} - withheld
        assert len(withheld) == 1


def test_a_plan_asks_the_database_nothing_more_for_it(sold, keeper, other):
    counts = []
    for who in (None, keeper):
        PaidCapacity.objects.all().delete()
        block(who, sold)
        plan_of(other)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            plan_of(other)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_no_word_tells_of_a_region_where_only_another_project_has_something(sold, keeper, other):
    block(keeper, sold, region="us-east-9", zone="us-east-9a")
    with pytest.raises(Refused) as refused:
        plan_of(other, regions=("us-east-9",))
    assert refused.value.code == "unknown-region"
    with pytest.raises(Refused) as refused:
        plan_of(other, regions=("us-east-8",))
    assert "us-east-9" not in refused.value.sentence
    assert kinds(plan_of(keeper, regions=("us-east-9",))) == ["reserved"]


def test_an_explanation_tells_nothing_of_it(sold, keeper, other):
    row = block(keeper, sold)
    told = json.dumps(explaining.explain(pass_over(other)))
    for word in ("reserved", row.ref, row.public_id):
        assert word not in told
    assert "reserved" in json.dumps(explaining.explain(pass_over(keeper)))


def test_a_slot_goes_into_nothing_its_project_may_not_use(sold, keeper, other):
    """However it was planned: before the block was kept for somebody, or by a mistake of ours."""
    row = block(keeper, sold)
    slot = slot_into(row, other)
    with transaction.atomic():
        assert paid_capacity.take(slot, now=NOW) is None
        assert paid_capacity.take(slot_into(row, keeper), now=NOW) == row


def test_a_launch_into_what_was_withdrawn_is_planned_anew(sold, keeper, other):
    row = block(keeper, sold, shared=True)
    asked = pass_over(other)
    slot = asked.slots.get()
    assert slot.capacity_type == "reserved"
    PaidCapacity.objects.filter(pk=row.pk).update(shared=False)
    [lease] = claim(Slot, limit=1, only=[slot.pk])
    assert intents.write_intent(slot, lease, NOW) is None
    assert not LaunchAttempt.objects.exists()
    slot.refresh_from_db()
    assert slot.account is None
    [lease] = claim(Allocation, limit=1, only=[asked.pk])
    planning.reconcile_allocation(lease, now=NOW)
    slot.refresh_from_db()
    assert slot.capacity_type == "on-demand"


def test_slots_that_wait_take_places_only_where_they_may_go(sold, keeper, other):
    """Another project's slot waits for the room of everybody, though what is kept ends first and would fit it best."""
    kept = block(keeper, sold, machines_until=NOW + 3 * HOUR)
    nobodys = block(None, sold, machines_until=NOW + 20 * HOUR)
    pass_over(other)
    assert paid_capacity.left([kept.pk, nobodys.pk], now=NOW) == {kept.pk: 1, nobodys.pk: 0}
    assert kinds(plan_of(other)) == ["on-demand"]
    assert kinds(plan_of(keeper)) == ["reserved"]


def test_what_it_ran_in_is_told_as_long_as_its_project_may_use_it(sold, keeper, other):
    row = block(keeper, sold, shared=True)
    asked = pass_over(other)
    slot = asked.slots.get()
    [lease] = claim(Slot, limit=1, only=[slot.pk])
    assert intents.write_intent(slot, lease, NOW) is not None
    [attempt] = explaining.explain(asked)["attempts"]
    assert attempt["paid_capacity"] == row.public_id
    slot.refresh_from_db()
    assert row.ref not in slot.detail
    PaidCapacity.objects.update(shared=False)
    [attempt] = explaining.explain(asked)["attempts"]
    assert attempt["paid_capacity"] is None


def test_plans_kept_from_before_the_rule_forget_what_others_paid_for(sold, keeper, other):
    row = block(keeper, sold, shared=True)
    told, bought = pass_over(other), pass_over(other)
    assert [one.plan["chosen"][0]["capacity_type"] for one in (told, bought)] == ["reserved", "on-demand"]
    Allocation.objects.filter(pk=bought.pk).update(plan={"chosen": [{"capacity_type": "on-demand"}]})
    PaidCapacity.objects.filter(pk=row.pk).update(shared=False, project=None)
    forget()
    assert Allocation.objects.get(pk=told.pk).plan is not None, "nobody's is no secret"
    PaidCapacity.objects.filter(pk=row.pk).update(project=keeper)
    forget()
    assert Allocation.objects.get(pk=told.pk).plan is None
    assert Allocation.objects.get(pk=bought.pk).plan is not None
    assert explaining.explain(Allocation.objects.get(pk=told.pk))["plan"] is None


def forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute(MIGRATION.FORGET)


@pytest.mark.django_db(transaction=True)
def test_a_launch_that_waited_for_the_row_asks_whose_it_is_by_then(sold, keeper, other):
    row = block(keeper, sold, shared=True)
    slot = slot_into(row, other)
    taken: list[PaidCapacity | None] = []

    def launch() -> None:
        try:
            with transaction.atomic():
                taken.append(paid_capacity.take(slot, now=NOW))
        finally:
            connection.close()

    worker = threading.Thread(target=launch)
    with transaction.atomic():
        PaidCapacity.objects.update(shared=False)
        worker.start()
        wait_until(somebody_waits_for_a_lock, "the launch waits for the row")
    worker.join()
    assert taken == [None]


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])

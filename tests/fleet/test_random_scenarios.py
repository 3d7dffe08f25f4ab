"""Anything in any order: requests, releases, faults, preemptions, killed workers. The sandbox's ledger is the judge.

Each seed is one story of some forty steps; a failing one is told again by its number.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Now

from fleet.domain.lifecycle import ENDED_ALLOCATION_STATES, ENDED_SLOT_STATES, Desired, Reason, SlotState
from fleet.models import Allocation, Budget, CloudAccount, Hold, Instance, LaunchAttempt, Quota, Slot
from fleet.providers import sandbox as sandbox_provider
from fleet.services import allocations, ending, intents, launching, sweeping
from fleet.services.accounts import watched
from fleet.services.leases import claim
from tests.deadline import wait_until
from tests.fleet.test_crash_points import audit

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = 40
CAP_PER_HOUR = Decimal(12)
QUIET = (SlotState.BOOTING, SlotState.READY, SlotState.UNHEALTHY)
CODES = ("RequestLimitExceeded", "rateLimitExceeded", "UnauthorizedOperation", "AuthorizationFailed", "InternalError")
POINTS = [f"{verb}:K{number}" for verb in ("launch", "terminate") for number in range(7)]


class Killed(BaseException):
    """The worker dies here: no handler of ours sees it, what was not committed is gone."""


class Story:
    """One seed's world and what may happen in it."""

    def __init__(self, world: Any, seed: int) -> None:
        self.world = world
        self.draw = random.Random(seed)
        self.dies_at = ""
        self.said: list[str] = []

    def reach(self, verb: str, point: str) -> None:
        """The crash points of the code, answered by this story instead of by a signal."""
        if self.dies_at == f"{verb}:{point}":
            self.dies_at = ""
            raise Killed

    def step(self) -> None:
        happening = self.draw.choice(HAPPENINGS)
        self.said.append(happening.__name__)
        happening(self)
        self.turn()

    def turn(self) -> None:
        try:
            self.world.turn()
        except Killed:
            # Time passes until the dead worker's claims have run out.
            Slot.objects.exclude(lease_until=None).update(lease_until=Now())
            Allocation.objects.exclude(lease_until=None).update(lease_until=Now())

    def any_of(self, rows: Any) -> Any:
        found = list(rows)
        return self.draw.choice(found) if found else None

    def ask(self) -> None:
        gang = self.draw.random() < 0.3
        kinds = self.draw.choice([(), ("spot",), ("on-demand",)])
        self.world.ask(self.draw.randint(1, 3), gang=gang, capacity_types=kinds, accelerators_per_slot=1)

    def release(self) -> None:
        if row := self.any_of(Allocation.objects.living()):
            allocations.release(row.public_id, now=self.world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")

    def resize(self) -> None:
        if row := self.any_of(Allocation.objects.living()):
            count = self.draw.randint(0, 4)
            allocations.resize(row, accelerator_count=count, now=self.world.now(), reason=Reason.REQUESTED)

    def release_slot(self) -> None:
        if row := self.any_of(Slot.objects.open()):
            allocations.release_slot(row, now=self.world.now(), reason=Reason.SCALED_DOWN)

    def lose_an_answer(self) -> None:
        self.world.fault(self.draw.choice(["launch", "terminate"]), self.draw.choice(["lost", "refuse", "truncate"]))

    def refuse(self) -> None:
        verb = self.draw.choice(["launch", "terminate", "describe", "list", "find", "notices"])
        self.world.fault(verb, "error", code=self.draw.choice(CODES), times=self.draw.randint(1, 3))

    def lie(self) -> None:
        self.world.fault("list", self.draw.choice(["partial", "empty"]))

    def take_back(self) -> None:
        if machine := self.any_of(self.world.live()):
            how = "preempt" if machine["capacity_type"] == "spot" else "kill"
            path = f"clouds/{machine['cloud']}/instances/{machine['id']}"
            self.world.call("POST", f"{path}/{self.draw.choice([how, 'kill'])}", {})

    def run_dry(self) -> None:
        if slot := self.any_of(Slot.objects.exclude(account=None).select_related("account")):
            self.world.stock(
                self.draw.choice([0, 0, 1, None]), cloud=slot.account.cloud, instance_type=slot.instance_type,
                zone=slot.zone, capacity_type=slot.capacity_type,
            )  # fmt: skip

    def revoke(self) -> None:
        self.world.call("PUT", "credentials/sandbox", {"status": self.draw.choice(["ok", "revoked", "ok"])})

    def lag(self) -> None:
        """New machines show in lists and descriptions only after a while."""
        self.world.call("PUT", "describe-lag", {"seconds_real": self.draw.choice([0, 1, 3])})

    def change_quota(self) -> None:
        """Also below what is held already."""
        Quota.objects.all().delete()
        if self.draw.random() < 0.5:
            Quota.objects.create(project=self.world.project, max_accelerators=self.draw.randint(1, 6))

    def switch_account(self) -> None:
        account = self.any_of(CloudAccount.objects.all())
        CloudAccount.objects.filter(pk=account.pk).update(enabled=not account.enabled)

    def kill_a_worker(self) -> None:
        self.dies_at = self.draw.choice(POINTS)

    def forget_a_claim(self) -> None:
        claim(Slot, limit=2)
        Slot.objects.exclude(lease_until=None).update(lease_until=Now())

    def sweep(self) -> None:
        for account in watched():
            sweeping.sweep_account(account, now=self.world.now())

    def hurry(self) -> None:
        """Every look that is planned happens now: any time is a legal time."""
        Slot.objects.exclude(next_at=None).update(next_at=Now())
        Allocation.objects.exclude(next_at=None).update(next_at=Now())


HAPPENINGS: list[Callable[[Story], None]] = [
    *[Story.ask] * 4, Story.release, Story.resize, Story.resize, Story.release_slot, *[Story.lose_an_answer] * 3,
    Story.refuse, Story.refuse, Story.lie, *[Story.take_back] * 3, Story.run_dry, Story.run_dry, Story.revoke,
    Story.switch_account, Story.lag, Story.change_quota, *[Story.kill_a_worker] * 4,
    Story.forget_a_claim, Story.sweep, *[Story.hurry] * 4,
]  # fmt: skip


def check_every_moment(story: Story) -> None:
    """I1, I5, and no row that needs work is asleep."""
    per_slot = Counter(machine["tags"]["purser:slot"] for machine in story.world.live())
    assert max(per_slot.values(), default=0) <= 1, (per_slot, story.said)
    with transaction.atomic():
        held = Hold.objects.filter(released_at=None).aggregate(rate=Sum("price_per_hour"))["rate"] or 0
    assert held <= CAP_PER_HOUR, story.said
    asleep = Slot.objects.open().filter(next_at=None).exclude(state__in=QUIET)
    assert not asleep.exists(), ([(slot, slot.state) for slot in asleep], story.said)
    assert not Allocation.objects.living().filter(next_at=None).exists(), story.said


def end_well(story: Story) -> None:
    """The last fault is over and everything is given back."""
    story.dies_at = ""
    story.world.call("DELETE", "faults")
    story.world.call("PUT", "credentials/sandbox", {"status": "ok"})
    story.world.call("PUT", "describe-lag", {"seconds_real": 0})
    CloudAccount.objects.update(enabled=True)
    for row in Allocation.objects.living():
        allocations.release(row.public_id, now=story.world.now(), reason=Reason.RELEASED_BY_USER, actor="ada")

    def over() -> bool:
        story.hurry()
        story.turn()
        return not Allocation.objects.living().exists()

    wait_until(over, f"everything is released after {story.said}", deadline_s=120)
    # Tombstones are cleared by a sweep long after their launch.
    LaunchAttempt.objects.update(created_at_real=F("created_at_real") - sweeping.TOMBSTONE_CLEAR_AFTER * 2)
    story.sweep()
    story.sweep()


def check_the_end(story: Story) -> None:
    """No doubles, no orphans, no open hold, and rows that agree with the ledger machine by machine."""
    world = story.world
    assert world.live() == [], story.said
    verdict = audit(world)
    faults = ("double_launches", "orphans", "tokens_mismatched", "foreign_touched")
    assert [verdict[name] for name in faults] == [0, 0, 0, 0], (verdict, story.said)
    assert not Hold.objects.filter(released_at=None).exists(), story.said
    assert not Slot.objects.exclude(state__in=ENDED_SLOT_STATES).exists()
    assert (
        not Slot.objects.filter(desired=Desired.PRESENT, allocation__state__in=ENDED_ALLOCATION_STATES)
        .exclude(state__in=ENDED_SLOT_STATES)
        .exists()
    )
    world.turn()
    rows = {row.provider_id: row for row in Instance.objects.all()}
    given_up = set(LaunchAttempt.objects.filter(state="abandoned").values_list("public_id", flat=True))
    for machine in world.machines():
        row = rows.pop(machine["id"], None)
        if row is None:
            assert machine["tags"]["purser:attempt"] in given_up, (machine, story.said)
            continue
        assert row.terminated_at is not None, story.said
        assert row.terminated_at.isoformat()[:23] == machine["terminated_at"][:23], (machine, story.said)
    assert rows == {}, story.said


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_nothing_is_bought_twice_and_nothing_is_left(world, monkeypatch, seed):
    story = Story(world, seed)
    Budget.objects.create(project=world.project, cap_per_hour=CAP_PER_HOUR)
    for module in (launching, intents, ending, sandbox_provider):
        monkeypatch.setattr(module, "reach", story.reach)
    for _ in range(STEPS):
        story.step()
        check_every_moment(story)
    end_well(story)
    check_the_end(story)

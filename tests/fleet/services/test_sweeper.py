"""The sweeper: what is ours and forgotten is ended, what is not ours is never touched, and doubt ends nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from fleet.domain.lifecycle import AttemptState, Desired, SlotState
from fleet.models import CloudAccount, Hold, Incident, Installation, Instance, LaunchAttempt, Slot, Sweep
from fleet.services import sweeping

pytestmark = pytest.mark.django_db(transaction=True)


def one_machine(world) -> Slot:
    allocation = world.until_state(world.ask(1), "active")
    return Slot.objects.select_related("account", "instance").get(allocation=allocation)


def forget(slot: Slot) -> None:
    """Lose the rows of a machine, as a restored backup or a bug would."""
    Instance.objects.filter(slot=slot).delete()
    LaunchAttempt.objects.filter(slot=slot).update(state=AttemptState.ABANDONED)
    Slot.objects.filter(pk=slot.pk).update(state=SlotState.LOST, desired=Desired.ABSENT, next_at=None)
    slot.allocation.__class__.objects.filter(pk=slot.allocation_id).update(next_at=None)


def test_a_machine_of_ours_that_no_row_answers_for_is_ended_and_its_cost_kept_as_a_leak(world):
    slot = one_machine(world)
    forget(slot)
    world.sweep()
    assert world.live() == []
    orphan = Instance.objects.get(slot=None)
    assert orphan.provider_id == world.machines()[0]["id"]
    assert not Hold.objects.filter(released_at=None).exists()


def test_foreign_machines_are_listed_and_never_touched(world):
    for cloud in ("aws", "gcp", "azure"):
        world.call("POST", f"clouds/{cloud}/foreign", {})
    one_machine(world)
    world.sweep()
    assert {call["outcome"] for call in world.calls("terminate")} == set()


def test_a_copied_tag_does_not_make_a_machine_ours(world):
    slot = one_machine(world)
    tags = dict(world.machines()[0]["tags"]) | {"purser:attempt": "att_somebody_elses"}
    world.call("POST", f"clouds/{slot.account.cloud}/foreign", {"tags": tags})
    world.sweep()
    assert world.calls("terminate") == []
    assert Sweep.objects.filter(account=slot.account).latest("id").foreign == 1


@pytest.mark.parametrize("kind", ["partial", "empty", "error"])
def test_a_list_that_cannot_be_believed_ends_nothing(world, kind):
    slot = one_machine(world)
    extra = {"code": "InternalError", "status": 500} if kind == "error" else {}
    world.fault("list", kind, cloud=slot.account.cloud, **extra)
    sweep = sweeping.sweep_account(slot.account, now=world.now())
    slot.refresh_from_db()
    assert slot.state == SlotState.READY
    assert len(world.live()) == 1
    if kind != "partial":
        assert sweep.broken_circuit
        assert Incident.objects.filter(kind="sweep-held-back", closed_at=None).exists()


def test_a_database_older_than_the_cloud_freezes_the_sweeper(world):
    slot = one_machine(world)
    forget(slot)
    Installation.objects.update(launch_sequence=0)
    LaunchAttempt.objects.update(sequence=0)
    sweep = sweeping.sweep_account(slot.account, now=world.now())
    assert "old backup" in sweep.broken_circuit
    assert len(world.live()) == 1


def test_a_restored_backup_that_nobody_confirmed_ends_nothing_whatever_the_switch_says(world):
    forget(one_machine(world))
    Installation.objects.update(restored_at=Now(), destructive_frozen=False)
    world.sweep()
    assert len(world.live()) == 1
    Installation.objects.update(restored_at=None)
    world.sweep()
    assert world.live() == []


def test_another_account_behind_the_same_key_freezes_the_sweeper(world):
    slot = one_machine(world)
    CloudAccount.objects.filter(pk=slot.account_id).update(expected_account_ref="somebody-else")
    sweep = sweeping.sweep_account(CloudAccount.objects.get(pk=slot.account_id), now=world.now())
    assert "belongs to account" in sweep.broken_circuit
    idle = CloudAccount.objects.exclude(pk=slot.account_id).first()
    CloudAccount.objects.filter(pk=idle.pk).update(expected_account_ref="somebody-else")
    idle.refresh_from_db()
    sweeping.sweep_account(idle, now=world.now())
    idle.refresh_from_db()
    assert (idle.last_error_code, idle.last_read_at) == ("another-account", None)


def connected_twice(account: CloudAccount) -> CloudAccount:
    """As an installation may have it since before that was refused."""
    return CloudAccount.objects.create(
        name="again", cloud=account.cloud, provider=account.provider, credentials_ref=account.credentials_ref,
        options=account.options, expected_account_ref=account.expected_account_ref,
    )  # fmt: skip


def test_an_account_that_is_connected_twice_ends_no_machine_of_the_other(world):
    slot = one_machine(world)
    Instance.objects.filter(slot=slot).update(launched_at=world.now() - timedelta(hours=9))
    again = connected_twice(slot.account)
    sweep = sweeping.sweep_account(again, now=world.now() + timedelta(hours=9))
    assert f"bought through the account {slot.account.name}" in sweep.broken_circuit
    assert (sweep.owned, sweep.orphans, sweep.orphans_ended) == (0, 0, 0)
    assert not Instance.objects.filter(account=again).exists()
    assert len(world.live()) == 1
    assert Incident.objects.filter(kind="sweep-held-back", subject=again.public_id, closed_at=None).exists()


def test_a_launch_in_doubt_is_not_answered_by_the_same_account_connected_twice(world):
    world.fault("launch", "lost")
    world.ask(1)
    world.turn()
    attempt = LaunchAttempt.objects.get()
    again = connected_twice(attempt.account)
    sweep = sweeping.sweep_account(again, now=world.now() + timedelta(hours=9))
    assert sweep.broken_circuit
    assert attempt.results.count() == 0
    assert len(world.live()) == 1


def test_a_missing_machine_is_lost_only_after_a_second_complete_sweep_a_minute_later(world, monkeypatch):
    slot = one_machine(world)
    Instance.objects.filter(slot=slot).update(
        provider_id="i-never-existed", launched_at=world.now() - timedelta(hours=9), last_observed_at=Now()
    )
    sweeping.sweep_account(slot.account, now=world.now())
    slot.refresh_from_db()
    assert slot.state == SlotState.READY
    Instance.objects.filter(slot=slot).update(last_observed_at=Now() - timedelta(minutes=3))
    Sweep.objects.update(started_at=Now() - timedelta(minutes=2))
    sweeping.sweep_account(slot.account, now=world.now())
    slot.refresh_from_db()
    assert slot.state == SlotState.LOST


def test_a_machine_of_an_unresolved_launch_is_adopted_not_ended(world):
    world.fault("launch", "lost")
    allocation = world.ask(1)
    world.turn()
    attempt = LaunchAttempt.objects.get()
    assert attempt.state == AttemptState.UNKNOWN
    world.sweep()
    assert attempt.results.count() == 1
    world.until_state(allocation, "active")
    assert len(world.machines()) == 1
    assert LaunchAttempt.objects.get().state == AttemptState.ADOPTED
    assert len(world.calls("launch")) == 1


def test_an_account_without_machines_is_known_to_answer_by_its_sweeps(world):
    slot = one_machine(world)
    idle = CloudAccount.objects.exclude(pk=slot.account_id).first()
    world.fault("list", "error", cloud=idle.cloud, code="InternalError", status=500)
    sweeping.sweep_account(idle, now=world.now())
    idle.refresh_from_db()
    assert idle.last_error
    assert idle.last_read_at is None
    world.call("DELETE", "faults")
    sweeping.sweep_account(idle, now=world.now())
    idle.refresh_from_db()
    assert idle.last_error == ""
    assert idle.last_read_at is not None

"""Quotas and budgets: who may set them, what is refused, what is written down, and what waits for somebody else."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from fleet.domain import rights
from fleet.domain.refusals import Changed, NotAllowed, Refused
from fleet.models import Budget, ChangeRequest, Event, Installation, Project, Quota, Token
from fleet.services import access, approvals, change_requests, events, limits, service_accounts, switches
from fleet.services.access import Caller, caller_of_user
from fleet.services.origin import Origin, coming_from
from tests import factories
from tests.factories import NOON

MIGRATION: Any = import_module("fleet.migrations.0022_who_made_service_accounts_and_versions_of_memberships")

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return factories.project(slug="research")


@pytest.fixture
def boss(project: Project) -> Caller:
    return caller_of_user(factories.member(project, "billing"))


@pytest.fixture
def root() -> Caller:
    return caller_of_user(factories.user(is_superuser=True))


@pytest.fixture
def four_eyes(db: None) -> None:
    Installation.objects.update_or_create(pk=1, defaults={"two_pairs_of_eyes": True})


def said(topic: str) -> list[Event]:
    return list(Event.objects.filter(topic=topic).order_by("id"))


def quota(of: Project | None, by: Caller, most: int = 64, **scope: str) -> Quota:
    return limits.create_quota(project=of, by=by, now=NOON, max_accelerators=most, **scope)


def budget(of: Project | None, by: Caller, **terms: Any) -> Budget:
    return limits.create_budget(project=of, by=by, now=NOON, **{"cap_per_hour": Decimal(100)} | terms)


def change(row: Quota | Budget, by: Caller, **changes: Any) -> limits.Outcome:
    return limits.change_limit(row.public_id, changes=changes, by=by, now=NOON)


def test_a_limit_and_each_change_of_it_are_written_down_with_before_and_after(project: Project, boss: Caller) -> None:
    made = quota(project, boss, accelerator="h100")
    change(made, boss, max_accelerators=32)
    limits.delete_limit(made.public_id, by=boss, now=NOON)
    data = [event.data for topic in ("created", "changed", "deleted") for event in said(f"quota.{topic}")]
    assert data[0]["before"] is None
    assert data[0]["after"] == {"project": "research", "cloud": "", "accelerator": "H100", "max_accelerators": 64}
    assert (data[1]["before"], data[1]["after"]) == ({"max_accelerators": 64}, {"max_accelerators": 32})
    assert data[2]["after"] is None
    assert {event.actor for event in Event.objects.all()} == {boss.name}


def test_what_changes_nothing_is_not_written_down(project: Project, boss: Caller) -> None:
    made = budget(project, boss, cap_per_hour=Decimal("100.00"))
    outcome = change(made, boss, cap_per_hour=Decimal(100))
    assert outcome.limit is not None
    assert outcome.limit.generation == 1
    assert said("budget.changed") == []


def test_each_change_is_another_generation_and_an_old_one_is_refused(project: Project, boss: Caller) -> None:
    made = quota(project, boss)
    limits.change_limit(made.public_id, changes={"max_accelerators": 8}, by=boss, now=NOON, generation=1)
    with pytest.raises(Changed):
        limits.change_limit(made.public_id, changes={"max_accelerators": 9}, by=boss, now=NOON, generation=1)
    with pytest.raises(Changed):
        limits.delete_limit(made.public_id, by=boss, now=NOON, generation=1)
    made.refresh_from_db()
    assert (made.max_accelerators, made.generation) == (8, 2)


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_who_spends_never_sets_caps(project: Project, boss: Caller, role: str) -> None:
    spender = caller_of_user(factories.member(project, role))
    made = budget(project, boss)
    for attempt in (
        lambda: budget(project, spender, cloud=""),
        lambda: change(made, spender, cap_per_hour=Decimal(999)),
        lambda: limits.delete_limit(made.public_id, by=spender, now=NOON),
    ):
        with pytest.raises(NotAllowed, match="billing or admin"):
            attempt()
    made.refresh_from_db()
    assert made.cap_per_hour == 100


def test_an_operators_token_never_sets_caps_either(project: Project, boss: Caller) -> None:
    operator = factories.member(project)
    with pytest.raises(Refused):
        factories.token(project, "limits:write", issuer=operator)
    factories.token(project, issuer=operator)
    _, caller = access.caller_of_token(factories.token(project, issuer=operator), now=_real())
    with pytest.raises(NotAllowed):
        change(budget(project, boss), caller, cap_per_hour=Decimal(999))


def test_the_whole_installation_is_a_superusers(project: Project, boss: Caller, root: Caller) -> None:
    with pytest.raises(NotAllowed, match="superuser"):
        quota(None, boss)
    made = quota(None, root)
    with pytest.raises(NotAllowed):
        change(made, boss, max_accelerators=1)


def test_another_projects_limits_are_not_mine_to_set(boss: Caller) -> None:
    with pytest.raises(NotAllowed):
        quota(factories.project(), boss)


@pytest.mark.parametrize(
    ("terms", "field", "words"),
    [
        ({"max_accelerators": -1}, "max_accelerators", "from 0 to 1,000,000"),
        ({"max_accelerators": 10**9}, "max_accelerators", "from 0 to 1,000,000"),
        ({"max_accelerators": True}, "max_accelerators", "whole number"),
        ({"accelerator": "H10"}, "accelerator", "or H100"),
        ({"cloud": "awz"}, "cloud", "Did you mean aws"),
        ({"colour": "red"}, "colour", "has no 'colour'"),
    ],
)
def test_a_quota_nobody_can_mean_is_refused_with_what_to_do(
    project: Project, boss: Caller, terms: dict[str, Any], field: str, words: str
) -> None:
    factories.account(cloud="aws")
    with pytest.raises(Refused, match=words) as refused:
        limits.create_quota(project=project, by=boss, now=NOON, **{"max_accelerators": 1} | terms)
    assert refused.value.field == field
    assert not Quota.objects.exists()


@pytest.mark.parametrize(
    ("terms", "field", "words"),
    [
        ({"cap_per_hour": Decimal(-1)}, "cap_per_hour", "An amount from 0"),
        ({"cap_per_hour": Decimal("NaN")}, "cap_per_hour", "An amount from 0"),
        ({"cap_per_hour": Decimal(10**13)}, "cap_per_hour", "An amount from 0"),
        ({"cap_per_month": Decimal("0.0000001")}, "cap_per_month", "6 decimals"),
        ({"cap_per_hour": None}, "cap_per_hour", "per hour, per month, or both"),
        ({"currency": "EUR"}, "currency", "kept in USD"),
        ({"action": "blok"}, "action", "Did you mean block"),
        ({"warn_ratio": Decimal(80)}, "warn_ratio", "such as 0.8"),
        ({"endpoint_ref": "ep_1"}, "endpoint", "no endpoint of that id in research"),
    ],
)
def test_a_budget_nobody_can_mean_is_refused_with_what_to_do(
    project: Project, boss: Caller, terms: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(Refused, match=words) as refused:
        budget(project, boss, **terms)
    assert refused.value.field == field
    assert not Budget.objects.exists()


def test_an_endpoint_of_another_project_is_not_known_here(project: Project, boss: Caller) -> None:
    theirs, mine = (factories.allocation(of, endpoint_ref=f"ep_{name}") for of, name in
                    ((factories.project(), "theirs"), (project, "mine")))  # fmt: skip
    with pytest.raises(Refused, match="no endpoint"):
        budget(project, boss, endpoint_ref=theirs.endpoint_ref)
    assert budget(project, boss, endpoint_ref=mine.endpoint_ref).endpoint_ref == "ep_mine"


def test_a_second_limit_for_the_same_thing_is_refused(project: Project, boss: Caller) -> None:
    quota(project, boss, accelerator="H100")
    with pytest.raises(Refused, match="already") as refused:
        quota(project, boss, accelerator="h100")
    assert refused.value.code == "limit-taken"


def test_what_a_limit_covers_is_not_changed(project: Project, boss: Caller) -> None:
    with pytest.raises(Refused, match="what the quota covers"):
        change(quota(project, boss), boss, cloud="aws")


def test_a_cap_below_what_is_held_is_taken_and_says_so(project: Project, boss: Caller) -> None:
    made, money = quota(project, boss), budget(project, boss)
    _hold(project, accelerator_count=8, price_per_hour=Decimal(55), amount=Decimal(110))
    outcome = change(made, boss, max_accelerators=6)
    assert "8 accelerators are held, 2 more than this allows. Nothing is ended" in outcome.note
    outcome = change(money, boss, cap_per_hour=Decimal(50))
    assert "$55.00 of this hour is held or spent, $5.00 more than the cap" in outcome.note
    assert change(money, boss, cap_per_hour=Decimal(60)).note == ""


def test_a_deleted_budget_leaves_no_incident_behind(project: Project, boss: Caller) -> None:
    from fleet.services import incidents

    made = budget(project, boss)
    incidents.open_incident(kind="budget", subject=f"budget:{made.pk}", detail="", doing="", now=NOON)
    limits.delete_limit(made.public_id, by=boss, now=NOON)
    assert said("incident.closed")


# --- Two pairs of eyes ---


LOOSER = [
    ("quota", {"max_accelerators": 65}),
    ("budget", {"cap_per_hour": Decimal("100.000001")}),
    ("budget", {"cap_per_month": None}),
    ("budget", {"action": "warn"}),
]
TIGHTER = [
    ("quota", {"max_accelerators": 63}),
    ("budget", {"cap_per_hour": Decimal(99)}),
    ("budget", {"cap_per_month": Decimal(999)}),
    ("budget", {"warn_ratio": Decimal("0.9")}),
]


def _limit(noun: str, project: Project, by: Caller) -> Quota | Budget:
    return quota(project, by) if noun == "quota" else budget(project, by, cap_per_month=Decimal(1000))


@pytest.mark.parametrize(("noun", "changes"), LOOSER)
def test_what_loosens_waits_for_somebody_else(
    four_eyes: None, project: Project, boss: Caller, noun: str, changes: dict[str, Any]
) -> None:
    made = _limit(noun, project, boss)
    outcome = change(made, boss, **changes)
    assert outcome.waiting is not None
    made.refresh_from_db()
    assert made.generation == 1
    assert said(f"{noun}.changed") == []
    assert said("change-request.asked")[0].data["before"] != said("change-request.asked")[0].data["after"]
    approvals.approve(outcome.waiting.public_id, by=caller_of_user(factories.member(project, "admin")), now=NOON)
    made.refresh_from_db()
    assert {name: getattr(made, name) for name in changes} == changes
    assert said(f"{noun}.changed")[0].data["asked_by"] == boss.name


@pytest.mark.parametrize(("noun", "changes"), TIGHTER)
def test_what_tightens_applies_at_once(
    four_eyes: None, project: Project, boss: Caller, noun: str, changes: dict[str, Any]
) -> None:
    assert change(_limit(noun, project, boss), boss, **changes).waiting is None
    assert len(said(f"{noun}.changed")) == 1


def test_without_the_switch_one_pair_is_enough(project: Project, boss: Caller) -> None:
    assert change(quota(project, boss), boss, max_accelerators=65).waiting is None


def test_deleting_a_limit_waits_too(four_eyes: None, project: Project, boss: Caller) -> None:
    made = quota(project, boss)
    waiting = limits.delete_limit(made.public_id, by=boss, now=NOON).waiting
    assert waiting is not None
    assert Quota.objects.exists()
    approvals.approve(waiting.public_id, by=caller_of_user(factories.member(project, "admin")), now=NOON)
    assert not Quota.objects.exists()


def test_nobody_approves_what_they_asked_for(four_eyes: None, project: Project) -> None:
    person = factories.member(project, "admin")
    me = caller_of_user(person)
    waiting = _asked(project, me)
    theirs = _tokens_of(project, person)
    User.objects.filter(pk=person.pk).update(username="married-since")
    factories.user(username=person.username)
    for myself in (me, *theirs):
        assert not approvals.may_decide(waiting, myself)
        with pytest.raises(NotAllowed, match="another person"):
            approvals.approve(waiting.public_id, by=myself, now=NOON)
    waiting.refresh_from_db()
    assert waiting.state == "waiting"


def test_who_made_a_service_account_is_kept_by_id_also_through_a_token(project: Project) -> None:
    person = factories.member(project, "admin")
    token = access.caller_of_token(factories.token(project, *sorted(rights.OF_PROJECT), issuer=person), now=_real())[1]
    for name, by in (("by-hand", caller_of_user(person)), ("by-token", token)):
        made = service_accounts.create_service_account(project=project, name=name, role="billing", by=by, now=NOON)
        assert made.made_by_people == [person.pk]


@pytest.mark.parametrize("how", ["user", "token", "name"])
def test_who_made_one_before_ids_were_kept_is_found_by_its_first_event_else_by_name(project: Project, how: str) -> None:
    person, other = factories.member(project, "admin"), factories.user(username="taker")
    robot = factories.service_account(project, created_by="taker")
    issued = Token.objects.get(key_id=factories.token(project, issuer=person).split("_")[1])
    principal = {"user": f"user:{person.pk}", "token": f"token:{issued.public_id}", "name": ""}[how]
    with coming_from(Origin(principal=principal)):
        events.record("service-account.created", subject=robot.public_id, project=project, now=NOON)
    with connection.cursor() as cursor:
        cursor.execute(MIGRATION.MAKERS)
    robot.refresh_from_db()
    assert robot.made_by_people == [other.pk if how == "name" else person.pk]


def test_the_installation_has_one_name_in_all_its_events(four_eyes: None, project: Project, root: Caller) -> None:
    Installation.objects.update(two_pairs_of_eyes=False)
    approvals.set_two_pairs_of_eyes(True, by=root, now=NOON)
    waiting = approvals.set_two_pairs_of_eyes(False, by=root, now=NOON)
    switches.switch("launches", stopped=True, reason="The cloud is down.", by=root, now=NOON)
    uuid = str(Installation.objects.get().uuid)
    assert {
        event.subject for event in Event.objects.filter(topic__in=["installation.changed", "launches.stopped"])
    } == {uuid}
    assert waiting is not None
    assert waiting.subject == uuid
    older = f"inst_{Installation.objects.get().uuid.hex}"
    ChangeRequest.objects.update(subject=older)
    with connection.cursor() as cursor:
        cursor.execute(MIGRATION.SUBJECTS)
    assert ChangeRequest.objects.get().subject == uuid


def test_a_token_asks_for_its_person(four_eyes: None, project: Project) -> None:
    person = factories.member(project, "admin")
    for by in _tokens_of(project, person):
        waiting = _asked(project, by)
        with pytest.raises(NotAllowed):
            approvals.approve(waiting.public_id, by=caller_of_user(person), now=NOON)
        approvals.refuse(waiting.public_id, by=caller_of_user(person), now=NOON)


@pytest.mark.parametrize("lost", ["membership", "role", "login"])
def test_what_somebody_asked_for_who_may_not_any_more_is_outdated(four_eyes: None, project: Project, lost: str) -> None:
    person = factories.member(project, "admin")
    waiting = _asked(project, caller_of_user(person))
    other = caller_of_user(factories.member(project, "admin"))
    if lost == "membership":
        person.memberships.all().delete()
    elif lost == "role":
        person.memberships.update(role="operator")
    else:
        User.objects.filter(pk=person.pk).update(is_active=False)
    decided = approvals.approve(waiting.public_id, by=other, now=NOON)
    assert (decided.state, decided.decided_by) == ("outdated", other.name)
    assert f"{waiting.asked_by} may not set such limits any more" in decided.decided_why
    assert Quota.objects.get().max_accelerators == 64
    assert [event.data["why"] for event in said("change-request.outdated")] == [decided.decided_why]


def test_what_a_token_asked_for_is_outdated_once_it_was_revoked(four_eyes: None, project: Project) -> None:
    person = factories.member(project, "admin")
    other = caller_of_user(factories.member(project, "admin"))
    for by in _tokens_of(project, person):
        waiting = _asked(project, by)
        Token.objects.update(revoked_at=NOON)
        assert approvals.approve(waiting.public_id, by=other, now=NOON).state == "outdated"
    assert {row.max_accelerators for row in Quota.objects.all()} == {64}


def test_nobody_without_the_right_decides(four_eyes: None, project: Project, boss: Caller) -> None:
    waiting = _asked(project, boss)
    for by in (
        caller_of_user(factories.member(project)),
        caller_of_user(factories.member(factories.project(), "admin")),
    ):
        with pytest.raises(NotAllowed):
            approvals.approve(waiting.public_id, by=by, now=NOON)
        with pytest.raises(NotAllowed):
            approvals.refuse(waiting.public_id, by=by, now=NOON)


def test_an_approval_of_what_changed_meanwhile_is_refused(
    four_eyes: None, project: Project, boss: Caller, root: Caller
) -> None:
    waiting = _asked(project, boss)
    Quota.objects.update(max_accelerators=3, generation=7)
    with pytest.raises(Changed):
        approvals.approve(waiting.public_id, by=root, now=NOON)
    assert Quota.objects.get().max_accelerators == 3


def test_tightening_voids_what_waits(four_eyes: None, project: Project, boss: Caller, root: Caller) -> None:
    waiting = _asked(project, boss)
    change(Quota.objects.get(), boss, max_accelerators=1)
    with pytest.raises(Refused, match="changed meanwhile"):
        approvals.approve(waiting.public_id, by=root, now=NOON)


def test_one_change_of_a_thing_waits_at_a_time(four_eyes: None, project: Project, boss: Caller) -> None:
    _asked(project, boss)
    with pytest.raises(Refused, match="decide that one first"):
        change(Quota.objects.get(), boss, max_accelerators=99)


def test_what_nobody_decides_expires(four_eyes: None, project: Project, boss: Caller, root: Caller) -> None:
    waiting = _asked(project, boss)
    late = NOON + change_requests.WAITS_AT_MOST
    with pytest.raises(Refused, match="expired"):
        approvals.approve(waiting.public_id, by=root, now=late)
    change_requests.expire(now=late - timedelta(seconds=1))
    assert said("change-request.expired") == []
    change_requests.expire(now=late)
    assert said("change-request.expired")[0].subject == waiting.public_id


def test_a_decision_is_made_once(four_eyes: None, project: Project, boss: Caller, root: Caller) -> None:
    waiting = _asked(project, boss)
    approvals.refuse(waiting.public_id, by=root, now=NOON, why="Not this month.")
    for decide in (approvals.approve, approvals.refuse):
        with pytest.raises(Refused, match="decided already: refused"):
            decide(waiting.public_id, by=root, now=NOON)
    assert said("change-request.refused")[0].data["why"] == "Not this month."


def test_switching_it_off_takes_two(four_eyes: None, root: Caller, boss: Caller) -> None:
    with pytest.raises(NotAllowed):
        approvals.set_two_pairs_of_eyes(False, by=boss, now=NOON)
    waiting = approvals.set_two_pairs_of_eyes(False, by=root, now=NOON)
    assert waiting is not None
    assert Installation.objects.get().two_pairs_of_eyes
    with pytest.raises(NotAllowed):
        approvals.approve(waiting.public_id, by=root, now=NOON)
    other = caller_of_user(factories.user(is_superuser=True))
    approvals.approve(waiting.public_id, by=other, now=NOON)
    assert not Installation.objects.get().two_pairs_of_eyes
    assert approvals.set_two_pairs_of_eyes(True, by=root, now=NOON) is None
    assert Installation.objects.get().two_pairs_of_eyes
    assert len(said("installation.changed")) == 2


def _asked(project: Project, by: Caller) -> ChangeRequest:
    row = Quota.objects.filter(project=project).first() or factories.quota(project)
    waiting = change(row, by, max_accelerators=row.max_accelerators + 1).waiting
    assert waiting is not None
    return waiting


def _tokens_of(project: Project, person: Any) -> list[Caller]:
    """A token they issued, and one of a service account they made, issued by somebody else."""
    from fleet.models import ServiceAccount, Token

    own = factories.token(project, "limits:write", issuer=person)
    made = ServiceAccount.objects.create(project=project, name="bot", role="admin", made_by_people=[person.pk])
    bots = factories.token(project, "limits:write", issuer=factories.member(project, "admin"))
    Token.objects.filter(key_id=bots.split("_")[1]).update(service_account=made)
    ServiceAccount.objects.filter(pk=made.pk).update(name=f"bot-{made.pk}")
    return [access.caller_of_token(plain, now=_real())[1] for plain in (own, bots)]


def _hold(project: Project, **columns: Any) -> None:
    from fleet.models import Hold

    account = factories.account()
    slot = factories.slot(factories.allocation(project), account=account)
    values = {"cloud": "aws", "accelerator": "H100", "created_at": NOON}
    Hold.objects.create(attempt=factories.attempt(slot, account), project=project, **values | columns)


def _real() -> Any:
    from django.utils import timezone

    return timezone.now()

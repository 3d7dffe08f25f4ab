"""Who may not, is refused by the service itself: pages and API ask before it, and need not be trusted to have asked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from fleet.domain import rights
from fleet.domain.outcomes import BlockOffer
from fleet.domain.refusals import NotAllowed
from fleet.models import AccountTrial, BlockPurchase, ChangeRequest, Event, Project, Token, Webhook, WebhookMessage
from fleet.services import (
    account_changes,
    account_trials,
    block_approvals,
    block_questions,
    buying_blocks,
    people,
    pricebook,
    stale_prices,
    switches,
    tokens,
    webhook_messages,
    webhooks,
)
from fleet.services.access import Caller, caller_at_the_server, caller_of_user
from fleet.services.account_changes import AccountSpec
from fleet.services.block_offers import HOLDS_FOR, Offered, Wanted
from fleet.services.pricebook import RuleSpec
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db

SERVICES: tuple[ModuleType, ...] = (
    webhooks, webhook_messages, tokens, account_changes, account_trials, switches, people, pricebook, stale_prices,
    buying_blocks, block_approvals, block_questions,
)  # fmt: skip
WANTED = Wanted(24, instance_type="p5.48xlarge", machines=1)
ASKER = {"by", "actor", "requested_by"}
"""How a service calls whoever wants something of it."""


class Things:
    """What is there to change: all of it of one project, or of none."""

    def __init__(self) -> None:
        self.project: Project = factories.project()
        self.hook: Webhook = factories.webhook(self.project)
        self.message = WebhookMessage.objects.create(webhook=self.hook, topic="webhook.tested", body="{}")
        issuer = factories.member(self.project, "admin")
        robot = factories.service_account(self.project, "viewer")
        self.token: Token = tokens.issue_token(
            project=self.project, issuer=issuer, service_account=robot, name="ci", scopes=["read"], now=timezone.now()
        )[0]
        self.account = factories.account()
        self.person: User = factories.user()
        self.rule = factories.price_rule()
        block = BlockOffer(
            "cb-1", "p5.48xlarge", "us-east-1", "us-east-1a", 1, NOON, NOON + timedelta(days=1), Decimal(900), "USD"
        )
        self.request = ChangeRequest(project=self.project, noun=buying_blocks.NOUN, subject="buy_nothing")
        self.offered = Offered("cb-1", self.account, block, NOON + HOLDS_FOR)


Ask = Callable[[Things, Caller], Any]
SPEC = AccountSpec(name="new", cloud="aws", provider="sandbox", options={"url": "http://127.0.0.1:1"})
URL = "https://ops.example.com/purser"
PASSWORD = "a horse of another colour, stapled"

CHANGES: Mapping[str, tuple[str, Ask]] = {
    "webhooks.create_webhook": (
        "webhooks:write",
        lambda it, by: webhooks.create_webhook(project=it.project, by=by, now=NOON, name="new", url=URL),
    ),
    "webhooks.change_webhook": (
        "webhooks:write",
        lambda it, by: webhooks.change_webhook(it.hook.public_id, changes={"name": "new"}, by=by, now=NOON),
    ),
    "webhooks.rotate_secret": (
        "webhooks:write",
        lambda it, by: webhooks.rotate_secret(it.hook.public_id, by=by, now=NOON, real_now=timezone.now()),
    ),
    "webhooks.test_webhook": (
        "webhooks:write",
        lambda it, by: webhooks.test_webhook(it.hook.public_id, by=by, now=NOON),
    ),
    "webhooks.delete_webhook": (
        "webhooks:write",
        lambda it, by: webhooks.delete_webhook(it.hook.public_id, by=by, now=NOON),
    ),
    "webhook_messages.retry_message": (
        "webhooks:write",
        lambda it, by: webhook_messages.retry_message(it.message.public_id, by=by, now=NOON),
    ),
    "tokens.issue_token": (
        "access:write",
        lambda it, by: tokens.issue_token(
            project=it.project, issuer=it.token.issuer, service_account=it.token.service_account, name="new",
            scopes=["read"], by=by, now=timezone.now(),
        ),
    ),
    "tokens.rotate_token": (
        "access:write",
        lambda it, by: tokens.rotate_token(it.token, by=by, issuer=it.token.issuer, now=timezone.now()),
    ),
    "tokens.change_token": (
        "access:write",
        lambda it, by: tokens.change_token(it.token, by=by, changes={"name": "new"}, now=timezone.now()),
    ),
    "tokens.revoke_token": (
        "access:write",
        lambda it, by: tokens.revoke_token(it.token, by=by, now=timezone.now()),
    ),
    "account_changes.add_account": (
        "installation:write",
        lambda it, by: account_changes.add_account(spec=SPEC, by=by, now=NOON),
    ),
    "account_changes.change_account": (
        "installation:write",
        lambda it, by: account_changes.change_account(
            it.account.public_id, changes={"enabled": False}, by=by, now=NOON
        ),
    ),
    "account_changes.delete_account": (
        "installation:write",
        lambda it, by: account_changes.delete_account(it.account.public_id, by=by, now=NOON),
    ),
    "account_changes.rewrap_credentials": (
        "installation:write",
        lambda it, by: account_changes.rewrap_credentials(by=by, now=NOON),
    ),
    "account_trials.request_trial": (
        "installation:write",
        lambda it, by: account_trials.request_trial(it.account, by=by, now=NOON),
    ),
    "account_trials.request_rotation": (
        "installation:write",
        lambda it, by: account_trials.request_rotation(it.account, by=by, now=NOON, reference="env:NEXT"),
    ),
    "switches.switch": (
        "installation:write",
        lambda it, by: switches.switch("launches", stopped=True, reason="The cloud is down.", by=by, now=NOON),
    ),
    "people.invite": ("installation:write", lambda it, by: people.invite("grace", by=by, now=NOON)),
    "people.password_link": ("installation:write", lambda it, by: people.password_link(it.person, by=by, now=NOON)),
    "people.set_password": (
        "installation:write",
        lambda it, by: people.set_password(it.person, PASSWORD, by=by, now=NOON),
    ),
    "people.save_person": ("installation:write", lambda it, by: people.save_person(it.person, by=by, now=NOON)),
    "pricebook.add_rule": (
        "installation:write",
        lambda it, by: pricebook.add_rule(
            RuleSpec("Ours", "discount", cloud="aws", percent_off=Decimal(1)), by=by, now=NOON
        ),
    ),
    "pricebook.change_rule": (
        "installation:write",
        lambda it, by: pricebook.change_rule(it.rule.public_id, changes={"name": "new"}, by=by, now=NOON),
    ),
    "pricebook.take_rule": (
        "installation:write",
        lambda it, by: pricebook.take_rule(it.rule.public_id, by=by, now=NOON - timedelta(hours=1)),
    ),
    "stale_prices.set_policy": (
        "installation:write",
        lambda it, by: stale_prices.set_policy(
            "buy_at_stale_prices", allowed=True, reason="The list is down.", by=by, now=NOON
        ),
    ),
    "block_questions.request_offers": (
        "fleet:write",
        lambda it, by: block_questions.request_offers(WANTED, project=it.project, by=by, now=NOON),
    ),
    "buying_blocks.request_purchase": (
        "fleet:write",
        lambda it, by: buying_blocks.request_purchase(it.offered, project=it.project, by=by, now=NOON),
    ),
    "block_approvals.carry_out": (
        "limits:write",
        lambda it, by: block_approvals.carry_out(it.request, by=by, now=NOON),
    ),
    "buying_blocks.check_purchase": (
        "fleet:write",
        lambda it, by: buying_blocks.check_purchase(it.offered, project=it.project, by=by, now=NOON),
    ),
}  # fmt: skip

ASKED_BEFORE = {
    "buying_blocks.needs_approval",  # answers a question, and changes nothing
    "block_approvals.take_back",  # whoever cancels an operation is asked for the scope of its kind: fleet/operations.py
}
"""Asked for by the call they are part of, or asking nothing."""


@pytest.mark.parametrize("change", CHANGES)
def test_who_may_do_everything_but_this_is_refused_and_nothing_happens(change: str) -> None:
    scope, ask = CHANGES[change]
    things = Things()
    told = Event.objects.count()
    but = Caller("ada", "user:0", {things.project.pk: rights.OF_PROJECT - {scope}}, rights.SCOPES - {scope})
    if scope == "access:write":
        but = Caller("ada", "user:0", {things.project.pk: rights.OF_PROJECT - {scope}})
    with pytest.raises(NotAllowed):
        ask(things, but)
    assert (Event.objects.count(), AccountTrial.objects.count(), BlockPurchase.objects.count()) == (told, 0, 0)


@pytest.mark.parametrize("change", CHANGES)
def test_who_may_do_this_is_let_through(change: str) -> None:
    scope, ask = CHANGES[change]
    things = Things()
    of_project, of_installation = rights.READS | ({scope} & rights.OF_PROJECT), {scope} & rights.OF_INSTALLATION
    ask(things, Caller("ada", "user:0", {things.project.pk: of_project}, frozenset(of_installation)))


@pytest.mark.parametrize("change", CHANGES)
def test_the_right_in_another_project_is_not_enough(change: str) -> None:
    _, ask = CHANGES[change]
    elsewhere = caller_of_user(factories.member(factories.project(), "admin"))
    with pytest.raises(NotAllowed):
        ask(Things(), elsewhere)


def test_every_change_of_these_services_is_asked_above() -> None:
    found = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in SERVICES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and ASKER & set(inspect.signature(function).parameters)
    }
    assert found == set(CHANGES) | ASKED_BEFORE


def test_a_hook_of_everything_takes_the_right_over_the_installation() -> None:
    project = factories.project()
    admin = caller_of_user(factories.member(project, "admin"))
    with pytest.raises(NotAllowed):
        webhooks.create_webhook(project=None, by=admin, now=NOON, name="all", url=URL)


def test_one_sets_ones_own_password_and_nobody_elses() -> None:
    somebody, other = factories.user(), factories.user()
    people.set_password(somebody, PASSWORD, by=caller_of_user(somebody), now=NOON)
    with pytest.raises(NotAllowed):
        people.set_password(other, PASSWORD, by=caller_of_user(somebody), now=NOON)
    other.refresh_from_db()
    assert other.check_password(factories.PASSWORD)


def test_one_changes_and_revokes_ones_own_token_without_any_right_over_access() -> None:
    member = factories.member(project := factories.project(), "operator")
    mine, _ = tokens.issue_token(project=project, issuer=member, name="mine", scopes=["read"], now=timezone.now())
    by = caller_of_user(member)
    tokens.change_token(mine, by=by, changes={"name": "still mine"}, now=timezone.now())
    tokens.revoke_token(mine, by=by, now=timezone.now() + timedelta(minutes=1))
    mine.refresh_from_db()
    assert (mine.name, mine.revoked_at is None) == ("still mine", False)


def test_a_command_on_the_server_may_do_everything() -> None:
    made = people.invite("grace", by=caller_at_the_server("manage.py invite"), now=NOON)
    assert Event.objects.get(topic="user.invited").actor == "manage.py invite"
    assert made.username == "grace"


def test_a_command_on_the_server_acts_in_the_projects_it_names() -> None:
    things = Things()
    asked = {"project": things.project, "now": NOON}
    bought = buying_blocks.request_purchase(things.offered, by=caller_at_the_server("shell", things.project), **asked)
    assert bought.requested_by == "shell"

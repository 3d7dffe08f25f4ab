"""A region that an AWS account has not switched on stops nothing but itself, and what to do about it is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from fleet.domain.outcomes import LaunchRequest, Refusal, Scope
from fleet.models import CapacityMemory, CloudAccount, Instance, LaunchAttempt, Offering
from fleet.services import catalog, clock
from fleet.services.accounts import adapter
from tests import factories
from tests.emulators.process import Emulated, emulator_process
from tests.fleet.acting.test_changes import page_of
from tests.fleet.aws_world import AwsWorld, connect_aws

pytestmark = pytest.mark.django_db(transaction=True)
HERE, THERE = "us-east-1", "us-east-2"
TOLD = f"The region {THERE} is not enabled for this AWS account"
STEP = "Switch this one on for the AWS account (Account → AWS Regions), or take it out of the option regions."


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulated]:
    with emulator_process("tests.emulators.aws") as aws:
        yield aws


@pytest.fixture
def world(aws: Emulated, tmp_path: Path) -> AwsWorld:
    return connect_aws(aws, tmp_path, regions=[HERE, THERE])


def switch(world: AwsWorld, region: str, *, on: bool) -> None:
    world.aws.put("regions", {"account_id": world.account_id, "region": region, "enabled": on})


def read_again(world: AwsWorld) -> CloudAccount:
    assert catalog.sync_account(world.account, now=clock.business_now())
    return CloudAccount.objects.get()


def sold_out(world: AwsWorld, left: int | None) -> None:
    """In every zone of the region that stays open."""
    pools = Offering.objects.filter(region=HERE, instance_type__name=world.shape)
    for zone in pools.values_list("zone", flat=True).distinct():
        world.stock(zone, left)


def offered() -> set[str]:
    return set(Offering.objects.filter(offered=True).values_list("region", flat=True))


def test_the_other_region_goes_on_to_sell_and_the_account_says_which_one_does_not(world):
    assert offered() == {HERE, THERE}
    switch(world, THERE, on=False)
    before = clock.business_now()
    account = read_again(world)
    assert offered() == {HERE}
    assert not Offering.objects.filter(offered=True, observed_at__lt=before, capacity_type="on-demand").exists()
    assert TOLD in account.last_error
    assert STEP in account.last_error_step
    assert catalog.sync_prices(account, now=clock.business_now())
    assert TOLD in CloudAccount.objects.get().last_error, "a read of prices that went well does not hide it"
    world.until_state(world.ask(1), "active")
    assert [machine["zone"][:-1] for machine in world.live()] == [HERE]
    switch(world, THERE, on=True)
    assert read_again(world).last_error == ""
    assert offered() == {HERE, THERE}


def test_the_page_and_the_command_name_the_region_and_what_to_do(world, client: Client):
    switch(world, THERE, on=False)
    read_again(world)
    client.force_login(factories.user(is_superuser=True, is_staff=True))
    page = page_of(client, f"/settings/accounts/{world.account.public_id}")
    assert TOLD in page
    assert STEP in page
    out = StringIO()
    with pytest.raises(CommandError, match="1 of"):
        call_command("account", "verify", "aws", stdout=out)
    [line] = [line for line in out.getvalue().splitlines() if line.startswith("NO")]
    assert TOLD in line
    assert STEP in line


def test_a_machine_in_it_is_not_taken_for_gone_and_one_elsewhere_is_still_read(world):
    sold_out(world, 0)
    world.until_state(world.ask(1), "active")
    sold_out(world, None)
    [there] = world.live()
    assert there["zone"].startswith(THERE)
    switch(world, THERE, on=False)
    read_again(world)
    world.until_state(world.ask(1, capacity_type="spot"), "active")
    [here] = [machine for machine in world.live() if machine["id"] != there["id"]]
    for _ in range(3):
        world.sweep()
        world.turn()
    held = {row.provider_id: row for row in Instance.objects.filter(terminated_at=None)}
    assert set(held) == {there["id"], here["id"]}
    assert set(world.held()) == {there["id"], here["id"]}, "and each answers for its slot still"
    seen = adapter(world.account).inventory("anybody's")
    assert (seen.complete, TOLD in seen.problem) == (False, True)


def test_a_launch_into_it_is_refused_for_that_region_alone(world):
    switch(world, THERE, on=False)  # the catalogue has not been read since
    sold_out(world, 0)
    world.ask(1)
    refused = LaunchAttempt.objects.filter(error_code="AuthFailure")
    world.until(refused.exists, "it was tried there")
    assert {attempt.region for attempt in refused} == {THERE}
    cooled = CapacityMemory.objects.filter(last_refusal_code="AuthFailure")
    assert {(row.region, row.zone, row.instance_type) for row in cooled} == {(THERE, "", "")}
    sold_out(world, None)
    world.until_state(world.ask(1, capacity_type="spot"), "active")
    assert {machine["zone"][:-1] for machine in world.live()} == {HERE}


def test_where_it_stands_first_the_key_is_known_to_work_all_the_same(world):
    CloudAccount.objects.update(options=world.account.options | {"regions": [THERE, HERE]})
    world.account.refresh_from_db()
    switch(world, THERE, on=False)
    account = read_again(world)
    assert offered() == {HERE}
    assert account.expected_account_ref == world.account_id
    world.until_state(world.ask(1), "active")


def test_an_account_with_that_region_alone_cannot_be_read_and_its_key_is_not_blamed(world):
    CloudAccount.objects.update(options=world.account.options | {"regions": [THERE]})
    world.account.refresh_from_db()
    switch(world, THERE, on=False)
    assert not catalog.sync_account(world.account, now=clock.business_now())
    account = CloudAccount.objects.get()
    assert TOLD in account.last_error
    assert STEP in account.last_error_step


def test_a_key_that_works_nowhere_stops_the_account_and_both_causes_are_said(world):
    world.aws.put("credentials", {"access_key_id": "AKIAWORLD00000000001", "works": False})
    outcome = adapter(world.account).find(LaunchRequest("t", HERE, f"{HERE}a", "g6.xlarge", "on-demand"))
    assert isinstance(outcome, Refusal)
    assert outcome.scope == Scope.ACCOUNT
    assert f"In {HERE}: " in outcome.message
    assert "Either the credential does not work" in outcome.message
    assert f"or {HERE} is not switched on" in outcome.message


def test_what_changed_in_price_while_a_region_was_closed_for_a_moment_is_asked_for_again(world):
    switch(world, THERE, on=False)
    cloud, since = adapter(world.account), clock.business_now() - timedelta(minutes=30)
    assert cloud.price_history(since).complete_until == since
    long_ago = since - timedelta(hours=5)
    assert cloud.price_history(long_ago).complete_until > long_ago + timedelta(hours=4)
    switch(world, THERE, on=True)
    assert adapter(world.account).price_history(since).complete_until > since

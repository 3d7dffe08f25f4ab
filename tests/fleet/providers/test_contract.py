"""What every registered provider promises (fleet.providers.base), proven over an emulator of its clouds.

A list that is short and does not say so cannot be noticed by an adapter: that is the sweeper's circuit breaker's work.
"""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from fleet.domain.outcomes import (
    AdviceAsk,
    BlockBought,
    BlockFound,
    BlockOrder,
    ErrorClass,
    Found,
    Inventory,
    Launched,
    LaunchRequest,
    PaidKind,
    PriceChange,
    PriceHistory,
    Refusal,
    Scope,
    Terminated,
    Unclear,
)
from fleet.providers import REGISTRY, connect
from fleet.providers.base import CloudProvider, ReadFailed
from fleet.providers.classify import next_step
from tests.deadline import wait_until
from tests.fleet.providers.gateway import NONSENSE, Reply
from tests.fleet.providers.tenant import NUMBERS, Tenant, assert_nothing_claimed, assert_refused
from tests.fleet.providers.under_contract import EMULATORS

# The cloud has done it when its answer gets lost, except when it refuses the connection.
LOSSES = {"refuse": False, "lost": True, "truncate": True, "slow": True}
over_a_wire = pytest.mark.usefixtures("wire")
"""What can only go wrong between a cloud and us."""
READS: dict[str, Callable[[CloudProvider, datetime], Any]] = {
    "facts": lambda cloud, now: cloud.facts(),
    "instance types": lambda cloud, now: list(cloud.instance_types()),
    "offerings": lambda cloud, now: list(cloud.offerings()),
    "price history": lambda cloud, now: cloud.price_history(now - timedelta(hours=6)),
    "notices": lambda cloud, now: cloud.notices(0),
    "paid capacity": lambda cloud, now: list(cloud.paid_capacity()),
}


def test_every_registered_provider_is_under_contract():
    assert set(EMULATORS) == set(REGISTRY)


# --- What the account may do -------------------------------------------------------------------------------------


def test_an_account_that_may_do_everything_says_so_and_buys_nothing(tenant):
    checks = tenant.cloud.checks()
    assert checks
    assert [check for check in checks if not check.ok] == []
    assert tenant.cloud.inventory("ours").machines == ()


def test_a_credential_that_does_not_work_fails_the_first_check_with_a_sentence(tenant):
    tenant.emulator.revoke(tenant.account)
    first = tenant.cloud.checks()[0]
    assert not first.ok
    assert first.detail


# --- What there is -----------------------------------------------------------------------------------------------


def test_an_account_says_who_it_is_and_where_it_buys(tenant):
    facts = tenant.cloud.facts()
    assert facts.account_ref == tenant.emulator.account_ref(tenant.account)
    assert tenant.order().zone in facts.zones[tenant.order().region]
    assert facts.notice_seconds > 0


def test_the_catalogue_is_read_through_all_pages_and_priced_in_decimals(tenant):
    types, pools = list(tenant.cloud.instance_types()), list(tenant.cloud.offerings())
    order = tenant.order()
    wanted = (order.instance_type, order.region, order.zone, order.capacity_type)
    assert wanted in {(pool.instance_type, pool.region, pool.zone, pool.capacity_type) for pool in pools}
    assert {pool.instance_type for pool in pools} <= {shape.name for shape in types}
    assert all(isinstance(pool.price_per_hour, Decimal) and pool.price_per_hour > 0 for pool in pools)
    assert all(pool.observed_at.tzinfo and len(pool.currency) == 3 for pool in pools)
    assert len(types) > 5, "one page is no proof"
    assert list(tenant.in_pages_of(5).instance_types()) == types
    paged = list(tenant.in_pages_of(20).offerings())
    assert [replace(pool, price_per_hour=Decimal(0), observed_at=order) for pool in paged] == [
        replace(pool, price_per_hour=Decimal(0), observed_at=order) for pool in pools
    ]


def test_price_histories_that_follow_each_other_leave_no_change_out(tenant):
    if "price history" in tenant.words.unasked:
        pytest.skip("its cloud has no history of prices")
    start = tenant.emulator.now() - timedelta(days=1)
    calls = tenant.emulator.calls()
    first = tenant.in_pages_of(500).price_history(start)
    assert tenant.emulator.calls() - calls > 2, "one page is no proof"

    def moved_on() -> bool:
        changes = tenant.emulator.price_changes(tenant.account.cloud, first.complete_until)
        return any(change.effective_from > first.complete_until for change in changes)

    wait_until(moved_on, "a price changes")
    read: list[PriceHistory] = []

    def went_on() -> bool:
        read[:] = [tenant.in_pages_of(500).price_history(first.complete_until)]
        return read[0].complete_until > first.complete_until

    wait_until(went_on, "the history is complete for longer")
    [second] = read
    truth = tenant.emulator.price_changes(tenant.account.cloud, start)
    told = set(first.changes) | set(second.changes)
    assert told <= truth
    assert _until(first.complete_until, truth) <= set(first.changes)
    assert _until(second.complete_until, truth) <= told
    assert len(set(first.changes)) == len(first.changes)


def _until(instant: datetime, changes: set[PriceChange]) -> set[PriceChange]:
    return {change for change in changes if change.effective_from <= instant}


def test_a_cloud_that_has_no_answer_to_a_read_is_not_asked_and_claims_nothing(tenant):
    since = tenant.emulator.now() - timedelta(hours=6)
    with tenant.calling(0):
        if "price history" in tenant.words.unasked:
            assert tenant.cloud.price_history(since) == PriceHistory((), since)
        if "notices" in tenant.words.unasked:
            assert list(tenant.cloud.notices(0)) == []


def test_a_cloud_that_gives_advice_gives_it_for_the_pools_that_were_asked_about(tenant):
    asks = _spot_pools(tenant)
    told = tenant.cloud.advice(asks)
    assert bool(told) == tenant.words.advises
    assert [one.ask for one in told if one.ask not in asks] == []
    assert all(0 <= one.obtainability <= 1 and (one.uptime_seconds or 0) >= 0 for one in told)
    with tenant.calling(0):
        assert list(tenant.cloud.advice([])) == []


@over_a_wire
def test_where_advice_may_not_be_asked_for_nothing_is_claimed(tenant):
    asks = _spot_pools(tenant)
    tenant.emulator.spoil(tenant.account, "*", "error", code=tenant.words.forbidden, times=None)
    assert list(tenant.cloud.advice(asks)) == []


def _spot_pools(tenant: Tenant) -> list[AdviceAsk]:
    """Those of a region, as if of one chip: a cloud may be asked about all shapes of a chip at once."""
    region = tenant.order().region
    return [
        AdviceAsk(pool.region, pool.zone, pool.instance_type, "spot", "any")
        for pool in tenant.cloud.offerings()
        if pool.capacity_type == "spot" and pool.region == region
    ]


# --- Launch ------------------------------------------------------------------------------------------------------


def test_one_token_is_one_machine_however_often_it_is_sent(tenant):
    request = tenant.order(tags={"purser:slot": "s-1"}, ports=(22,), ssh_keys=("ssh-ed25519 AAAA",), user_data="echo é")
    with tenant.calling(2, "launch"):
        first, second = tenant.cloud.launch(request), tenant.cloud.launch(LaunchRequest.from_json(request.as_json()))
    assert isinstance(first, Launched)
    assert isinstance(second, Launched)
    assert (first.replayed, second.replayed) == ((False, True) if tenant.words.tells_replays else (None, None))
    assert tenant.live(request) == [first.machine.provider_id] == [second.machine.provider_id]
    asked = (request.token, request.region, request.zone, request.instance_type, request.capacity_type)
    made = first.machine
    assert (made.token, made.region, made.zone, made.instance_type, made.capacity_type) == asked
    assert made.tags == request.tags
    assert made.price_per_hour is None or isinstance(made.price_per_hour, Decimal)
    assert made.live and made.launched_at.tzinfo


def test_a_token_sent_with_other_parameters_is_refused_and_makes_nothing(tenant):
    request = tenant.order()
    machine = tenant.launched(request)
    outcome = tenant.cloud.launch(replace(request, disk_gib=request.disk_gib + 1))
    assert_refused(outcome, ErrorClass.BAD_REQUEST, Scope.REQUEST)
    assert tenant.live(request) == [machine.provider_id]


def test_the_token_of_an_ended_machine_makes_no_other_unless_its_cloud_forgets(tenant):
    request = tenant.order()
    tenant.ended(tenant.launched(request))
    if not tenant.words.remembers_the_ended:
        assert tenant.live(request) == [] != [tenant.launched(request).provider_id] == tenant.live(request)
        return
    assert_refused(tenant.cloud.launch(request), ErrorClass.GONE, Scope.REQUEST)
    assert len(tenant.emulator.machines(request.token)) == 1


@over_a_wire
@pytest.mark.parametrize("loss", LOSSES)
def test_a_launch_whose_answer_is_lost_is_found_and_stays_one_machine(tenant, loss):
    request = tenant.order()
    tenant.emulator.spoil(tenant.account, "launch", loss, delay_seconds_real=2.0)
    with tenant.calling(1):
        outcome = (tenant.impatient() if loss == "slow" else tenant.cloud).launch(request)
        assert_nothing_claimed(outcome, happened=LOSSES[loss])
        if LOSSES[loss]:
            wait_until(lambda: bool(tenant.live(request)), "the cloud has done it")
    found = tenant.cloud.find(request)
    assert isinstance(found, Found)
    assert [found.machine.provider_id if found.machine else None] == (tenant.live(request) or [None])
    again = tenant.cloud.launch(request)
    assert isinstance(again, Launched)
    assert again.replayed == (LOSSES[loss] if tenant.words.tells_replays else None)
    assert tenant.live(request) == [again.machine.provider_id]


@over_a_wire
def test_a_launch_that_cannot_be_sent_did_not_happen(tenant):
    request = tenant.order()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"http://127.0.0.1:{listener.getsockname()[1]}"
    outcome = tenant.through(closed).launch(request)
    assert isinstance(outcome, Refusal)
    assert outcome.error_class == ErrorClass.TRANSIENT
    assert tenant.live(request) == []


@over_a_wire
@pytest.mark.parametrize("reached", [True, False])
def test_a_launch_answered_with_nonsense_is_unclear_and_stays_one_machine(tenant, reached):
    for reply in NONSENSE:
        request = tenant.order()
        with tenant.answered(replace(reply, reached=reached)) as address:
            assert_nothing_claimed(tenant.through(address).launch(request), happened=reached)
        machine = tenant.launched(request)
        assert tenant.live(request) == [machine.provider_id], reply
        tenant.cloud.terminate(machine.provider_id, machine.region)  # quotas are finite


def test_an_empty_pool_is_a_stock_out_and_may_be_asked_again(tenant):
    request = tenant.order()
    with tenant.emulator.sold_out(request, tenant.account.cloud):
        assert_refused(tenant.cloud.launch(request), ErrorClass.STOCK_OUT, tenant.words.stock_out_scope)
        assert tenant.live(request) == []
        found = tenant.cloud.find(request)
        assert found == Found(None) or (isinstance(found, Refusal) and found.of_token)
    assert tenant.live(request) == []
    if tenant.words.refusals_stand:
        assert_refused(tenant.cloud.launch(request), ErrorClass.STOCK_OUT, tenant.words.stock_out_scope)
        assert tenant.live(request) == []
        request = tenant.order()
    assert [tenant.launched(request).provider_id] == tenant.live(request)


def test_too_small_a_quota_is_told_from_a_stock_out(tenant):
    if not tenant.words.keeps_quotas:
        pytest.skip("it has no quotas")
    request = tenant.order()
    with tenant.emulator.without_quota(request, tenant.account):
        assert_refused(tenant.cloud.launch(request), ErrorClass.QUOTA, tenant.words.quota_scope)
    assert tenant.live(request) == []


@over_a_wire
def test_a_throttled_launch_says_how_long_to_wait(tenant):
    request = tenant.order()
    tenant.emulator.spoil(tenant.account, "launch", "error", code=tenant.words.throttle)
    outcome = tenant.cloud.launch(request)
    assert_refused(outcome, ErrorClass.THROTTLE, tenant.words.throttle_scope)
    assert outcome.retry_after == timedelta(seconds=1)
    assert tenant.live(request) == []


def test_a_revoked_credential_stops_the_account_and_not_the_pool(tenant):
    machine, request = tenant.launched(), tenant.order()
    tenant.emulator.revoke(tenant.account)
    assert_refused(tenant.cloud.launch(request), ErrorClass.AUTH, Scope.ACCOUNT)
    assert_refused(tenant.cloud.find(request), ErrorClass.AUTH, Scope.ACCOUNT)
    assert_refused(tenant.cloud.terminate(machine.provider_id, machine.region), ErrorClass.AUTH, Scope.ACCOUNT)
    assert not tenant.cloud.describe([machine.provider_id]).complete
    assert not tenant.cloud.inventory("any").complete


def test_another_account_behind_the_same_credential_is_neither_bought_from_nor_believed(tenant):
    if not tenant.words.names_no_account:
        pytest.skip("every call names the account, and another one's credential is refused")
    request = tenant.order(tags={"purser:installation": "ours"})
    ours = replace(tenant.account, expected_ref=tenant.emulator.account_ref(tenant.account))
    launched = connect(tenant.provider, ours).launch(request)
    assert isinstance(launched, Launched), "with its own account behind the credential it is bought from"
    machine = launched.machine
    other = replace(tenant.emulator.account(tenant.account.cloud), expected_ref=ours.expected_ref)
    stranger = connect(tenant.provider, other)
    ended = stranger.terminate(machine.provider_id, machine.region)
    for outcome in (stranger.launch(request), stranger.launch(tenant.order()), ended, stranger.find(request)):
        assert_refused(outcome, ErrorClass.AUTH, Scope.ACCOUNT)
        assert outcome.code == "another-account"
        assert next_step(tenant.provider, outcome.code, outcome.message)
    for seen in (stranger.describe([machine.provider_id]), stranger.inventory("ours")):
        assert not seen.complete or seen.account_ref != ours.expected_ref
    assert stranger.facts().account_ref == tenant.emulator.account_ref(other), "who it is, is told all the same"
    assert tenant.live(request) == [machine.provider_id]
    again = connect(tenant.provider, ours).find(request)
    assert isinstance(again, Found)
    assert again.machine is not None
    assert isinstance(connect(tenant.provider, ours).terminate(machine.provider_id, machine.region), Terminated)
    assert tenant.live(request) == []


@over_a_wire
def test_a_permission_that_is_missing_is_the_accounts_too(tenant):
    tenant.emulator.spoil(tenant.account, "launch", "error", code=tenant.words.forbidden)
    assert_refused(tenant.cloud.launch(tenant.order()), ErrorClass.AUTH, Scope.ACCOUNT)


def test_a_request_that_makes_no_sense_is_a_bad_request(tenant):
    request = tenant.order(instance_type="no-such-shape")
    assert_refused(tenant.cloud.launch(request), ErrorClass.BAD_REQUEST, Scope.REQUEST)
    assert tenant.live(request) == []


@over_a_wire
@pytest.mark.parametrize("status", [400, 503])
def test_a_code_nobody_has_classified_is_unclear_whatever_its_status(tenant, status):
    machine, request = tenant.launched(), tenant.order()
    for code in ("BrandNewError", tenant.words.internal):
        for verb in ("launch", "terminate", "find"):
            tenant.emulator.spoil(tenant.account, verb, "error", code=code, status=status)
        terminated = tenant.cloud.terminate(machine.provider_id, machine.region)
        for outcome in (tenant.cloud.launch(request), terminated, tenant.cloud.find(request)):
            assert isinstance(outcome, Unclear)
            assert (outcome.code, outcome.classified) == (code, code == tenant.words.internal), "it is counted"


# --- Find --------------------------------------------------------------------------------------------------------


def test_a_token_the_cloud_never_saw_made_nothing(tenant):
    assert tenant.cloud.find(tenant.order()) == Found(None)


def test_a_token_is_found_with_the_end_of_its_machine(tenant):
    request = tenant.order()
    machine = tenant.ended(tenant.launched(request))
    found = tenant.cloud.find(request)
    if not tenant.words.remembers_the_ended:
        assert found == Found(None)
        return
    assert isinstance(found, Found)
    assert found.machine is not None
    assert (found.machine.provider_id, found.machine.terminated_at) == (machine.provider_id, machine.terminated_at)


@over_a_wire
def test_a_search_that_fails_never_says_that_nothing_was_made(tenant):
    request = tenant.order()
    tenant.launched(request)
    for loss in ("refuse", "lost", "truncate"):
        tenant.emulator.spoil(tenant.account, "find", loss)
        assert_nothing_claimed(tenant.cloud.find(request))
    for reply in NONSENSE:
        with tenant.answered(reply) as address:
            assert_nothing_claimed(tenant.through(address).find(request))


# --- Terminate ---------------------------------------------------------------------------------------------------


def test_ending_a_machine_twice_is_success_and_the_first_end_stands(tenant):
    request = tenant.order()
    machine = tenant.launched(request)
    first = tenant.cloud.terminate(machine.provider_id, machine.region)
    assert isinstance(first, Terminated)
    assert not first.already_gone
    assert tenant.live(request) == []
    second = tenant.cloud.terminate(machine.provider_id, machine.region)
    assert isinstance(second, Terminated)
    ends = {end.machine.terminated_at for end in (first, second) if end.machine is not None}
    assert len(ends - {None}) <= 1


def test_ending_what_the_cloud_does_not_know_is_success(tenant):
    assert tenant.cloud.terminate("i-0123456789abcdef0", tenant.order().region) == Terminated(None, already_gone=True)


@over_a_wire
@pytest.mark.parametrize("loss", LOSSES)
def test_a_terminate_whose_answer_is_lost_may_be_sent_again(tenant, loss):
    request = tenant.order()
    machine = tenant.launched(request)
    tenant.emulator.spoil(tenant.account, "terminate", loss, delay_seconds_real=2.0)
    cloud = tenant.impatient() if loss == "slow" else tenant.cloud
    with tenant.calling(1):
        assert_nothing_claimed(cloud.terminate(machine.provider_id, machine.region), happened=LOSSES[loss])
        wait_until(lambda: bool(tenant.live(request)) != LOSSES[loss], "the cloud has done it")
    assert isinstance(tenant.cloud.terminate(machine.provider_id, machine.region), Terminated)
    assert tenant.live(request) == []
    assert len(tenant.emulator.machines(request.token)) == 1


@over_a_wire
def test_a_terminate_that_is_refused_or_not_understood_has_ended_nothing(tenant):
    request = tenant.order()
    machine = tenant.launched(request)
    tenant.emulator.spoil(tenant.account, "terminate", "error", code=tenant.words.throttle)
    refused = tenant.cloud.terminate(machine.provider_id, machine.region)
    assert_refused(refused, ErrorClass.THROTTLE, tenant.words.throttle_scope)
    for reply in NONSENSE:
        with tenant.answered(reply) as address:
            assert_nothing_claimed(tenant.through(address).terminate(machine.provider_id, machine.region))
    assert tenant.live(request) == [machine.provider_id]


# --- Describe and inventory --------------------------------------------------------------------------------------


def test_an_ended_machine_is_described_with_its_end(tenant):
    if not tenant.words.remembers_the_ended:
        pytest.skip("what has ended vanishes")
    machine = tenant.ended(tenant.launched())
    assert machine.terminated_at is not None
    assert machine.terminated_at >= machine.launched_at
    assert machine.end_reason
    assert not machine.live


@over_a_wire
def test_a_machine_the_cloud_does_not_show_yet_is_neither_listed_nor_claimed_to_be_gone(tenant):
    request = tenant.order(tags={"purser:installation": "lagging"})
    with tenant.emulator.lagging(60):
        machine = tenant.launched(request)
        for seen in (tenant.cloud.describe([machine.provider_id]), tenant.cloud.inventory("lagging")):
            assert (seen.machines, seen.complete) == ((), True)
        found = tenant.cloud.find(request)
        assert isinstance(found, Found)
        if not tenant.words.lists_follow:
            assert found.machine is not None
            assert found.machine.live
    assert [seen.provider_id for seen in tenant.cloud.describe([machine.provider_id]).machines] == [machine.provider_id]


def test_describing_no_machine_asks_nobody(tenant):
    with tenant.calling(0):
        assert tenant.cloud.describe([]) == Inventory((), True)


def test_every_machine_is_described_however_many_are_asked_for(tenant):
    machines = [tenant.launched().provider_id for _ in range(tenant.emulator.SMALLEST_PAGE + 2)]
    tenant.cloud.terminate(machines[1], tenant.order().region)
    if not tenant.words.remembers_the_ended:
        wait_until(lambda: len(tenant.cloud.describe(machines).machines) < len(machines), "the ended one vanishes")
        del machines[1]
    seen = tenant.paged().describe(machines)
    assert seen.complete
    assert {machine.provider_id for machine in seen.machines} == set(machines)
    unknown = [f"i-{number:017x}" for number in range(1500)]
    seen = tenant.cloud.describe([*unknown, *machines])
    assert seen.complete, seen.problem
    assert {machine.provider_id for machine in seen.machines} == set(machines)


def test_the_inventory_is_every_live_machine_of_our_installation_and_no_other(tenant):
    ours = {"purser:installation": "ours", "purser:slot": "s-1"}
    several = tenant.emulator.SMALLEST_PAGE + 2
    wanted = {tenant.launched(tenant.order(tags=ours)).provider_id for _ in range(several)}
    tenant.ended(tenant.launched(tenant.order(tags=ours)))
    tenant.launched(tenant.order(tags={"purser:installation": "theirs"}))
    tenant.launched(tenant.order(tags={"team": "ours"}))
    for cloud in (tenant.cloud, tenant.paged()):
        seen = cloud.inventory("ours")
        assert (seen.complete, seen.problem) == (True, "")
        assert seen.account_ref == tenant.emulator.account_ref(tenant.account)
        assert {machine.provider_id for machine in seen.machines} == wanted
        assert all(machine.tags == ours for machine in seen.machines)


@over_a_wire
def test_a_list_of_which_a_page_failed_says_that_it_is_not_complete(tenant):
    several = tenant.emulator.SMALLEST_PAGE + 2
    machines = [tenant.launched(tenant.order(tags={"purser:installation": "ours"})).provider_id for _ in range(several)]
    for passed, reply in itertools.product((0, 2), NONSENSE):
        with tenant.answered(reply, lets_through=passed) as address:
            seen = tenant.paged_through(address).inventory("ours")
        assert not seen.complete, reply
        assert seen.problem
        assert {machine.provider_id for machine in seen.machines} <= set(machines)
    for loss in LOSSES:
        tenant.emulator.spoil(tenant.account, "list", loss, delay_seconds_real=2.0)
        assert not (tenant.impatient() if loss == "slow" else tenant.cloud).describe(machines).complete


# --- Notices and failed reads ------------------------------------------------------------------------------------


def test_notices_go_on_after_the_last_one_seen(tenant):
    if not tenant.words.keeps_notices or not tenant.words.gives_notice or "notices" in tenant.words.unasked:
        pytest.skip("its notices wait in a queue, or there are none")
    machines = [tenant.launched().provider_id for _ in range(3)]
    assert list(tenant.cloud.notices(0)) == []
    for machine in machines:
        tenant.emulator.take_back(tenant.account.cloud, machine)
    notices = list(tenant.cloud.notices(0))
    assert [notice.provider_id for notice in notices] == machines
    assert all(earlier.sequence < later.sequence for earlier, later in itertools.pairwise(notices))
    assert all(notice.terminates_at > notice.noticed_at for notice in notices)
    after = 0
    for notice in notices:
        assert list(tenant.paged().notices(after)) == [notice]
        after = notice.sequence
        assert list(tenant.cloud.notices(after)) == notices[notices.index(notice) + 1 :]


def test_notices_of_a_queue_come_until_they_are_settled(tenant):
    if tenant.words.keeps_notices:
        pytest.skip("it keeps its notices under a sequence")
    machines = {tenant.launched().provider_id for _ in range(3)}
    assert list(tenant.cloud.notices(0)) == []
    for machine in machines:
        tenant.emulator.take_back(tenant.account.cloud, machine)
    notices = list(tenant.cloud.notices(0))
    assert {notice.provider_id for notice in notices} == machines
    assert all(notice.receipt and notice.terminates_at > notice.noticed_at for notice in notices)
    tenant.cloud.settle(notices[:2])
    waiting: list[str] = []

    def again() -> bool:
        waiting[:] = [notice.provider_id for notice in tenant.cloud.notices(0)]
        return bool(waiting)

    wait_until(again, "the unsettled one comes again")
    assert waiting == [notices[2].provider_id]


@over_a_wire
@pytest.mark.parametrize("read", READS)
def test_a_read_that_fails_in_any_way_raises_read_failed_and_nothing_else(tenant, read):
    if read in tenant.words.unasked:
        pytest.skip("its cloud is not asked")
    now = tenant.emulator.now()
    for loss, code in (("refuse", ""), ("lost", ""), ("truncate", ""), ("error", tenant.words.internal)):
        tenant.emulator.spoil(tenant.account, "*", loss, code=code)
        with tenant.calling(1), pytest.raises(ReadFailed, match=r"\w"):
            READS[read](tenant.cloud, now)
    for reply in NONSENSE:
        with tenant.answered(reply) as address, pytest.raises(ReadFailed, match=r"\w"):
            READS[read](tenant.through(address), now)


@over_a_wire
@pytest.mark.parametrize("read", ["instance types", "offerings", "price history"])
def test_a_list_of_which_a_later_page_fails_is_not_returned_at_all(tenant, read):
    if read in tenant.words.unasked:
        pytest.skip("its cloud is not asked")
    with tenant.answered(Reply(502), lets_through=1) as address, pytest.raises(ReadFailed):
        READS[read](tenant.paged_through(address), tenant.emulator.now())


# --- One call, no secret -----------------------------------------------------------------------------------------


@over_a_wire
@pytest.mark.parametrize("kind", ["refuse", "lost", "error"])
def test_a_call_that_fails_is_never_sent_again_by_the_adapter(tenant, kind):
    machine, request = tenant.launched(), tenant.order()
    tenant.emulator.spoil(tenant.account, "*", kind, code=tenant.words.throttle, times=None)
    verbs: list[Callable[[], object]] = [
        lambda: tenant.cloud.launch(request),
        lambda: tenant.cloud.find(request),
        lambda: tenant.cloud.terminate(machine.provider_id, machine.region),
        lambda: tenant.cloud.describe([machine.provider_id]),
        lambda: tenant.cloud.inventory("ours"),
    ]
    for verb in verbs:
        with tenant.calling(1):
            verb()


def test_a_secret_is_in_no_text_that_could_be_written_down(tenant):
    machine, request = tenant.launched(), tenant.order()
    unsendable = replace(tenant.account, secret=f"{tenant.account.secret}\nInjected: yes")
    texts = [repr(tenant.account), str(unsendable), f"{tenant.account}"]
    tenant.emulator.revoke(tenant.account)
    for account in (tenant.account, unsendable):
        cloud = connect(tenant.provider, account)
        texts += [repr(cloud), repr(cloud.launch(request)), repr(cloud.find(request)), repr(cloud.inventory("ours"))]
        texts += [repr(cloud.terminate(machine.provider_id, machine.region)), repr(cloud.describe(["i-1"]))]
        for name, read in READS.items():
            if name in tenant.words.unasked:
                continue
            with pytest.raises(ReadFailed) as failed:
                read(cloud, tenant.emulator.now())
            texts.append(str(failed.value))
    hidden = tenant.emulator.secrets(tenant.account)
    assert not [text for text in texts if any(secret in text for secret in hidden)]


# --- Capacity that is paid for ------------------------------------------------------------------------------------


def _order(tenant) -> BlockOrder:
    [offer, *_] = tenant.cloud.block_offers(tenant.emulator.block_ask(tenant.account.cloud))
    token = f"contract-{next(NUMBERS)}"
    return BlockOrder(token, offer.region, offer.ref, {"purser:purchase": token})


@pytest.fixture
def seller(tenant):
    if not tenant.words.sells_blocks:
        pytest.skip("its cloud sells no blocks through us")
    return tenant


def test_a_cloud_that_sells_no_blocks_says_so_and_one_that_does_prices_them_in_decimals(tenant):
    offers = tenant.cloud.block_offers(tenant.emulator.block_ask(tenant.account.cloud))
    assert bool(offers) == tenant.words.sells_blocks
    for offer in offers:
        assert isinstance(offer.fee, Decimal)
        assert offer.fee > 0
        assert offer.ends_at > offer.starts_at
    if not offers:
        order = BlockOrder("t", "anywhere", "none", {"purser:purchase": "t"})
        refused = tenant.cloud.buy_block(order)
        assert isinstance(refused, Refusal)
        assert (refused.error_class, refused.code) == (ErrorClass.BAD_REQUEST, "not-sold")
        assert tenant.cloud.find_block(order) == BlockFound(None)


def test_a_block_that_was_bought_is_found_by_its_tag_and_listed_as_paid(seller):
    order = _order(seller)
    assert seller.cloud.find_block(order) == BlockFound(None)
    bought = seller.cloud.buy_block(order)
    assert isinstance(bought, BlockBought)
    found = seller.cloud.find_block(order)
    assert isinstance(found, BlockFound)
    assert found.capacity is not None
    assert (found.capacity.ref, found.capacity.kind) == (bought.capacity.ref, PaidKind.BLOCK)
    assert [row.ref for row in seller.cloud.paid_capacity()] == [bought.capacity.ref]
    assert found.capacity.usable_until < found.capacity.ends_at


@pytest.mark.parametrize("loss", LOSSES)
def test_a_purchase_whose_answer_is_lost_is_unclear_and_found_if_it_was_done(seller, loss):
    order = _order(seller)
    seller.emulator.spoil(seller.account, "buy block", loss, delay_seconds_real=2.0)
    cloud = seller.impatient() if loss == "slow" else seller.cloud
    assert isinstance(cloud.buy_block(order), Unclear)
    if LOSSES[loss]:
        wait_until(lambda: bool(seller.emulator.blocks(seller.account)), "the cloud has done it")
    done = len(seller.emulator.blocks(seller.account))
    assert done == int(LOSSES[loss])

    def shown() -> bool:
        found = seller.cloud.find_block(order)
        return isinstance(found, BlockFound) and (found.capacity is not None) == bool(done)

    wait_until(shown, "what the purchase did is shown")
    assert len(seller.emulator.blocks(seller.account)) == done, "looking bought nothing"


def test_an_offer_that_is_sold_buys_nothing_and_a_search_that_fails_says_nothing(seller):
    order = _order(seller)
    refused = seller.cloud.buy_block(replace(order, offer="cb-00000000000000000"))
    assert isinstance(refused, Refusal)
    assert refused.error_class == ErrorClass.STOCK_OUT
    seller.emulator.spoil(seller.account, "find block", "error", code=seller.words.internal)
    assert isinstance(seller.cloud.find_block(order), Unclear)
    assert seller.emulator.blocks(seller.account) == []


def test_machines_go_into_a_block_up_to_its_number_and_the_next_one_is_a_stock_out(seller):
    bought = seller.cloud.buy_block(_order(seller))
    assert isinstance(bought, BlockBought)
    block = bought.capacity

    def usable() -> bool:
        return any(row.ref == block.ref and row.usable for row in seller.cloud.paid_capacity())

    wait_until(usable, "the block takes machines")
    inside = {
        "region": block.region,
        "zone": block.zone,
        "instance_type": block.instance_type,
        "capacity_type": "reserved",
        "reservation": block.ref,
        "reservation_kind": "block",
    }
    request = seller.order(**inside)
    machine = seller.launched(request)
    assert machine.capacity_type == "reserved"
    assert seller.launched(request).provider_id == machine.provider_id
    [row] = [row for row in seller.cloud.paid_capacity() if row.ref == block.ref]
    assert row.available == block.machines - 1
    full = seller.cloud.launch(seller.order(**inside))
    assert isinstance(full, Refusal)
    assert full.error_class == ErrorClass.STOCK_OUT

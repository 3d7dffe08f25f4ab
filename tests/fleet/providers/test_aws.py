"""What is AWS's own: quotas by the names of their buckets, roles to assume, fleets, the images of Neuron's machines."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet.domain.capacity import Pool, remembered_scope
from fleet.domain.outcomes import (
    Advice,
    AdviceAsk,
    BlockOrder,
    ErrorClass,
    FleetMade,
    FleetRequest,
    Launched,
    LaunchRequest,
    Refusal,
    Scope,
    Unclear,
)
from fleet.domain.refusals import Refused
from fleet.providers.aws import advice, order
from fleet.providers.aws.adapter import Aws
from fleet.providers.aws.notices import Queue, queues
from fleet.providers.aws.quotas import quota_of
from fleet.providers.base import Account, ReadFailed
from fleet.providers.classify import next_step
from tests.fleet.providers.aws_emulator import AwsEmulator

HERE, THERE = "us-east-1", "us-east-2"
ROLE = "arn:aws:iam::210987654321:role/purser"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsEmulator]:
    with AwsEmulator.running(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture
def account(emulator: AwsEmulator) -> Iterator[Account]:
    made = emulator.account("aws")
    yield replace(made, options={**made.options, "regions": [HERE]})
    emulator.heal()


def with_options(account: Account, **options: Any) -> Aws:
    return Aws(replace(account, options={**account.options, **options}))


def calls(emulator: AwsEmulator, operation: str) -> int:
    return int(emulator._aws.get("calls", operation=operation)["calls"])


# --- Whose account it is ---------------------------------------------------------------------------------------------


def test_that_another_account_has_nothing_of_ours_proves_nothing(account):
    """Each of these looks for what may have been bought: an empty answer would let it be bought again."""
    stranger = Aws(replace(account, expected_ref="999999999999"))
    bought = BlockOrder("t", HERE, "cb-1", {"purser:purchase": "t"})
    found = stranger.find_block(bought)
    assert isinstance(found, Unclear)
    assert found.code == "another-account"
    for seen in (stranger.find_fleet(fleet("strange")), stranger.describe(["i-0123456789abcdef0"])):
        assert not seen.complete
        assert seen.meaning is not None
        assert seen.meaning.code == "another-account"
    for read in (stranger.paid_capacity, lambda: stranger.price_history(datetime.now(UTC) - timedelta(hours=1))):
        with pytest.raises(ReadFailed, match="999999999999"):
            read()


# --- Quotas ----------------------------------------------------------------------------------------------------------

KNOWN = ["p4d.24xlarge", "p5.48xlarge", "p6-b200.48xlarge", "g6.xlarge", "trn2.48xlarge", "inf2.xlarge", "dl1.24xlarge"]


@pytest.mark.parametrize(
    ("name", "covered", "market"),
    [
        ("Running On-Demand P instances", ("p4d.24xlarge", "p5.48xlarge", "p6-b200.48xlarge"), "on-demand"),
        ("All P4, P3 and P2 Spot Instance Requests", ("p4d.24xlarge",), "spot"),
        ("All P5 Spot Instance Requests", ("p5.48xlarge",), "spot"),
        ("All P6 Spot Instance Requests", ("p6-b200.48xlarge",), "spot"),
        ("All P5 and P6 Spot Instance Requests", ("p5.48xlarge", "p6-b200.48xlarge"), "spot"),
        ("Running On-Demand G and VT instances", ("g6.xlarge",), "on-demand"),
        ("Running On-Demand Trn instances", ("trn2.48xlarge",), "on-demand"),
        ("All Inf Spot Instance Requests", ("inf2.xlarge",), "spot"),
        ("Running On-Demand DL instances", ("dl1.24xlarge",), "on-demand"),
        ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", (), ""),
        ("Running Dedicated p4d Hosts", (), ""),
        ("EC2-VPC Elastic IPs", (), ""),
    ],
)
def test_the_name_of_a_bucket_says_what_it_covers(name: str, covered: tuple[str, ...], market: str) -> None:
    quota = quota_of({"QuotaName": name, "Value": 96.0}, region="us-east-1", known=KNOWN)
    if not covered:
        assert quota is None
        return
    assert quota is not None
    assert (quota.instance_types, quota.capacity_types) == (covered, (market,))
    assert (quota.most, quota.used, quota.unit.value) == (96, None, "vcpus")


def test_quotas_are_read_page_by_page(account, emulator):
    before = calls(emulator, "ListServiceQuotas")
    quotas = with_options(account, page_size=3).quotas()
    assert calls(emulator, "ListServiceQuotas") - before > 3
    found = {(quota.name, quota.capacity_types): quota for quota in quotas}
    bucket = found["Running On-Demand G and VT instances", ("on-demand",)]
    assert bucket.most == 1000
    assert "g6.xlarge" in bucket.instance_types
    assert "p5.48xlarge" in found["All P5 Spot Instance Requests", ("spot",)].instance_types


def test_quotas_that_may_not_be_read_are_not_known(account, emulator):
    said = {"kind": "error", "code": "AccessDeniedException", "headers": {"x-amz-target": "ListServiceQuotas"}}
    emulator._aws.post("faults", {**said, "times": 2})
    assert Aws(account).quotas() == []
    check = next(check for check in Aws(account).checks() if check.what.startswith("Quotas"))
    assert (check.ok, check.needs) == (True, "servicequotas:ListServiceQuotas"), "told, and no failure"


def test_quotas_of_a_key_that_does_not_work_are_a_failure(account, emulator):
    emulator.revoke(account)
    with pytest.raises(ReadFailed):
        Aws(account).quotas()


# --- Interruption notices --------------------------------------------------------------------------------------------

ON_AWS = "https://sqs.eu-west-1.amazonaws.com/123456789012/purser"


@pytest.fixture
def both(emulator: AwsEmulator) -> Account:
    """An account in two regions, each with its queue. A warning that is not settled comes again at once."""
    made = emulator.account("aws")
    queues = {"queue_url": "", "queue_urls": emulator.queue_urls(made)}
    return replace(made, options={**made.options, **queues, "hidden_seconds": 0.5})


def warned(emulator: AwsEmulator, account: Account, region: str) -> str:
    """A machine there that AWS takes back."""
    order = replace(emulator.order("aws", f"{account.name} {region}"), region=region, zone=f"{region}a")
    made = Aws(account).launch(order)
    assert isinstance(made, Launched), made
    emulator.take_back("aws", made.machine.provider_id)
    return made.machine.provider_id


def test_each_region_has_its_queue_and_a_warning_is_settled_in_its_own(both, emulator):
    machine, queue = warned(emulator, both, THERE), both.options["queue_urls"][HERE]
    only_one = replace(both, options={**both.options, "queue_urls": {}, "queue_url": queue})
    assert Aws(only_one).notices(0) == [], "nothing sends it there"
    for _ in range(2):
        [notice] = Aws(both).notices(0)
        assert notice.provider_id == machine
    Aws(both).settle([notice])
    assert Aws(both).notices(0) == []


def test_a_queue_that_does_not_answer_holds_back_no_warning_of_another(both, emulator):
    machine, queues = warned(emulator, both, HERE), both.options["queue_urls"]
    spoilt = Aws(replace(both, options={**both.options, "queue_urls": queues | {THERE: queues[THERE] + "-gone"}}))
    [notice] = spoilt.notices(0)
    assert notice.provider_id == machine
    spoilt.settle([notice])
    with pytest.raises(ReadFailed, match=f"notices of {THERE}"):
        spoilt.notices(0)


def test_the_region_of_a_queue_is_read_from_its_address():
    regions = ["us-east-1", "eu-west-1"]
    assert queues({"queue_url": ON_AWS}, regions) == (Queue("eu-west-1", ON_AWS),)
    private = "https://vpce-1.example.com/123456789012/purser"
    assert queues({"queue_url": private}, regions) == (Queue("us-east-1", private),)
    both = {"queue_url": ON_AWS, "queue_urls": {"us-east-1": private, "eu-west-1": ON_AWS}}
    assert queues(both, regions) == (Queue("us-east-1", private), Queue("eu-west-1", ON_AWS))
    assert queues({}, regions) == ()


@pytest.mark.parametrize(
    "wrong", [{"queue_url": 7}, {"queue_urls": ["us-east-1"]}, {"queue_urls": {"mars-1": ON_AWS}}, {"queue_url": "q"}]
)
def test_a_queue_that_makes_no_sense_is_refused(account, wrong):
    with pytest.raises(Refused, match="queue_url"):
        with_options(account, **wrong)


def test_a_region_without_a_queue_is_told_when_the_account_is_tried(both):
    queues = {HERE: both.options["queue_urls"][HERE]}
    checks = Aws(replace(both, options={**both.options, "queue_urls": queues})).checks()
    told = {check.what: check for check in checks if check.what.startswith("Interruption")}
    assert told[f"Interruption notices of {HERE}"].detail == ""
    assert "name one in queue_urls" in told[f"Interruption notices of {THERE}"].detail


# --- A role to assume ------------------------------------------------------------------------------------------------


def role(emulator: AwsEmulator, **changes: Any) -> None:
    emulator._aws.put("roles", {"role_arn": ROLE, "external_id": "our-deal", "seconds": 3600, **changes})


def test_an_account_speaks_as_its_role(account, emulator):
    role(emulator)
    before = calls(emulator, "AssumeRole")
    cloud = with_options(account, role_arn=ROLE, external_id="our-deal")
    assert cloud.facts().account_ref == "210987654321", "the role's account, not the key's"
    assert cloud.inventory("none").complete
    assert with_options(account, role_arn=ROLE, external_id="our-deal").inventory("none").complete
    assert calls(emulator, "AssumeRole") - before == 1, "what the role gave is kept while it is good"


def test_what_a_role_gave_is_renewed_before_it_ends(account, emulator):
    role(emulator, seconds=60)
    before = calls(emulator, "AssumeRole")
    cloud = with_options(account, role_arn=ROLE, external_id="our-deal")
    assert cloud.inventory("one").complete
    first = calls(emulator, "AssumeRole") - before
    assert cloud.inventory("two").complete
    assert calls(emulator, "AssumeRole") - before > first >= 1


@pytest.mark.parametrize(
    "options", [{"role_arn": ROLE + "-other"}, {"role_arn": ROLE}, {"role_arn": ROLE, "external_id": "wrong"}]
)
def test_a_role_that_does_not_trust_us_is_told_with_what_to_do(account, emulator, options, caplog):
    role(emulator)
    caplog.set_level(logging.DEBUG)
    cloud = with_options(account, **options)
    outcome = cloud.launch(emulator.order("aws", "role-refused"))
    assert isinstance(outcome, Refusal)
    assert (outcome.error_class, outcome.scope) == (ErrorClass.AUTH, Scope.ACCOUNT)
    assert "Check role_arn, external_id and whom the role trusts." in outcome.message
    assert emulator.machines("role-refused") == []
    told = " ".join([outcome.message, repr(cloud.checks()), *(record.getMessage() for record in caplog.records)])
    assert not any(secret in told for secret in emulator.secrets(account))


def test_a_role_that_cannot_be_asked_for_now_buys_nothing_and_is_asked_for_again(account, emulator):
    role(emulator)
    emulator._aws.post("faults", {"kind": "error", "code": "ServiceUnavailable", "body": "Action=AssumeRole"})
    outcome = with_options(account, role_arn=ROLE, external_id="our-deal").launch(emulator.order("aws", "role-later"))
    assert isinstance(outcome, Refusal)
    assert outcome.error_class == ErrorClass.TRANSIENT
    assert emulator.machines("role-later") == []


@pytest.mark.parametrize(
    "options",
    [{"role_arn": "purser"}, {"role_arn": 7}, {"external_id": "alone"}, {"role_arn": ROLE, "external_id": "é"},
     {"fleets": "yes"}],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused(account, options):
    with pytest.raises(Refused, match=r"The option (role_arn|external_id|fleets)"):
        with_options(account, **options)


# --- Fleets ----------------------------------------------------------------------------------------------------------


def fleet(name: str, size: int = 2, **changes: Any) -> FleetRequest:
    tags = {"purser:fleet": f"flt_{name}", "purser:installation": "ours"}
    machine = LaunchRequest(
        f"fleet-{name}", "us-east-1", "us-east-1a", "g6.xlarge", "on-demand", user_data="#!/bin/sh\ntrue", tags=tags
    )
    return FleetRequest(machine, size, **changes)


def test_a_fleet_is_the_same_machines_however_often_it_is_asked_for(account, emulator):
    cloud, request = Aws(account), fleet("same", 3)
    first, again = cloud.launch_fleet(request), cloud.launch_fleet(request)
    assert isinstance(first, FleetMade)
    assert isinstance(again, FleetMade)
    ids = [machine.provider_id for machine in first.machines]
    assert len(set(ids)) == 3
    assert [machine.provider_id for machine in again.machines] == ids, "in the same order"
    found = cloud.find_fleet(request)
    assert found.complete
    assert {machine.provider_id for machine in found.machines} == set(ids)
    assert {machine.tags["purser:fleet"] for machine in first.machines} == {"flt_same"}
    assert {m.provider_id for m in cloud.inventory("ours").machines} >= set(ids)


def test_a_fleet_whose_machines_have_ended_tells_of_them_as_ended(account, emulator):
    emulator._aws.put("delays", {"ending": 0.0})
    cloud, request = Aws(account), fleet("ended")
    made = cloud.launch_fleet(request)
    assert isinstance(made, FleetMade)
    for machine in made.machines:
        cloud.terminate(machine.provider_id, "us-east-1")
    again = cloud.launch_fleet(request)
    assert isinstance(again, FleetMade)
    assert [machine.live for machine in again.machines] == [False, False]


@pytest.mark.parametrize(
    "changes",
    [{"capacity_type": "reserved"}, {"capacity_type": "flex-start"}, {"reservation": "cr-0123456789abcdef0"}],
)
def test_what_is_neither_on_demand_nor_spot_is_never_bought_as_a_fleet(account, emulator, changes):
    """EC2 would sell it on demand, beside the capacity that is paid for already."""
    cloud, request = Aws(account), fleet("paid")
    before = emulator._aws.get("calls", operation="CreateFleet")["calls"]
    outcome = cloud.launch_fleet(replace(request, machine=replace(request.machine, **changes)))
    assert isinstance(outcome, Refusal)
    assert (outcome.error_class, outcome.code) == (ErrorClass.BAD_REQUEST, "cannot-be-said")
    assert emulator._aws.get("calls", operation="CreateFleet")["calls"] == before


def test_other_words_under_the_token_of_a_fleet_are_refused(account, emulator):
    cloud = Aws(account)
    assert isinstance(cloud.launch_fleet(fleet("words")), FleetMade)
    outcome = cloud.launch_fleet(fleet("words", 3))
    assert isinstance(outcome, Refusal)
    assert (outcome.error_class, outcome.code) == (ErrorClass.BAD_REQUEST, "IdempotentParameterMismatch")


def test_an_image_that_is_not_there_is_a_bad_request_though_the_answer_is_a_success(account):
    outcome = with_options(account, image="ami-00000000000000bad").launch_fleet(fleet("image"))
    assert isinstance(outcome, FleetMade)
    assert outcome.machines == ()
    assert outcome.short is not None
    assert outcome.short.error_class == ErrorClass.BAD_REQUEST
    assert outcome.short.code.startswith("InvalidAMIID")


def test_a_template_that_cannot_be_made_buys_nothing(account, emulator):
    body = r"Action=CreateLaunchTemplate\b"
    emulator._aws.post("faults", {"kind": "error", "code": "InternalError", "body": body})
    outcome = Aws(account).launch_fleet(fleet("template"))
    assert isinstance(outcome, Refusal)
    assert outcome.error_class == ErrorClass.TRANSIENT
    assert Aws(account).find_fleet(fleet("template")).machines == ()


def test_an_answer_cut_short_says_nothing_of_the_fleet(account, emulator):
    emulator._aws.post("faults", {"kind": "truncate", "body": r"Action=CreateFleet\b"})
    assert isinstance(Aws(account).launch_fleet(fleet("cut")), Unclear)
    assert len(Aws(account).find_fleet(fleet("cut")).machines) == 2


def test_a_template_whose_answer_is_lost_is_used_when_the_fleet_is_asked_for_again(account, emulator):
    request = fleet("lost-template", 1)
    seen = {call: calls(emulator, call) for call in ("CreateLaunchTemplate", "CreateFleet")}
    emulator._aws.post("faults", {"kind": "lost", "body": r"Action=CreateLaunchTemplate\b"})
    first = Aws(account).launch_fleet(request)
    assert isinstance(first, Refusal)
    assert first.error_class == ErrorClass.TRANSIENT, "what buys was not sent: the same again, a little later"
    assert calls(emulator, "CreateFleet") == seen["CreateFleet"]
    again = Aws(account).launch_fleet(request)
    assert isinstance(again, FleetMade)
    assert len(again.machines) == 1
    assert calls(emulator, "CreateLaunchTemplate") - seen["CreateLaunchTemplate"] == 2
    wire = emulator._aws.get("log", operation="CreateFleet")["items"][seen["CreateFleet"] :]
    assert [call["token"] for call in wire] == [request.machine.token]
    assert [machine.provider_id for machine in Aws(account).find_fleet(request).machines] == [
        machine.provider_id for machine in again.machines
    ]
    # Each call names it, one made it, and it is taken away: the name is free again.
    templates = emulator._aws.get("log", operation="CreateLaunchTemplate")["items"][seen["CreateLaunchTemplate"] :]
    assert [call["status"] for call in templates] == [200, 400]
    emulator._aws.post("faults", {"kind": "lost", "body": r"Action=CreateLaunchTemplate\b"})
    Aws(account).launch_fleet(request)
    last = emulator._aws.get("log", operation="CreateLaunchTemplate")["items"][-1]
    assert last["status"] == 200, "it was taken away"


def test_what_is_not_sold_in_a_zone_is_not_sold_there_in_either_market(account):
    order = LaunchRequest("nowhere", "us-east-1", "us-east-1a", "trn1.2xlarge", "spot", image="ami-0a1b2c3d4e5f60001")
    outcome = Aws(account).launch(order)
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.scope, outcome.retry_after) == ("Unsupported", Scope.ZONE, timedelta(days=1))
    pool = Pool(1, "aws", order.region, order.zone, order.instance_type, "spot")
    other = replace(pool, capacity_type="on-demand")
    assert remembered_scope(pool, outcome.scope) == remembered_scope(other, outcome.scope)


@pytest.mark.parametrize("verb", ["CreateFleet", "CreateLaunchTemplate"])
def test_whether_an_account_may_launch_fleets_is_tried(account, emulator, verb):
    assert Aws(account).facts().fleets
    assert not with_options(account, fleets=False).facts().fleets
    said = {"kind": "error", "code": "UnauthorizedOperation", "body": rf"Action={verb}\b", "times": 2}
    emulator._aws.post("faults", said)
    assert not Aws(account).facts().fleets
    told = [check for check in Aws(account).checks() if check.needs]
    assert [(check.ok, check.needs) for check in told] == [(True, f"ec2:{verb}")]
    assert "one by one" in told[0].detail


# --- Neuron ----------------------------------------------------------------------------------------------------------


def test_machines_of_neuron_get_an_image_with_its_driver():
    request = LaunchRequest("t", "us-east-1", "us-east-1a", "trn2.48xlarge", "on-demand")
    assert "neuron" in order.run_instances(request, {"image": "ami-nvidia"})["ImageId"]
    assert order.run_instances(request, {"neuron_image": "ami-neuron"})["ImageId"] == "ami-neuron"
    assert order.run_instances(replace(request, image="ami-asked"), {})["ImageId"] == "ami-asked"
    gpu = replace(request, instance_type="p5.48xlarge")
    assert order.run_instances(gpu, {"image": "ami-nvidia"})["ImageId"] == "ami-nvidia"


# --- What goes wrong on the wire -------------------------------------------------------------------------------------

WRONG = [
    ("SignatureDoesNotMatch", "Signature expired: 20:00 is now earlier than 20:15", ErrorClass.AUTH, "clock"),
    ("RequestExpired", "Request has expired.", ErrorClass.AUTH, "clock"),
    ("OptInRequired", "You are not subscribed to this service.", ErrorClass.AUTH, "region"),
    ("AuthFailure", "AWS was not able to validate the provided access credentials", ErrorClass.AUTH, "credential"),
    ("UnauthorizedOperation", "You are not authorized to perform this operation.", ErrorClass.AUTH, "verify"),
    ("InvalidAMIID.NotFound", "The image id '[ami-0]' does not exist", ErrorClass.BAD_REQUEST, "image"),
    ("InvalidSubnetID.NotFound", "The subnet ID 'subnet-0' does not exist", ErrorClass.BAD_REQUEST, "subnet"),
    ("InsufficientFreeAddressesInSubnet", "There are not enough free addresses", ErrorClass.STOCK_OUT, "subnet"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "means", "about"), WRONG, ids=[row[0] for row in WRONG])
@pytest.mark.parametrize("by", ["RunInstances", "CreateFleet"])
def test_what_a_launch_is_refused_for_is_said_with_what_to_do(account, emulator, code, message, means, about, by):
    emulator.spoil(account, "launch", "error", code=code, status=400, message=message)
    if by == "CreateFleet":
        outcome: Any = Aws(account).launch_fleet(fleet(f"wrong-{code}"))
        assert Aws(account).find_fleet(fleet(f"wrong-{code}")).machines == ()
    else:
        outcome = Aws(account).launch(emulator.order("aws", f"wrong-{code}"))
        assert emulator.machines(f"wrong-{code}") == []
    assert isinstance(outcome, Refusal)
    assert (outcome.error_class, outcome.code) == (means, code)
    assert about in next_step("aws", code, message).lower()


def test_a_session_that_has_ended_is_a_credential_to_renew(account, emulator):
    role(emulator, external_id="", seconds=-1)
    with pytest.raises(ReadFailed):
        with_options(account, role_arn=ROLE).facts()


def test_a_key_revoked_in_between_ends_nothing_and_buys_nothing(account, emulator):
    cloud = Aws(account)
    request = emulator.order("aws", "revoked")
    cloud.launch(request)
    emulator.revoke(account)
    again = cloud.launch(replace(request, token="revoked-2"))
    assert isinstance(again, Refusal)
    assert again.error_class == ErrorClass.AUTH
    assert not cloud.inventory("none").complete
    assert not cloud.describe([emulator.machines("revoked")[0]["id"]]).complete
    assert emulator.machines("revoked-2") == []


def test_one_verb_that_is_forbidden_is_named(account, emulator):
    emulator._aws.post(
        "faults", {"kind": "error", "code": "UnauthorizedOperation", "body": "Action=TerminateInstances"}
    )
    missing = [check for check in Aws(account).checks() if not check.ok]
    assert [check.needs for check in missing] == ["ec2:TerminateInstances"]


def test_a_trial_is_marked_as_what_it_stands_for(account, emulator):
    """A policy may allow only what carries our tag: without it a permission would be there and not be used."""
    for verb in ("CreateFleet", "RunInstances"):
        unmarked = rf"(?s)(?=.*Action={verb}\b)(?!.*purser-of-ours)"
        emulator._aws.post("faults", {"kind": "error", "code": "UnauthorizedOperation", "body": unmarked, "times": 9})
    assert not Aws(account).facts().fleets
    ours = Aws(replace(account, installation=lambda: "purser-of-ours"))
    assert ours.facts().fleets
    assert not [check for check in ours.checks() if check.needs]


# --- Advice ----------------------------------------------------------------------------------------------------------

SCORES = "GetSpotPlacementScores"
KINDS = ("g5.xlarge", "g6.xlarge", "p5.48xlarge")


def spot(kind: str, zone: str = "us-east-1a", accelerator: str = "L4") -> AdviceAsk:
    return AdviceAsk(zone[:-1], zone, kind, "spot", accelerator)


def test_all_types_of_a_chip_in_a_region_are_one_question(emulator, account):
    asked = calls(emulator, SCORES)
    told = with_options(account).advice([spot(kind) for kind in KINDS])
    assert [one.ask.instance_type for one in told] == sorted(KINDS)
    assert {one.obtainability for one in told} == {0.9}
    assert {one.uptime_seconds for one in told} == {None}
    assert calls(emulator, SCORES) == asked + 1


def test_one_or_two_types_would_always_be_scored_low_and_are_not_asked_about(emulator, account):
    asked = calls(emulator, SCORES)
    two = [spot(kind, zone) for kind in KINDS[:2] for zone in ("us-east-1a", "us-east-1b")]
    assert with_options(account).advice([*two, spot(KINDS[2], accelerator="H100")]) == []
    assert with_options(account).advice([replace(spot(kind), capacity_type="on-demand") for kind in KINDS]) == []
    assert calls(emulator, SCORES) == asked


def test_the_limit_of_different_questions_a_day_is_no_failure(emulator, account):
    emulator.spoil(account, "*", "error", code="MaxConfigLimitExceeded")
    assert with_options(account).advice([spot(kind) for kind in KINDS]) == []


def test_a_score_is_of_its_zone_and_from_one_to_ten():
    ids = {"us-east-1a": "use1-az6", "us-east-1b": "use1-az1"}
    asks = [spot("g6.xlarge", zone) for zone in ("us-east-1a", "us-east-1b", "us-east-1c")]
    rows = [{"Region": "us-east-1", "AvailabilityZoneId": "use1-az1", "Score": 3}]
    assert advice.advice_of(asks, rows, ids) == [Advice(asks[1], 0.3)]
    with pytest.raises(ValueError, match="from 1 to 10"):
        advice.advice_of(asks, [{**rows[0], "Score": 11}], ids)

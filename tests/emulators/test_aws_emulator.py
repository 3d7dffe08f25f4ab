"""The emulated AWS against the real boto3: what plain moto leaves out, and what goes wrong on the wire."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from tests.deadline import wait_until
from tests.emulators.process import Emulated, emulator_process

NUMBERS = itertools.count(1)
ZONE = "us-east-1a"
IMAGE = "ami-0a1b2c3d4e5f60001"
POOL = {"instance_type": "g6.xlarge", "zone": ZONE, "capacity_type": "on-demand"}
SPOT = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "one-time"}}


@pytest.fixture(scope="module")
def process() -> Iterator[Emulated]:
    with emulator_process("tests.emulators.aws") as emulated:
        yield emulated


@pytest.fixture
def aws(process: Emulated) -> Emulated:
    process.post("reset")
    return process


class Tenant:
    """A key of its own, with its clients."""

    def __init__(self, aws: Emulated) -> None:
        self.aws = aws
        self.key = f"AKIATENANT{next(NUMBERS)}"
        made = aws.put("credentials", {"access_key_id": self.key, "secret_access_key": "hush"})
        self.account, self.queue_url = made["account_id"], made["queue_url"]
        self.ec2 = self.client("ec2")

    def client(self, service: str, region: str = "us-east-1", *, attempts: int = 1, read_seconds: float = 20) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.aws.url,
            region_name=region,
            aws_access_key_id=self.key,
            aws_secret_access_key="hush",
            config=Config(
                retries={"total_max_attempts": attempts, "mode": "standard"}, read_timeout=read_seconds, proxies={}
            ),
        )

    def run(self, token: str = "", *, zone: str = ZONE, ec2: Any = None, **changes: Any) -> list[dict[str, Any]]:
        order = {
            "ImageId": IMAGE,
            "InstanceType": "g6.xlarge",
            "MinCount": 1,
            "MaxCount": 1,
            "Placement": {"AvailabilityZone": zone},
            **({"ClientToken": token} if token else {}),
            **changes,
        }
        return list((ec2 or self.ec2).run_instances(**order)["Instances"])

    def ran(self, token: str = "", **changes: Any) -> str:
        [instance] = self.run(token, **changes)
        return str(instance["InstanceId"])

    def seen(self, **filters: str) -> list[dict[str, Any]]:
        asked = [{"Name": name, "Values": [value]} for name, value in filters.items()]
        answer = self.ec2.describe_instances(Filters=asked)
        return [instance for item in answer["Reservations"] for instance in item["Instances"]]

    def in_state(self, machine: str, state: str) -> dict[str, Any]:
        wait_until(lambda: self.seen(**{"instance-id": machine})[0]["State"]["Name"] == state, f"{machine} is {state}")
        return self.seen(**{"instance-id": machine})[0]


@pytest.fixture
def tenant(aws: Emulated) -> Tenant:
    return Tenant(aws)


def refused(call: Callable[[], object]) -> tuple[str, int]:
    """The code and the status that a call is refused with."""
    with pytest.raises(ClientError) as raised:
        call()
    answer = raised.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


# --- Who calls -----------------------------------------------------------------------------------------------------


def test_every_key_has_an_account_of_its_own(aws, tenant):
    other = Tenant(aws)
    machine = tenant.ran()
    assert tenant.client("sts").get_caller_identity()["Account"] == tenant.account != other.account
    assert [seen["InstanceId"] for seen in tenant.seen()] == [machine]
    assert other.seen() == []
    assert refused(lambda: other.ec2.terminate_instances(InstanceIds=[machine])) == ("InvalidInstanceID.NotFound", 400)


def test_a_revoked_key_opens_nothing_and_each_service_says_so_in_its_words(aws, tenant):
    aws.put("credentials", {"access_key_id": tenant.key, "works": False})
    quota = {"ServiceCode": "ec2", "QuotaCode": "L-DB2E81BA"}
    calls = {
        "ec2": tenant.run,
        "sts": tenant.client("sts").get_caller_identity,
        "sqs": lambda: tenant.client("sqs").receive_message(QueueUrl=tenant.queue_url),
        "pricing": lambda: tenant.client("pricing").get_products(ServiceCode="AmazonEC2"),
        "quotas": lambda: tenant.client("service-quotas").get_service_quota(**quota),
    }
    assert {service: refused(call) for service, call in calls.items()} == {
        "ec2": ("AuthFailure", 401),
        "sts": ("InvalidClientTokenId", 403),
        "sqs": ("InvalidClientTokenId", 403),
        "pricing": ("UnrecognizedClientException", 403),
        "quotas": ("UnrecognizedClientException", 403),
    }


# --- RunInstances --------------------------------------------------------------------------------------------------


def test_one_token_is_one_machine(aws, tenant):
    assert tenant.ran("t-1") == tenant.ran("t-1")
    assert len(aws.get("machines", token="t-1")["items"]) == 1
    assert refused(lambda: tenant.run("t-1", InstanceType="g5.xlarge")) == ("IdempotentParameterMismatch", 400)
    assert len(tenant.seen()) == 1


def test_a_token_is_known_in_its_zone_and_its_account_only(aws, tenant):
    machines = {tenant.ran("t-1"), tenant.ran("t-1", zone="us-east-1b"), Tenant(aws).ran("t-1")}
    assert len(machines) == 3


def test_without_a_token_of_ones_own_every_call_is_another_machine(aws, tenant):
    assert tenant.ran() != tenant.ran()
    assert len(aws.get("calls", operation="RunInstances")["tokens"]) == 2  # boto3 makes one for each call


def test_the_token_of_a_terminated_machine_is_used_up(tenant):
    machine = tenant.ran("t-1")
    tenant.ec2.terminate_instances(InstanceIds=[machine])
    tenant.in_state(machine, "terminated")
    assert refused(lambda: tenant.run("t-1")) == ("IdempotentInstanceTerminated", 400)


def test_an_empty_pool_is_an_error_500_which_boto3_sends_again_unless_told_not_to(aws, tenant):
    aws.put("stock", {**POOL, "available": 1})
    tenant.run()
    assert refused(tenant.run) == ("InsufficientInstanceCapacity", 500)
    before = aws.get("calls")["calls"]
    assert refused(lambda: tenant.run(ec2=tenant.client("ec2", attempts=3)))[0] == "InsufficientInstanceCapacity"
    assert aws.get("calls")["calls"] - before == 3
    assert tenant.run(zone="us-east-1b") and tenant.run(InstanceMarketOptions=SPOT)


def test_a_stock_out_does_not_use_up_the_token(aws, tenant):
    aws.put("stock", {**POOL, "available": 0})
    assert refused(lambda: tenant.run("t-1"))[0] == "InsufficientInstanceCapacity"
    aws.put("stock", {**POOL, "available": None})
    assert tenant.ran("t-1") == tenant.ran("t-1")


def test_as_many_as_there_are_when_fewer_will_do(aws, tenant):
    aws.put("stock", {**POOL, "available": 2})
    assert len(tenant.run(MinCount=1, MaxCount=5)) == 2


@pytest.mark.parametrize(
    ("market", "code"), [("on-demand", "VcpuLimitExceeded"), ("spot", "MaxSpotInstanceCountExceeded")]
)
def test_quotas_count_vcpus_by_bucket_and_by_market(aws, tenant, market, code):
    aws.put("quotas", {"account_id": tenant.account, "region": "us-east-1", **POOL_QUOTA, "capacity_type": market})
    options = {"InstanceMarketOptions": SPOT} if market == "spot" else {}
    machine = tenant.ran(**options)
    assert refused(lambda: tenant.run(**options)) == (code, 400)
    assert refused(lambda: tenant.run(InstanceType="g5.xlarge", **options)) == (code, 400)
    assert tenant.run(InstanceType="inf2.xlarge", **options)
    tenant.ec2.terminate_instances(InstanceIds=[machine])
    assert tenant.run(**options)


POOL_QUOTA = {"instance_type": "g6.xlarge", "vcpus": 4}


def test_what_is_not_sold_is_told_from_what_is_not_there(tenant):
    assert refused(lambda: tenant.run(InstanceType="zz9.huge")) == ("InvalidParameterValue", 400)
    assert refused(lambda: tenant.run(InstanceType="trn1.2xlarge")) == ("Unsupported", 400)
    assert refused(lambda: tenant.run(zone="us-west-2a")) == ("InvalidParameterValue", 400)
    assert refused(lambda: tenant.run(ImageId="ami-00000000000000000"))[0].startswith("InvalidAMIID")
    assert refused(lambda: tenant.run(DryRun=True)) == ("DryRunOperation", 412)


def test_an_image_may_be_named_by_its_public_parameter(tenant):
    parameter = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id"
    [gpu], [neuron] = (
        tenant.run(ImageId=f"resolve:ssm:{parameter}", InstanceType=name, zone="us-east-1c")
        for name in ("g6.xlarge", "trn1.2xlarge")
    )
    assert (gpu["ImageId"], neuron["ImageId"]) == (IMAGE, "ami-0a1b2c3d4e5f60002")


def test_a_spot_machine_says_so_and_a_bid_below_the_price_is_refused(tenant):
    [machine] = tenant.run("t-1", InstanceMarketOptions=SPOT)
    [seen] = tenant.seen(**{"instance-lifecycle": "spot"})
    assert (seen["InstanceLifecycle"], seen["ClientToken"]) == ("spot", "t-1")
    assert tenant.seen(**{"spot-instance-request-id": seen["SpotInstanceRequestId"]}) == [seen]
    assert machine["InstanceId"] == seen["InstanceId"]
    low = {"MarketType": "spot", "SpotOptions": {"MaxPrice": "0.0001"}}
    assert refused(lambda: tenant.run(InstanceMarketOptions=low)) == ("SpotMaxPriceTooLow", 400)


# --- Describe and terminate ------------------------------------------------------------------------------------------


def test_machines_begin_and_end_in_their_own_time(aws, tenant):
    aws.put("delays", {"pending": 60})
    machine = tenant.ran()
    assert tenant.seen()[0]["State"]["Name"] == "pending"
    aws.put("delays", {"pending": 0, "ending": 60})
    assert tenant.seen()[0]["State"]["Name"] == "running"
    [change] = tenant.ec2.terminate_instances(InstanceIds=[machine])["TerminatingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "shutting-down")
    [ending] = tenant.seen()
    assert ending["State"]["Name"] == "shutting-down"
    aws.put("delays", {"ending": 0})
    [ended] = tenant.seen()
    assert ended["State"]["Name"] == "terminated"
    assert ended["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert ended["StateTransitionReason"].startswith("User initiated (")
    assert ended["StateTransitionReason"] == ending["StateTransitionReason"]
    [again] = tenant.ec2.terminate_instances(InstanceIds=[machine])["TerminatingInstances"]
    assert (again["PreviousState"]["Name"], again["CurrentState"]["Name"]) == ("terminated", "terminated")


def test_machines_are_found_by_filters(tenant):
    def tagged(name: str) -> list[dict[str, Any]]:
        return [{"ResourceType": "instance", "Tags": [{"Key": "purser:slot", "Value": name}]}]

    first, second = (tenant.ran(f"t-{name}", TagSpecifications=tagged(name)) for name in ("one", "two"))
    assert [seen["InstanceId"] for seen in tenant.seen(**{"tag:purser:slot": "two"})] == [second]
    assert [seen["InstanceId"] for seen in tenant.seen(**{"client-token": "t-one"})] == [first]
    assert len(tenant.seen(**{"tag:purser:slot": "*o*"})) == 2
    tenant.in_state(first, "running")
    assert len(tenant.seen(**{"instance-state-name": "terminated"})) == 0
    assert refused(lambda: tenant.seen(no="filter")) == ("InvalidParameterValue", 400)
    many = [{"Name": "instance-id", "Values": [f"i-{number:017x}" for number in range(201)]}]
    assert refused(lambda: tenant.ec2.describe_instances(Filters=many))[0] == "FilterLimitExceeded"


def test_pages_hold_exactly_as_many_machines_as_asked_for(tenant):
    made = [tenant.run(MinCount=3, MaxCount=3)[0]["InstanceId"] for _ in range(4)]
    pages = list(tenant.ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5}))
    ids = [[item["InstanceId"] for group in page["Reservations"] for item in group["Instances"]] for page in pages]
    assert [len(page) for page in ids] == [5, 5, 2]
    assert len({machine for page in ids for machine in page}) == 12
    assert set(made) <= {machine for page in ids for machine in page}
    assert refused(lambda: tenant.ec2.describe_instances(MaxResults=4)) == ("InvalidParameterValue", 400)
    together = {"InstanceIds": made[:1], "MaxResults": 5}
    assert refused(lambda: tenant.ec2.describe_instances(**together)) == ("InvalidParameterCombination", 400)


def test_an_id_that_is_unknown_spoils_the_whole_call(tenant):
    machine = tenant.ran()
    for unknown, code in (
        ("i-00000000000000000", "InvalidInstanceID.NotFound"),
        ("i-x", "InvalidInstanceID.Malformed"),
    ):
        ids = [machine, unknown]
        assert refused(lambda ids=ids: tenant.ec2.describe_instances(InstanceIds=ids)) == (code, 400)
        assert refused(lambda ids=ids: tenant.ec2.terminate_instances(InstanceIds=ids)) == (code, 400)
    assert tenant.in_state(machine, "running")


def test_new_machines_show_only_after_a_while(aws, tenant):
    aws.put("delays", {"lag": 60})
    machine = tenant.ran("t-1")
    assert tenant.seen() == tenant.seen(**{"client-token": "t-1"}) == []
    code, _ = refused(lambda: tenant.ec2.describe_instances(InstanceIds=[machine]))
    assert code == "InvalidInstanceID.NotFound"
    assert tenant.ran("t-1") == machine
    aws.put("delays", {"lag": 0})
    assert [seen["InstanceId"] for seen in tenant.seen()] == [machine]


# --- What goes wrong on the wire -------------------------------------------------------------------------------------


def test_a_lost_answer_and_its_repetition_are_two_requests_one_token_and_one_machine(aws, tenant):
    aws.post("faults", {"kind": "lost", "body": "Action=RunInstances"})
    with pytest.raises(ConnectionClosedError):
        tenant.run("t-1")
    [machine] = aws.get("machines", token="t-1")["items"]
    assert tenant.ran("t-1") == machine["id"]
    assert aws.get("calls", operation="RunInstances") == {"calls": 2, "tokens": ["t-1"]}
    assert len(tenant.seen()) == 1


@pytest.mark.parametrize(
    ("kind", "error", "happened"),
    [
        ("refuse", ConnectionClosedError, False),
        ("lost", ConnectionClosedError, True),
        ("truncate", ResponseParserError, True),
        ("slow", ReadTimeoutError, True),
        ("hang", ReadTimeoutError, False),
    ],
)
def test_faults_happen_before_or_after_the_cloud_has_acted(aws, tenant, kind, error, happened):
    aws.post("faults", {"kind": kind, "delay_seconds_real": 2, "body": "RunInstances"})
    with pytest.raises(error):
        tenant.run("t-1", ec2=tenant.client("ec2", read_seconds=0.5))
    assert bool(tenant.seen()) == happened
    assert aws.get("log", operation="RunInstances")["items"][0]["fault"] == kind
    tenant.run("t-1")
    assert len(tenant.seen()) == 1


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("ec2", lambda client: client.describe_instances()),
        ("sts", lambda client: client.get_caller_identity()),
        ("pricing", lambda client: client.get_products(ServiceCode="AmazonEC2")),
    ],
)
def test_an_error_on_demand_is_in_the_words_of_the_service(aws, tenant, service, call):
    fault = {"kind": "error", "code": "RequestLimitExceeded", "headers": {"Authorization": tenant.key}}
    aws.post("faults", fault)
    other = Tenant(aws)
    assert call(other.client(service))
    assert refused(lambda: call(tenant.client(service))) == ("RequestLimitExceeded", 503)
    assert call(tenant.client(service)), "once means once"
    aws.post("faults", {**fault, "status": 418, "times": None})
    assert [refused(lambda: call(tenant.client(service)))[1] for _ in range(3)] == [418] * 3
    aws.delete("faults")
    assert call(tenant.client(service))


# --- Catalogue, prices and quotas ------------------------------------------------------------------------------------


def test_instance_types_come_in_pages_and_by_wildcards(tenant):
    pages = list(tenant.ec2.get_paginator("describe_instance_types").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(page["InstanceTypes"]) for page in pages] == [5, 2]
    asked = [{"Name": "instance-type", "Values": ["p*", "g6.?large"]}]
    found = tenant.ec2.describe_instance_types(Filters=asked)["InstanceTypes"]
    assert [item["InstanceType"] for item in found] == ["g6.xlarge", "p4d.24xlarge", "p5.48xlarge"]
    assert found[2]["GpuInfo"]["Gpus"][0] == {**found[2]["GpuInfo"]["Gpus"][0], "Name": "H100", "Count": 8}
    sold = tenant.ec2.describe_instance_type_offerings(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": ["trn*"]}]
    )["InstanceTypeOfferings"]
    assert [item["Location"] for item in sold] == ["us-east-1c", "us-east-1f"]
    assert refused(lambda: tenant.ec2.describe_instance_types(InstanceTypes=["zz9.huge"])) == (
        "InvalidInstanceType",
        400,
    )


def history(tenant: Tenant, since: datetime, **asked: Any) -> list[dict[str, Any]]:
    asked = {"StartTime": since, "ProductDescriptions": ["Linux/UNIX"], **asked}
    pages = list(tenant.ec2.get_paginator("describe_spot_price_history").paginate(**asked))
    assert pages[-1]["NextToken"] == ""
    return [row for page in pages for row in page["SpotPriceHistory"]]


def test_the_history_of_spot_prices_is_whole_over_its_pages_and_agrees_with_the_truth(aws, tenant):
    since = datetime.now(UTC) - timedelta(days=1)
    rows = history(tenant, since)
    assert len(rows) > 2000, "several pages"
    for row in rows:
        row["Timestamp"] = row["Timestamp"].astimezone(UTC)  # boto3's own zone is slow to compare
    told = {(row["InstanceType"], row["AvailabilityZone"], row["Timestamp"], Decimal(row["SpotPrice"])) for row in rows}
    assert len(told) == len(rows)
    assert [row["Timestamp"] for row in rows] == sorted((row["Timestamp"] for row in rows), reverse=True)
    truth = {
        (item["instance_type"], item["zone"], datetime.fromisoformat(item["at"]), Decimal(item["price"]))
        for item in aws.get("price-changes", since=since.isoformat())["items"]
        if item["zone"].startswith("us-east-1")
    }
    newest = rows[0]["Timestamp"]
    assert {row for row in told if row[2] > since} == {row for row in truth if row[2] <= newest}


def test_a_history_begins_with_the_price_in_effect(tenant):
    now = datetime.now(UTC)
    row = history(tenant, now, InstanceTypes=["g6.xlarge"], AvailabilityZone=ZONE)[-1]
    assert row["Timestamp"] <= now
    everything = history(tenant, now - timedelta(hours=2), InstanceTypes=["g6.xlarge"], AvailabilityZone=ZONE)
    assert row in everything
    assert everything[-1]["Timestamp"] <= now - timedelta(hours=2) < everything[-2]["Timestamp"]


def test_spot_prices_go_on_while_a_test_waits(aws):
    since = datetime.now(UTC)
    wait_until(lambda: len(aws.get("price-changes", since=since.isoformat())["items"]) >= 2, "two prices change")


def test_one_list_price_is_left_when_all_filters_are_set(tenant):
    pricing = tenant.client("pricing")
    asked = {
        "instanceType": "g6.xlarge",
        "regionCode": "us-east-1",
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
        "marketoption": "OnDemand",
    }

    def rows(**fields: str) -> list[dict[str, Any]]:
        filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in fields.items()]
        pages = pricing.get_paginator("get_products").paginate(
            ServiceCode="AmazonEC2", Filters=filters, PaginationConfig={"PageSize": 10}
        )
        return [json.loads(row) for page in pages for row in page["PriceList"]]

    [row] = rows(**asked)
    [term] = row["terms"]["OnDemand"].values()
    [dimension] = term["priceDimensions"].values()
    assert (dimension["unit"], Decimal(dimension["pricePerUnit"]["USD"])) == ("Hrs", Decimal("0.8048"))
    for left_out in ("regionCode", "operatingSystem", "tenancy", "capacitystatus"):
        assert len(rows(**{field: value for field, value in asked.items() if field != left_out})) > 1, left_out
    assert len(rows(regionCode="us-east-1")) > 100
    assert refused(lambda: tenant.client("pricing", "us-east-2").get_products(ServiceCode="AmazonEC2"))[1] == 403


def test_quotas_are_told_by_code(aws, tenant):
    quotas = tenant.client("service-quotas")
    aws.put("quotas", {"account_id": tenant.account, "region": "us-east-1", **POOL_QUOTA, "capacity_type": "on-demand"})
    told = quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-DB2E81BA")["Quota"]
    assert (told["Value"], told["QuotaName"]) == (4.0, "Running On-Demand G and VT instances")
    pages = list(
        quotas.get_paginator("list_service_quotas").paginate(ServiceCode="ec2", PaginationConfig={"PageSize": 5})
    )
    codes = [item["QuotaCode"] for page in pages for item in page["Quotas"]]
    assert len(codes) == len(set(codes)) == 13
    missing = {"ServiceCode": "ec2", "QuotaCode": "L-00000000"}
    assert refused(lambda: quotas.get_service_quota(**missing))[0] == "NoSuchResourceException"


def test_placement_scores_follow_the_stock(aws, tenant):
    def scores() -> list[int]:
        asked = {"InstanceTypes": ["p5.48xlarge"], "TargetCapacity": 8, "RegionNames": ["us-east-1"]}
        answer = tenant.ec2.get_spot_placement_scores(**asked, SingleAvailabilityZone=True)
        return [row["Score"] for row in answer["SpotPlacementScores"]]

    assert scores() == [9] * 6
    for zone, left in (("us-east-1a", 0), ("us-east-1b", 4)):
        pool = {"instance_type": "p5.48xlarge", "zone": zone, "capacity_type": "spot"}
        aws.put("stock", {**pool, "available": left})
    assert scores() == [9, 9, 9, 9, 5, 1]


# --- Reservations ----------------------------------------------------------------------------------------------------


def block(tenant: Tenant, count: int = 1) -> dict[str, Any]:
    offers = tenant.ec2.describe_capacity_block_offerings(
        InstanceType="p5.48xlarge", InstanceCount=count, CapacityDurationHours=24
    )["CapacityBlockOfferings"]
    offer = min(offers, key=lambda offer: offer["StartDate"])
    assert Decimal(offer["UpfrontFee"]) > 0
    bought = tenant.ec2.purchase_capacity_block(
        CapacityBlockOfferingId=offer["CapacityBlockOfferingId"], InstancePlatform="Linux/UNIX"
    )
    return dict(bought["CapacityReservation"])


def into(reservation: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What a launch into a capacity block has to say."""
    target = {"CapacityReservationId": reservation["CapacityReservationId"]}
    return {
        "InstanceType": reservation["InstanceType"],
        "zone": reservation["AvailabilityZone"],
        "InstanceMarketOptions": {"MarketType": "capacity-block"},
        "CapacityReservationSpecification": {"CapacityReservationTarget": target},
        **changes,
    }


def test_a_capacity_block_is_bought_paid_and_then_launched_into(aws, tenant):
    aws.put("delays", {"payment": 60})
    reservation = block(tenant)
    assert reservation["State"] == "payment-pending"
    assert refused(lambda: tenant.run("t-1", **into(reservation))) == ("InvalidCapacityReservationState", 400)
    aws.put("delays", {"payment": 0})
    asked = {"CapacityReservationIds": [reservation["CapacityReservationId"]]}
    [active] = tenant.ec2.describe_capacity_reservations(**asked)["CapacityReservations"]
    assert (active["State"], active["AvailableInstanceCount"]) == ("active", 1)
    machine = tenant.ran("t-1", **into(reservation))
    [seen] = tenant.seen(**{"instance-id": machine})
    assert (seen["InstanceLifecycle"], seen["CapacityReservationId"]) == (
        "capacity-block",
        reservation["CapacityReservationId"],
    )
    assert tenant.ran("t-1", **into(reservation)) == machine
    assert refused(lambda: tenant.run("t-2", **into(reservation))) == ("ReservationCapacityExceeded", 400)


def test_two_purchases_of_a_capacity_block_are_two_blocks(tenant):
    assert block(tenant)["CapacityReservationId"] != block(tenant)["CapacityReservationId"]
    assert len(tenant.ec2.describe_capacity_reservations()["CapacityReservations"]) == 2


def test_a_capacity_block_of_another_account_cannot_be_used(aws, tenant):
    aws.put("delays", {"payment": 0})
    reservation = block(tenant)
    code, _ = refused(lambda: Tenant(aws).run(**into(reservation)))
    assert code == "InvalidCapacityReservationId.NotFound"


def test_an_on_demand_reservation_holds_machines_that_others_cannot_have(aws, tenant):
    aws.put("stock", {**POOL, "available": 1})
    asked = {"InstanceType": "g6.xlarge", "InstancePlatform": "Linux/UNIX", "AvailabilityZone": ZONE}
    held = tenant.ec2.create_capacity_reservation(**asked, InstanceCount=1, ClientToken="c-1")["CapacityReservation"]
    again = tenant.ec2.create_capacity_reservation(**asked, InstanceCount=1, ClientToken="c-1")["CapacityReservation"]
    assert again["CapacityReservationId"] == held["CapacityReservationId"]
    assert refused(tenant.run)[0] == "InsufficientInstanceCapacity"
    target = {"CapacityReservationId": held["CapacityReservationId"]}
    assert tenant.run(CapacityReservationSpecification={"CapacityReservationTarget": target})
    assert tenant.ec2.cancel_capacity_reservation(**target)["Return"]


# --- Fleets ----------------------------------------------------------------------------------------------------------


def fleet(tenant: Tenant, token: str, zones: list[str], count: int, **changes: Any) -> dict[str, Any]:
    known = tenant.ec2.describe_launch_templates(Filters=[{"Name": "launch-template-name", "Values": ["gpu"]}])
    if not known["LaunchTemplates"]:
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "from", "Value": "template"}]}]
        data = {"ImageId": IMAGE, "InstanceType": "g6.xlarge", "TagSpecifications": tags}
        tenant.ec2.create_launch_template(LaunchTemplateName="gpu", LaunchTemplateData=data)
    overrides = [{"InstanceType": "g6.xlarge", "AvailabilityZone": zone} for zone in zones]
    template = {"LaunchTemplateName": "gpu", "Version": "$Latest"}
    order = {
        "Type": "instant",
        "ClientToken": token,
        "LaunchTemplateConfigs": [{"LaunchTemplateSpecification": template, "Overrides": overrides}],
        "TargetCapacitySpecification": {"TotalTargetCapacity": count, "DefaultTargetCapacityType": "on-demand"},
        **changes,
    }
    return dict(tenant.ec2.create_fleet(**order))


def test_a_fleet_that_finds_too_few_says_so_inside_an_answer_200(aws, tenant):
    aws.put("stock", {**POOL, "available": 0})
    aws.put("stock", {**POOL, "zone": "us-east-1b", "available": 2})
    made = fleet(tenant, "f-1", [ZONE, "us-east-1b"], 3)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert [error["ErrorCode"] for error in made["Errors"]] == ["InsufficientInstanceCapacity"] * 2, "one a zone"
    [group] = made["Instances"]
    assert (len(group["InstanceIds"]), group["InstanceType"], group["Lifecycle"]) == (2, "g6.xlarge", "on-demand")
    assert {seen["Placement"]["AvailabilityZone"] for seen in tenant.seen()} == {"us-east-1b"}
    assert {seen["InstanceId"] for seen in tenant.seen(**{"tag:from": "template"})} == set(group["InstanceIds"])


def test_a_fleet_with_a_least_capacity_is_all_or_nothing(aws, tenant):
    aws.put("stock", {**POOL, "available": 2})
    options = {"MinTargetCapacity": 3, "SingleInstanceType": True}
    made = fleet(tenant, "f-1", [ZONE, ZONE], 3, OnDemandOptions=options)
    assert (made["Instances"], made["Errors"][0]["ErrorCode"]) == ([], "InsufficientInstanceCapacity")
    assert tenant.seen() == aws.get("machines", account_id=tenant.account)["items"] == []
    assert len(tenant.run(MinCount=2, MaxCount=2)) == 2


def test_the_same_token_is_the_same_fleet(tenant):
    first, second = fleet(tenant, "f-1", [ZONE], 2), fleet(tenant, "f-1", [ZONE], 2)
    assert (first["FleetId"], first["Instances"]) == (second["FleetId"], second["Instances"])
    assert len(tenant.seen()) == 2
    assert refused(lambda: fleet(tenant, "f-1", [ZONE], 3)) == ("IdempotentParameterMismatch", 400)


def test_a_spot_fleet_buys_where_it_is_cheapest(tenant):
    zones = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"]
    before = datetime.now(UTC) - timedelta(seconds=1)
    target = {"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "spot"}
    strategy = {"AllocationStrategy": "price-capacity-optimized"}
    made = fleet(tenant, "f-1", zones, 1, TargetCapacitySpecification=target, SpotOptions=strategy)
    [seen] = tenant.seen()
    assert (seen["InstanceLifecycle"], made["Errors"]) == ("spot", [])
    prices: dict[str, Decimal] = {}
    cheapest = set()  # prices go on changing meanwhile
    for row in reversed(history(tenant, before, InstanceTypes=["g6.xlarge"])):
        prices[row["AvailabilityZone"]] = Decimal(row["SpotPrice"])
        if set(zones) <= set(prices):
            cheapest.add(min(zones, key=prices.__getitem__))
    assert seen["Placement"]["AvailabilityZone"] in cheapest
    bogus = {"AllocationStrategy": "no-such-strategy"}
    with pytest.raises((BotoCoreError, ClientError)):
        fleet(tenant, "f-2", zones, 1, TargetCapacitySpecification=target, SpotOptions=bogus)


# --- Interruptions ---------------------------------------------------------------------------------------------------


def test_a_notice_comes_through_the_accounts_queue_and_then_the_machine_ends(aws, tenant):
    machine = tenant.ran(InstanceMarketOptions=SPOT)
    aws.post("preempt", {"instance_id": machine, "seconds": 0.3})
    asked = {"QueueUrl": tenant.queue_url, "MaxNumberOfMessages": 10}
    [message] = tenant.client("sqs").receive_message(**asked)["Messages"]
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"]) == ("aws.ec2", "EC2 Spot Instance Interruption Warning")
    assert event["detail"] == {"instance-id": machine, "instance-action": "terminate"}
    assert event["resources"] == [f"arn:aws:ec2:{ZONE}:instance/{machine}"]
    assert event["account"] == tenant.account
    ended = tenant.in_state(machine, "terminated")
    assert ended["StateReason"]["Code"] == "Server.SpotInstanceTermination"
    assert "Messages" not in Tenant(aws).client("sqs").receive_message(QueueUrl=Tenant(aws).queue_url)

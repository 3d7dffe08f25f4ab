"""What an AWS account's credential may do: each call Purser makes, tried in a way that changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fleet.domain.outcomes import BlockOrder, Check, LaunchRequest
from fleet.providers.aws import blocks, clients, order, prices
from fleet.providers.failing import tried

NO_MACHINE = "i-00000000000000000"
NO_OFFER = "cb-00000000000000000"
IN_BLOCKS = "p5.48xlarge"
A_DAY = {"CapacityDurationHours": 24}
SMALL = "g6.xlarge"
NOT_FOR_SALE = ("InvalidCapacityBlockOfferingId.NotFound", "InvalidCapacityBlockOfferingId.Malformed")
WOULD_HAVE = (
    "DryRunOperation",
    "InvalidInstanceID.NotFound",
    "InvalidInstanceID.Malformed",
    "Unsupported",
    *NOT_FOR_SALE,
)
"""What EC2 answers to a trial that it would have let through, or that asked for what is not there."""

Client = Callable[..., Any]


def checks(client: Client, regions: Sequence[str], options: Mapping[str, Any]) -> Iterator[Check]:
    """In the order in which Purser needs them; after a credential that does not work, nothing else is tried."""
    who = _try("sts:GetCallerIdentity", "Who we are", lambda: client("sts", regions[0]).get_caller_identity())
    yield who
    if not who.ok:
        return
    for region in regions:
        yield from _of_region(client("ec2", region), region, options)
    pricing = str(options.get("pricing_region") or "us-east-1")
    yield _try(
        "pricing:GetProducts",
        "List prices",
        lambda: client("pricing", pricing).get_products(
            ServiceCode="AmazonEC2", Filters=prices.product_filters(regions[0]), MaxResults=1
        ),
    )
    if queue_url := options.get("queue_url"):
        yield _try(
            "sqs:ReceiveMessage",
            "Interruption notices",
            lambda: client("sqs", regions[0]).receive_message(QueueUrl=queue_url, VisibilityTimeout=0),
        )
    else:
        detail = "No queue_url: a spot machine that is taken back is noticed only when it has ended."
        yield Check("Interruption notices", False, detail)


def _of_region(ec2: Any, region: str, options: Mapping[str, Any]) -> Iterator[Check]:
    reads: dict[str, tuple[str, Callable[[], Any]]] = {
        "ec2:DescribeAvailabilityZones": ("Zones", ec2.describe_availability_zones),
        "ec2:DescribeInstanceTypes": ("Shapes", lambda: ec2.describe_instance_types(MaxResults=5)),
        "ec2:DescribeInstanceTypeOfferings": (
            "What is sold where",
            lambda: ec2.describe_instance_type_offerings(MaxResults=5),
        ),
        "ec2:DescribeSpotPriceHistory": (
            "Spot prices",
            lambda: ec2.describe_spot_price_history(
                InstanceTypes=[SMALL], ProductDescriptions=[prices.LINUX], MaxResults=1
            ),
        ),
        "ec2:DescribeInstances": ("Our machines", lambda: ec2.describe_instances(MaxResults=5)),
        "ec2:DescribeCapacityReservations": (
            "Reservations and capacity blocks",
            lambda: ec2.describe_capacity_reservations(MaxResults=1),
        ),
        "ec2:DescribeCapacityBlockOfferings": (
            "Offers of capacity blocks",
            lambda: ec2.describe_capacity_block_offerings(InstanceType=IN_BLOCKS, InstanceCount=1, **A_DAY),
        ),
    }
    for permission, (what, read) in reads.items():
        yield _try(permission, f"{what} in {region}", read)
    trial = LaunchRequest("purser-check", region, f"{region}a", SMALL, "on-demand", tags={"purser:check": "1"})
    said = order.run_instances(trial, options)
    yield _try(
        "ec2:RunInstances, ec2:CreateTags", f"Launching in {region}", lambda: ec2.run_instances(**said, DryRun=True)
    )
    purchase = blocks.purchase(BlockOrder("purser-check", region, NO_OFFER, {"purser:check": "1"}))
    yield _try(
        "ec2:PurchaseCapacityBlock",
        f"Buying capacity blocks in {region}",
        lambda: ec2.purchase_capacity_block(**purchase, DryRun=True),
    )
    yield _try(
        "ec2:TerminateInstances",
        f"Ending machines in {region}",
        lambda: ec2.terminate_instances(InstanceIds=[NO_MACHINE], DryRun=True),
    )


def _try(permission: str, what: str, call: Callable[[], Any]) -> Check:
    return tried(permission, what, call, clients.meaning_of, would_do=WOULD_HAVE)

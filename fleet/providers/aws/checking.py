"""What an AWS account's credential may do: each call Purser makes, tried in a way that changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from fleet.domain.outcomes import BlockOrder, Check, ErrorClass, FleetRequest, LaunchRequest, Refusal
from fleet.providers.aws import advice, blocks, clients, fleets, order, prices
from fleet.providers.aws.notices import Queue, queues
from fleet.providers.classify import next_step
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
    fleets.IS_NOT_THERE,
)
"""What EC2 answers to a trial that it would have let through, or that asked for what is not there."""

Client = Callable[..., Any]


def checks(
    client: Client,
    known_in: Callable[[], tuple[str, str]],
    regions: Sequence[str],
    options: Mapping[str, Any],
    installation: str = "",
) -> Iterator[Check]:
    """In the order in which Purser needs them; after a credential that does not work, nothing else is tried.

    `known_in`: whose the credential is, and a region that says so. Nothing else is tried in one that does not know it.
    """
    known: list[str] = []
    who = _try("sts:GetCallerIdentity", "Who we are", lambda: known.extend(known_in()))
    yield who
    if not who.ok:
        return
    open_ones: list[str] = []
    for region in regions:
        if closed := _closed(client("ec2", region), region, known[1]):
            yield closed
            continue
        open_ones.append(region)
        ec2, trial = client("ec2", region), _trial(region, installation)
        yield from _reads(ec2, region)
        if parameters := order.image_parameters(options):
            yield _images(client("ssm", region), region, parameters)
        yield from _writes(ec2, trial, options)
        yield _quotas(client("service-quotas", region), region)
    first = next(iter(open_ones), known[1])
    scores = advice.question(first, [SMALL])
    told = _try(
        "ec2:GetSpotPlacementScores",
        "Advice on capacity",
        lambda: client("ec2", first).get_spot_placement_scores(**scores, DryRun=True),
    )
    yield _optional(told, "the risk of a pool is judged by our own launches only.")
    pricing = str(options.get("pricing_region") or "us-east-1")
    yield _try(
        "pricing:GetProducts",
        "List prices",
        lambda: client("pricing", pricing).get_products(
            ServiceCode="AmazonEC2", Filters=prices.product_filters(first), MaxResults=1
        ),
    )
    yield from _warnings(client, queues(options, regions), open_ones)


def _warnings(client: Client, heard: Sequence[Queue], regions: Sequence[str]) -> Iterator[Check]:
    """EC2 gives its warnings in the region of the machine: each needs a queue, or a rule that sends them on to one."""
    for queue in heard:
        sqs, asked = client("sqs", queue.region), {"QueueUrl": queue.url, "VisibilityTimeout": 0}
        what = f"Interruption notices of {queue.region}"
        yield _try("sqs:ReceiveMessage", what, partial(sqs.receive_message, **asked))
    if not heard:
        detail = "No queue_url: a spot machine that is taken back is noticed only when it has ended."
        yield Check("Interruption notices", False, detail)
        return
    for region in (region for region in regions if region not in {queue.region for queue in heard}):
        detail = (
            f"There is no queue of {region}: name one in queue_urls, or send its warnings on to {heard[0].region} by a "
            "rule of EventBridge. Without either, a spot machine there that is taken back is noticed only at its end."
        )
        yield Check(f"Interruption notices of {region}", True, detail)


def _closed(ec2: Any, region: str, works_in: str) -> Check | None:
    """That the region is not switched on for the account, and what to do, if it is not."""
    try:
        ec2.describe_availability_zones()
    except Exception as error:  # noqa: BLE001 - whatever else it was, the checks themselves tell of it
        meaning = clients.meaning_of(error)
        if isinstance(meaning, Refusal) and meaning.code in clients.NOT_LET_IN:
            said = clients.not_enabled(meaning, region, works_in)
            step = next_step(clients.CLOUD, said.code, said.message)
            return Check(f"The region {region}", False, f"{said.code}: {said.message} {step}")
    return None


def _optional(told: Check, without: str) -> Check:
    """What an account can do without: no failure, but told with what to grant."""
    return replace(told, ok=True, detail=f"{told.detail} Without it, {without}") if told.needs else told


def may_launch_fleets(ec2: Any, region: str, installation: str) -> bool:
    """Whether this credential may buy several machines in one call. Raises what a call raises that says neither."""
    for call in _fleet_trials(ec2, _trial(region, installation)).values():
        try:
            call()
        except Exception as error:
            meaning = clients.meaning_of(error)
            known = meaning.error_class if isinstance(meaning, Refusal) else None
            if known == ErrorClass.AUTH:
                return False
            if meaning.code not in WOULD_HAVE and known != ErrorClass.BAD_REQUEST:
                raise
    return True


def _fleet_trials(ec2: Any, trial: LaunchRequest) -> dict[str, Callable[[], Any]]:
    request = FleetRequest(trial, 1)
    template, fleet = fleets.create_template(request, {}), fleets.create_fleet(request, {})
    return {
        "ec2:CreateLaunchTemplate": lambda: ec2.create_launch_template(**template, DryRun=True),
        "ec2:CreateFleet": lambda: ec2.create_fleet(**fleet, DryRun=True),
    }


def _trial(region: str, installation: str) -> LaunchRequest:
    """A launch marked as the real ones are: a policy may allow only those."""
    tags = {"purser:check": "1"} | ({"purser:installation": installation} if installation else {})
    return LaunchRequest("purser-check", region, f"{region}a", SMALL, "on-demand", tags=tags)


def _reads(ec2: Any, region: str) -> Iterator[Check]:
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


def _images(ssm: Any, region: str, parameters: Sequence[str]) -> Check:
    """EC2 looks the images up as whoever launches, so that this has to be granted although we never call it else."""
    unknown: list[str] = []

    def look_up() -> None:
        unknown.extend(ssm.get_parameters(Names=list(parameters)).get("InvalidParameters") or ())

    told = _try("ssm:GetParameters", f"Images of machines in {region}", look_up)
    if unknown:
        detail = f"There is no parameter {' and no '.join(unknown)}: name an image in the option image or neuron_image."
        return replace(told, ok=False, detail=detail)
    return told


def _writes(ec2: Any, trial: LaunchRequest, options: Mapping[str, Any]) -> Iterator[Check]:
    region = trial.region
    said = order.run_instances(trial, options)
    needs = ["ec2:RunInstances", "ec2:CreateTags", *["iam:PassRole"] * bool(options.get("instance_profile"))]
    yield _try(", ".join(needs), f"Launching in {region}", lambda: ec2.run_instances(**said, DryRun=True))
    if options.get("buy_blocks"):
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
    if options.get("fleets", True):
        for permission, tried_so in _fleet_trials(ec2, trial).items():
            told = _try(permission, f"Several machines in one call in {region}", tried_so)
            yield _optional(told, "machines are bought one by one. The option fleets=false says that this is meant.")


def _quotas(quotas: Any, region: str) -> Check:
    told = _try(
        "servicequotas:ListServiceQuotas",
        f"Quotas in {region}",
        lambda: quotas.list_service_quotas(ServiceCode="ec2", MaxResults=1),
    )
    return _optional(told, "a full quota is met only by asking.")


def _try(permission: str, what: str, call: Callable[[], Any]) -> Check:
    return tried(permission, what, call, clients.meaning_of, would_do=WOULD_HAVE)

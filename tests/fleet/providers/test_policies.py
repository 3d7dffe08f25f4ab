"""What users are told to grant is what Purser asks for, all of it and nothing else: seen on the wire of each cloud.

The emulated clouds are told to let through only what the policies grant. Purser then does everything it ever does, for
every choice of options that changes what it takes. Kubernetes tells its rules itself (test_kubernetes.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.domain.outcomes import (
    AdviceAsk,
    BlockBought,
    BlockFound,
    BlockOrder,
    Check,
    FleetMade,
    FleetRequest,
    Found,
    Launched,
    LaunchRequest,
    Refusal,
    Terminated,
)
from fleet.providers import connect
from fleet.providers.base import Account, CloudProvider
from fleet.providers.policies import PolicyText, policies
from tests.deadline import wait_until
from tests.fleet.providers.aws_emulator import IMAGE, AwsEmulator
from tests.fleet.providers.azure_emulator import AzureEmulator
from tests.fleet.providers.emulators import Emulator
from tests.fleet.providers.gcp_emulator import TPU, GcpEmulator

OURS = "b2d4a7c0-installation"
TAGS = {"purser:installation": OURS}
HOWTOS = Path("docs/howto")


@dataclass
class Granted:
    """An account that may do what its policies grant, and the emulator that holds it to that."""

    provider: str
    emulator: Emulator
    account: Account

    @property
    def cloud(self) -> CloudProvider:
        return connect(self.provider, self.account)

    @property
    def texts(self) -> Sequence[PolicyText]:
        return policies(self.provider, self.account.options, OURS)

    @property
    def permissions(self) -> set[str]:
        return {one for text in self.texts for one in text.permissions}

    def grant(self, *, without: str = "") -> None:
        """What the policies say, or all but one of it."""
        secret = json.loads(self.account.secret)
        left = sorted(self.permissions - {without})
        if isinstance(self.emulator, AwsEmulator):
            self.emulator._aws.put("grants", {"access_key_id": secret["access_key_id"], "actions": left})
        elif isinstance(self.emulator, GcpEmulator):
            self.emulator._gcp.put("grants", {"token": secret["access_token"], "permissions": left})
        elif isinstance(self.emulator, AzureEmulator):
            roles = [(text.scope, [one for one in text.permissions if one != without]) for text in self.texts]
            self.emulator._azure.put("grants", {"client_id": secret["client_id"], "roles": roles})

    def used(self) -> set[str]:
        secret = json.loads(self.account.secret)
        if isinstance(self.emulator, AwsEmulator):
            return set(self.emulator._aws.get("used", access_key_id=secret["access_key_id"])["items"])
        if isinstance(self.emulator, GcpEmulator):
            return set(self.emulator._gcp.get("used", token=secret["access_token"])["items"])
        assert isinstance(self.emulator, AzureEmulator)
        small = set(self.emulator._azure.get("used", client_id=secret["client_id"])["items"])
        return {one for one in self.permissions if one.lower() in small} | (
            small - {o.lower() for o in self.permissions}
        )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Emulator]]:
    folder = tmp_path_factory.mktemp("policies")
    with AwsEmulator.running(folder) as aws, AzureEmulator.running(folder) as azure, GcpEmulator.running(folder) as gcp:
        yield {"aws": aws, "azure": azure, "gcp": gcp}


ONE_REGION: dict[str, dict[str, Any]] = {
    "aws": {"regions": ["us-east-1"]}, "azure": {"regions": ["eastus"]}, "gcp": {"regions": ["us-central1"]},
}  # fmt: skip
MACHINES_RUN_AS = "machines@p.iam.gserviceaccount.com"
NETWORK = "/subscriptions/{0}/resourceGroups/{1}/providers/Microsoft.Network"
IN_OURS = {"eastus": NETWORK + "/networkSecurityGroups/machines"}
THERE = "/subscriptions/{0}/resourceGroups/reservations/providers"
ELSEWHERE = {
    "subnets": {"eastus": f"{THERE}/Microsoft.Network/virtualNetworks/v/subnets/s"},
    "security_groups": {"eastus": f"{THERE}/Microsoft.Network/networkSecurityGroups/g"},
    "image": f"{THERE}/Microsoft.Compute/galleries/g/images/i/versions/1.0.0",
}  # fmt: skip
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "aws: as it comes": ("aws", {"queue_url": None, "buy_blocks": False}),
    "aws: with a queue": ("aws", {"buy_blocks": False}),
    "aws: with capacity blocks": ("aws", {}),
    "aws: with images of one's own": ("aws", {"image": IMAGE, "neuron_image": IMAGE}),
    "aws: with a role for machines": ("aws", {"instance_profile": "machines"}),
    "azure: as it comes": ("azure", {}),
    "azure: with security groups": ("azure", {"security_groups": IN_OURS}),
    "azure: with networks and an image elsewhere": ("azure", ELSEWHERE),
    "gcp: as it comes": ("gcp", {}),
    "gcp: without addresses": ("gcp", {"external_ip": False}),
    "gcp: with all its options": (
        "gcp",
        {"network_tags": ["gpu"], "service_account": MACHINES_RUN_AS, "image": "global/images/own"},
    ),
    "gcp: with TPUs": ("gcp", {"tpus": True, "service_account": MACHINES_RUN_AS}),
}  # fmt: skip


# Those that between them take every permission.
WIDEST = ("aws: with a role for machines", "azure: with networks and an image elsewhere", "gcp: with all its options",
          "gcp: with TPUs")  # fmt: skip


@pytest.fixture(params=CASES)
def granted(request: pytest.FixtureRequest, running: dict[str, Emulator]) -> Granted:
    provider, options = CASES[request.param]
    made = running[provider].account(TPU if options.get("tpus") else provider)
    place = [str(made.options.get(name)) for name in ("subscription_id", "resource_group")]
    filled = json.loads(re.sub(r"\{([01])\}", lambda found: place[int(found[1])], json.dumps(options)))
    chosen = {
        name: value for name, value in (made.options | ONE_REGION[provider] | filled).items() if value is not None
    }
    found = Granted(provider, running[provider], replace(made, options=chosen, installation=lambda: OURS))
    if provider == "azure":
        _reserve(found)
    found.grant()
    return found


def _reserve(granted: Granted) -> None:
    """Paid capacity, so that Purser has some to read and to launch into."""
    assert isinstance(granted.emulator, AzureEmulator)
    place = {"subscription_id": granted.account.options["subscription_id"], "group": "group-ours", "name": "ours"}
    shape = {"instance_type": "Standard_ND96isr_H100_v5", "zone": "eastus-1", "capacity": 2}
    granted.emulator._azure.put("reservations", {**place, **shape})


# --- On the wire ------------------------------------------------------------------------------------------------------


def test_what_is_granted_is_all_that_purser_takes_and_it_takes_all_of_it(granted: Granted) -> None:
    assert [check for check in granted.cloud.checks() if _fails(check)] == []
    _do_everything(granted)
    assert granted.used() == granted.permissions


# The cloud lets nobody try these without doing them, and a name that is nobody's is answered before they are looked at.
UNTOLD = {
    "sqs:DeleteMessage": "a warning that cannot be taken out of the queue comes again, and is logged",
    "ec2:DeleteLaunchTemplate": "a template is left behind, and costs nothing",
}


@pytest.mark.parametrize("granted", WIDEST, indirect=True)
def test_what_is_not_granted_is_named_when_the_account_is_tried(granted: Granted) -> None:
    for permission in sorted(granted.permissions - set(UNTOLD)):
        granted.grant(without=permission)
        told = [check.needs for check in granted.cloud.checks() if check.needs]
        assert any(permission in needs for needs in told), permission


def _fails(check: Check) -> bool:
    """A queue that there is none of is told of as a failure, which nothing that could be granted would mend."""
    return not check.ok and not check.detail.startswith("No queue_url")


def _do_everything(granted: Granted) -> None:
    cloud = granted.cloud
    cloud.facts()
    pools = list(cloud.offerings())
    cloud.price_history(granted.emulator.now() - timedelta(hours=1))
    assert cloud.quotas() or granted.account.cloud == TPU
    paid = cloud.paid_capacity()
    spot = [pool for pool in pools if pool.capacity_type == "spot"]
    cloud.advice([AdviceAsk(p.region, p.zone, p.instance_type, p.capacity_type, "L4") for p in spot])
    for number, order in enumerate(_orders(granted)):
        if order.capacity_type == "reserved":
            order = replace(order, reservation=next(one.ref for one in paid))
        _one_machine(cloud, replace(order, token=f"{granted.account.name}-{number}"))
    if granted.provider == "aws":
        _several_machines(cloud, granted)
        _blocks(cloud, granted)
    if granted.provider == "azure":
        _remains(cloud, granted)
    assert cloud.inventory(OURS).complete


def _remains(cloud: CloudProvider, granted: Granted) -> None:
    """What stays of a machine, which is ours to remove."""
    assert isinstance(granted.emulator, AzureEmulator)
    order = replace(next(_orders(granted)), token=f"{granted.account.name}-remains")
    made = cloud.launch(order)
    assert isinstance(made, Launched), made
    granted.emulator._azure.post("strays", {"name": made.machine.provider_id})
    wait_until(lambda: [one.remains for one in cloud.inventory(OURS).machines] == [True], "it is gone but for its disk")
    [left] = cloud.inventory(OURS).machines
    assert isinstance(cloud.terminate(left.provider_id, left.region), Terminated)


def _orders(granted: Granted) -> Iterator[LaunchRequest]:
    """Each of the account's own images."""
    order = replace(granted.emulator.order(granted.account.cloud, "none"), image="", tags=TAGS)
    yield order
    if granted.provider == "aws":
        yield replace(order, instance_type="inf2.xlarge")
    if granted.provider == "azure":
        yield replace(order, instance_type="Standard_ND96isr_H100_v5", capacity_type="reserved")
    if granted.account.cloud == TPU:
        yield replace(granted.emulator.order("gcp", "none"), image="", tags=TAGS)


def _one_machine(cloud: CloudProvider, order: LaunchRequest) -> None:
    assert cloud.find(order) == Found(None)
    made = cloud.launch(order)
    assert isinstance(made, Launched), made
    assert isinstance(cloud.find(order), Found)
    machine = made.machine
    assert [seen.provider_id for seen in cloud.describe([machine.provider_id]).machines] == [machine.provider_id]
    cloud.settle(cloud.notices(0))
    assert isinstance(cloud.terminate(machine.provider_id, machine.region), Terminated)
    wait_until(lambda: _has_ended(cloud, machine.provider_id), "it has ended")


def _has_ended(cloud: CloudProvider, provider_id: str) -> bool:
    seen = cloud.describe([provider_id])
    assert seen.complete, seen.problem
    return not any(machine.live for machine in seen.machines)


def _several_machines(cloud: Any, granted: Granted) -> None:
    [order, *_] = _orders(granted)
    fleet = FleetRequest(
        replace(order, token=f"fleet of {granted.account.name}"[:64], tags={**TAGS, "purser:fleet": "f"}), 2
    )
    made = cloud.launch_fleet(fleet)
    assert isinstance(made, FleetMade), made
    assert len(made.machines) == 2
    assert cloud.find_fleet(fleet).complete
    if granted.account.options.get("queue_url"):
        granted.emulator.take_back("aws", made.machines[0].provider_id)
        cloud.settle(cloud.notices(0))


def _blocks(cloud: CloudProvider, granted: Granted) -> None:
    offers = cloud.block_offers(granted.emulator.block_ask("aws"))
    order = BlockOrder("order", "us-east-1", offers[0].ref, {"purser:order": "o"})
    bought = cloud.buy_block(order)
    if not granted.account.options.get("buy_blocks"):
        assert isinstance(bought, Refusal)
        assert bought.code == "blocks-not-bought"
        return
    assert isinstance(bought, BlockBought), bought
    assert isinstance(cloud.find_block(order), BlockFound)


# --- In the documents -------------------------------------------------------------------------------------------------


def _blocks_of(name: str, language: str) -> list[str]:
    text = (HOWTOS / name).read_text(encoding="utf-8")
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)


def test_the_howto_of_aws_shows_the_policy_that_is_printed() -> None:
    queue = "https://sqs.us-east-1.amazonaws.com/123456789012/purser-interruptions"
    [text] = policies("aws", {"queue_url": queue}, "YOUR-INSTALLATION")
    shown = [json.loads(block) for block in _blocks_of("connect-aws.md", "json")]
    assert json.loads(text.text) in shown


def test_the_howto_of_azure_shows_the_roles_that_are_printed() -> None:
    options = {"subscription_id": "SUBSCRIPTION", "security_groups": {}}
    shown = [json.loads(block) for block in _blocks_of("connect-azure.md", "json")]
    assert [json.loads(text.text) for text in policies("azure", options, OURS)] == shown


def test_the_howto_of_google_names_every_permission_and_no_other() -> None:
    everything: Mapping[str, Any] = {
        "project": "p", "tpus": True, "network_tags": ["x"], "service_account": "x@y", "image": "global/images/own",
    }  # fmt: skip
    table = "\n".join(line for line in (HOWTOS / "connect-google-cloud.md").read_text().splitlines() if "|" in line)
    named, last = set(), ""
    for one in re.findall(r"`((?:compute|tpu|iam)?\.[\w.]+)`", table.replace("`compute", "`compute")):
        last = one if not one.startswith(".") else last.rpartition(".")[0] + one
        named.add(last)
    assert named == {one for text in policies("gcp", everything, OURS) for one in text.permissions}

"""The emulated clusters under contract (tests.emulators.kubernetes)."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Self

import yaml

from fleet.domain.outcomes import LaunchRequest, PriceChange, Scope
from fleet.providers.base import Account
from tests.emulators.process import Emulated, emulator_process
from tests.fleet.providers.emulators import SellsNoBlocks, Words
from tests.fleet.providers.gateway import Tls

NAMESPACE = "purser"
# What the calls of each verb look like. A launch also follows the pods, and looks at a workload that is there already.
WORKLOADS = "/apis/apps/v1/namespaces/[^/]+/deployments"
VERBS = {
    "launch": {"method": "POST", "path": f"{WORKLOADS}$"},
    "terminate": {"method": "DELETE", "path": f"{WORKLOADS}/"},
    "find": {"method": "GET", "path": f"{WORKLOADS}/"},
    "list": {"method": "GET", "path": f"{WORKLOADS}$"},
    "*": {},
}
OPERATIONS = {"": "", "launch": "create deployments"}
PRICES = {"g6.48xlarge": "13.35", "p5.48xlarge": "55.04", "p4d.24xlarge": "21.96", "trn2.48xlarge": "35.76"}


class KubernetesEmulator(SellsNoBlocks):
    """An account is a cluster of its own that one token opens, so one process serves all tests."""

    SMALLEST_PAGE: ClassVar[int] = 1
    words: ClassVar[dict[str, Words]] = {
        "kubernetes": Words(
            "TooManyRequests",
            "Forbidden",
            "InternalError",
            keeps_notices=False,
            remembers_the_ended=False,
            unasked=frozenset({"price history", "paid capacity"}),
            names_no_account=True,
            throttle_scope=Scope.ACCOUNT,
            quota_scope=Scope.REGION,
        ),
    }

    def __init__(self, emulated: Emulated) -> None:
        self.emulated = emulated
        self._numbers = itertools.count(1)
        self.tls = Tls(emulated.ca_file, emulated.server_file)

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        with emulator_process("tests.emulators.kubernetes") as emulated:
            yield cls(emulated)

    def account(self, cloud: str, nodes: list[dict[str, Any]] | None = None, **options: Any) -> Account:
        """`nodes`: those of the cluster, in place of the usual ones."""
        number = next(self._numbers)
        token = f"hush-hush-{number}"
        told = self.emulated.put("clusters", {"token": token, **({"nodes": nodes} if nodes is not None else {})})
        said = {
            "prices": PRICES,
            "schedule_seconds": 0.15,
            "emulated_cluster": told["cluster"],
            "emulated_uid": told["uid"],
            **options,
        }
        return Account(cloud, f"contract {cloud} {number}", self.kubeconfig(token), said)

    def kubeconfig(self, token: str, server: str = "", ca_file: str = "") -> str:
        """As `kubectl config view --raw --minify --flatten` gives one."""
        authority = base64.b64encode(Path(ca_file or self.emulated.ca_file).read_bytes()).decode()
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "emulated",
            "contexts": [
                {"name": "emulated", "context": {"cluster": "emulated", "user": "purser", "namespace": NAMESPACE}}
            ],
            "clusters": [
                {
                    "name": "emulated",
                    "cluster": {"server": server or self.emulated.url, "certificate-authority-data": authority},
                }
            ],
            "users": [{"name": "purser", "user": {"token": token}}],
        }
        return yaml.safe_dump(config)

    def account_ref(self, account: Account) -> str:
        return str(account.options["emulated_uid"])

    def secrets(self, account: Account) -> list[str]:
        return [self.token(account)]

    @staticmethod
    def token(account: Account) -> str:
        return str(yaml.safe_load(account.secret)["users"][0]["user"]["token"])

    def address(self, account: Account) -> str:
        return str(self.emulated.url)

    def through(self, account: Account, address: str) -> Account:
        return replace(account, secret=self.kubeconfig(self.token(account), server=address))

    def impatient(self, account: Account, seconds: float) -> Account:
        return _with(account, read_seconds=seconds, write_seconds=seconds)

    def paged(self, account: Account, size: int) -> Account:
        return _with(account, page_size=size)

    def order(self, cloud: str, token: str) -> LaunchRequest:
        return LaunchRequest(token, "us-east-1", "us-east-1a", "g6.48xlarge/1-gpu", "on-demand")

    def machines(self, token: str) -> list[dict[str, Any]]:
        return list(self.emulated.get("machines", token=token)["items"])

    def calls(self, verb: str = "") -> int:
        return int(self.emulated.get("calls", operation=OPERATIONS[verb])["calls"])

    def tokens(self, verb: str) -> set[str]:
        return set()

    def price_changes(self, cloud: str, since: datetime) -> set[PriceChange]:
        return set()

    def now(self) -> datetime:
        return datetime.fromisoformat(self.emulated.get("clock")["now"])

    def spoil(self, account: Account, verb: str, kind: str, **details: Any) -> None:
        self.emulated.post("faults", {"kind": kind, **VERBS[verb], **details})

    def heal(self) -> None:
        self.emulated.delete("faults")

    @contextmanager
    def sold_out(self, request: LaunchRequest, cloud: str) -> Iterator[None]:
        pool = {"node_type": request.instance_type.partition("/")[0], "zone": request.zone}
        pool["capacity_type"] = request.capacity_type
        self.emulated.put("stock", {**pool, "full": True})
        try:
            yield
        finally:
            self.emulated.put("stock", {**pool, "full": False})

    @contextmanager
    def without_quota(self, request: LaunchRequest, account: Account) -> Iterator[None]:
        cluster = {"cluster": account.options["emulated_cluster"]}
        self.emulated.put("quotas", {**cluster, "hard": {"requests.nvidia.com/gpu": "0"}})
        try:
            yield
        finally:
            self.emulated.put("quotas", {**cluster, "hard": None})

    @contextmanager
    def lagging(self, seconds: float) -> Iterator[None]:
        self.emulated.put("delays", {"lag": seconds})
        try:
            yield
        finally:
            self.emulated.put("delays", {"lag": 0.0})

    def revoke(self, account: Account) -> None:
        self.emulated.put("clusters", {"token": self.token(account), "works": False})

    def take_back(self, cloud: str, provider_id: str) -> None:
        self.emulated.post("taints", {"machine": provider_id, "key": "aws-node-termination-handler/spot-itn"})


def _with(account: Account, **options: Any) -> Account:
    return replace(account, options={**account.options, **options})

"""The truth about every machine that was ever made, and about every operation, in whatever project."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.emulators.gcp import catalogue

API = "https://www.googleapis.com/compute/v1"


@dataclass
class Delays:
    """How long things take, in real seconds; `lag`: until lists show a new machine."""

    starting: float = 0.2
    refusing: float = 0.1
    ending: float = 0.2
    lag: float = 0.0


@dataclass
class Machine:
    """One instance, with the body it was asked for with."""

    id: int
    project: str
    zone: str
    name: str
    body: dict[str, Any]
    request_id: str
    made_at: datetime
    waits_until: datetime | None = None  # in the queue of flex-start
    started_at: datetime | None = None  # after it has waited
    order: Operation | None = None
    stops_at: datetime | None = None
    ends_at: datetime | None = None
    gone_at: datetime | None = None

    @property
    def shape(self) -> catalogue.Shape:
        return catalogue.SHAPES[self.body["machineType"].rpartition("/")[2]]

    @property
    def market(self) -> str:
        if self.reservation:
            return "reserved"
        model = self.body.get("scheduling", {}).get("provisioningModel", "")
        return {"SPOT": "spot", "FLEX_START": "flex-start"}.get(model, "on-demand")

    @property
    def reservation(self) -> str:
        """The name of the one it is to go into; empty: none."""
        affinity = self.body.get("reservationAffinity", {})
        named = affinity.get("consumeReservationType") == "SPECIFIC_RESERVATION"
        return str(affinity["values"][0]) if named else ""

    @property
    def waits(self) -> bool:
        return self.waits_until is not None and self.started_at is None

    @property
    def runs_until(self) -> datetime | None:
        """When its time is over."""
        limit = self.body.get("scheduling", {}).get("maxRunDuration")
        if limit is None or self.waits:
            return None
        return (self.started_at or self.made_at) + timedelta(seconds=int(limit["seconds"]))

    @property
    def link(self) -> str:
        return f"{API}/projects/{self.project}/zones/{self.zone}/instances/{self.name}"

    def live(self, at: datetime) -> bool:
        """It is paid for, and counts against quotas."""
        return self.ends_at is None or at < self.ends_at

    def exists(self, at: datetime) -> bool:
        """It has its name still."""
        return self.gone_at is None or at < self.gone_at

    def status(self, at: datetime, delays: Delays) -> str:
        if self.stops_at is not None and at >= self.stops_at:
            return "STOPPING"
        if self.waits:
            return "PENDING"
        age = (at - (self.started_at or self.made_at)).total_seconds() / delays.starting if delays.starting else 1.0
        return "RUNNING" if age >= 1 else "STAGING" if age >= 0.5 else "PROVISIONING"

    def as_told(self, at: datetime, delays: Delays) -> dict[str, Any]:
        """The instance as instances.get tells it."""
        status = self.status(at, delays)
        told = {
            **self.body,
            "kind": "compute#instance",
            "id": str(self.id),
            "name": self.name,
            "zone": f"{API}/projects/{self.project}/zones/{self.zone}",
            "selfLink": self.link,
            "machineType": f"{API}/projects/{self.project}/zones/{self.zone}/machineTypes/{self.shape.name}",
            "creationTimestamp": text(self.made_at),
            "status": status,
            "networkInterfaces": [
                {**interface, "networkIP": f"10.128.{self.id % 200}.{number + 2}"}
                for number, interface in enumerate(self.body["networkInterfaces"])
            ],
            "disks": [
                {name: value for name, value in disk.items() if name != "initializeParams"}
                for disk in self.body["disks"]
            ],
        }
        told.pop("params", None)  # only ever asked with
        if status not in ("PENDING", "PROVISIONING", "STAGING"):
            told["lastStartTimestamp"] = text((self.started_at or self.made_at) + timedelta(seconds=delays.starting))
        return told

    def as_truth(self, at: datetime) -> dict[str, Any]:
        """What the control API says of it."""
        return {
            "id": f"{self.zone}/{self.id}",
            "name": self.name,
            "project": self.project,
            "zone": self.zone,
            "instance_type": self.shape.name,
            "capacity_type": self.market,
            "request_id": self.request_id,
            "launched_at": self.made_at.isoformat(),
            "terminated_at": None if self.live(at) or self.ends_at is None else self.ends_at.isoformat(),
        }


@dataclass
class Operation:
    """One operation of a zone."""

    id: int
    name: str
    project: str
    zone: str
    kind: str
    target: str
    target_id: int
    made_at: datetime
    done_at: datetime
    request_id: str = ""
    errors: list[dict[str, Any]] = field(default_factory=list)
    status_code: int = 0
    by: str = ""

    def done(self, at: datetime) -> bool:
        return at >= self.done_at

    def as_told(self, at: datetime) -> dict[str, Any]:
        zone = f"{API}/projects/{self.project}/zones/{self.zone}"
        told: dict[str, Any] = {
            "kind": "compute#operation",
            "id": str(self.id),
            "name": self.name,
            "zone": zone,
            "selfLink": f"{zone}/operations/{self.name}",
            "operationType": self.kind,
            "targetLink": self.target,
            "targetId": str(self.target_id),
            "user": self.by,
            "insertTime": text(self.made_at),
            "startTime": text(self.made_at),
            "status": "DONE" if self.done(at) else "RUNNING",
            "progress": 100 if self.done(at) else 0,
        }
        if self.request_id:
            told["clientOperationId"] = self.request_id
        if self.done(at):
            told["endTime"] = text(self.done_at)
            if self.errors:
                told["error"] = {"errors": self.errors}
                told["httpErrorStatusCode"] = self.status_code
                told["httpErrorMessage"] = "SERVICE UNAVAILABLE" if self.status_code == 503 else "FORBIDDEN"
        return told


def text(at: datetime) -> str:
    """Google's timestamps have thousandths of a second, and an offset."""
    return at.isoformat(timespec="milliseconds")

"""The truth about every machine that was ever made, in whatever account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

STATES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48}


def now() -> datetime:
    """The cloud's clock, which is the machine's."""
    return datetime.now(UTC)


@dataclass
class Delays:
    """How long things take, in real seconds; `lag`: until lists show a new machine."""

    pending: float = 0.2
    ending: float = 0.2
    payment: float = 0.2
    lag: float = 0.0


@dataclass
class Machine:
    """One instance: what moto does not know of it."""

    id: str
    account: str
    region: str
    zone: str
    instance_type: str
    vcpus: int
    market: str
    token: str
    launched_at: datetime
    reservation: str = ""
    ends_at: datetime | None = None
    ended_by_aws: bool = False

    @property
    def spot_request(self) -> str:
        return f"sir-{self.id[-8:]}" if self.market == "spot" else ""

    def state(self, at: datetime, delays: Delays) -> str:
        if self.ends_at is None or at < self.ends_at:
            return "pending" if at < self.launched_at + timedelta(seconds=delays.pending) else "running"
        return "shutting-down" if at < self.ends_at + timedelta(seconds=delays.ending) else "terminated"

    def live(self, at: datetime) -> bool:
        """It is paid for, and counts against quotas and stock."""
        return self.ends_at is None or at < self.ends_at

    def shown(self, at: datetime, delays: Delays) -> bool:
        return at >= self.launched_at + timedelta(seconds=delays.lag)

    def as_told(self, plain: dict[str, Any], at: datetime, delays: Delays) -> dict[str, Any]:
        """The instance as DescribeInstances tells it, from moto's `plain` one."""
        state = self.state(at, delays)
        told = {
            **plain,
            "State": state_of(state),
            "ClientToken": self.token,
            "LaunchTime": self.launched_at.replace(microsecond=0),
            "InstanceLifecycle": self.market if self.market != "on-demand" else None,
            "SpotInstanceRequestId": self.spot_request or None,
            "CapacityReservationId": self.reservation or None,
            "StateReason": None,
            "StateTransitionReason": "",
        }
        if state == "pending":
            told["StateReason"] = {"Code": "pending", "Message": "pending"}
        if state in ("shutting-down", "terminated"):
            told |= self._end()
        if state == "terminated":
            gone = ("PrivateIpAddress", "PublicIpAddress", "SubnetId", "VpcId", "NetworkInterfaces", "SecurityGroups")
            told |= dict.fromkeys((*gone, "PrivateDnsName", "PublicDnsName"))
        return {name: value for name, value in told.items() if value is not None}

    def as_truth(self) -> dict[str, Any]:
        """What the control API says of it. It ended when the cloud accepted its end."""
        ended = self.ends_at.isoformat() if self.ends_at is not None and not self.live(now()) else None
        facts = {name: value for name, value in vars(self).items() if name not in ("launched_at", "ends_at")}
        return {**facts, "launched_at": self.launched_at.isoformat(), "terminated_at": ended}

    def _end(self) -> dict[str, Any]:
        assert self.ends_at is not None
        when = self.ends_at.strftime("%Y-%m-%d %H:%M:%S GMT")
        if self.ended_by_aws:
            reason = {
                "Code": "Server.SpotInstanceTermination",
                "Message": "Server.SpotInstanceTermination: Spot instance termination",
            }
            return {"StateReason": reason, "StateTransitionReason": f"Service initiated ({when})"}
        reason = {
            "Code": "Client.UserInitiatedShutdown",
            "Message": "Client.UserInitiatedShutdown: User initiated shutdown",
        }
        return {"StateReason": reason, "StateTransitionReason": f"User initiated ({when})"}


def state_of(name: str) -> dict[str, Any]:
    return {"Code": STATES[name], "Name": name}

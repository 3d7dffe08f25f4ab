"""What every operation is handed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.emulators.aws.plain import Moto
from tests.emulators.aws.wire import Call
from tests.emulators.aws.world import World


@dataclass(frozen=True)
class Ask:
    """A call whose sender is known, and the world it is about."""

    world: World
    moto: Moto
    account: str
    call: Call

    @property
    def params(self) -> dict[str, Any]:
        return self.call.params

    @property
    def region(self) -> str:
        return self.call.region

    def plain(self, action: str, **form: str) -> dict[str, Any]:
        """moto's answer to an EC2 call in the same account and region. Raises Refused."""
        return self.moto.ec2(self.account, self.region, {"Action": action, "Version": "2016-11-15", **form})

"""Which backend gets the next request: smooth weighted least load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Balancer:
    """Remembers how often each backend was picked, so that equal loads are served in turn."""

    picked: dict[str, int] = field(default_factory=dict)

    def choose(self, weights: Mapping[str, float], loads: Mapping[str, int]) -> str | None:
        """The backend with the least load per weight; ties go to the one picked least per weight, then by name.

        Backends without a positive weight, or missing from `loads` (they take no work), are not considered.
        """
        open_to_work = [replica for replica, weight in weights.items() if weight > 0 and replica in loads]
        if not open_to_work:
            return None

        def score(replica: str) -> tuple[float, float, str]:
            weight = weights[replica]
            return (loads[replica] + 1) / weight, self.picked.get(replica, 0) / weight, replica

        chosen = min(open_to_work, key=score)
        self.picked[chosen] = self.picked.get(chosen, 0) + 1
        return chosen

    def keep(self, replicas: Mapping[str, float]) -> None:
        """Forget those that left and let newcomers start level, so that nobody must catch up."""
        level = min((self.picked[name] for name in replicas if name in self.picked), default=0)
        self.picked = {name: self.picked.get(name, level) for name in replicas}

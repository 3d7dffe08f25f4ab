"""Writing the Prometheus text format the way prometheus_client does (labels sorted, numbers as floats)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sandbox.engine_counters import Histogram

Kind = Literal["counter", "gauge", "histogram", "summary"]
Labels = Mapping[str, str]
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Exposition:
    """Collects families; `text()` is the page."""

    lines: list[str] = field(default_factory=list)

    def family(self, name: str, kind: Kind, help_text: str, samples: Iterable[tuple[Labels, float]]) -> None:
        self._head(name, kind, help_text)
        for labels, value in samples:
            self._sample(name, labels, value)

    def counter(
        self, name: str, help_text: str, samples: Iterable[tuple[Labels, float]], *, created: float | None = None
    ) -> None:
        """A counter whose `name` ends in _total, with its _created gauge when the moment is given."""
        rows = list(samples)
        self.family(name, "counter", help_text, rows)
        if created is not None:
            self._created(name.removesuffix("_total"), help_text, [labels for labels, _ in rows], created)

    def histogram(self, name: str, help_text: str, labels: Labels, histogram: Histogram, *, created: float) -> None:
        self._head(name, "histogram", help_text)
        counts = histogram.cumulative()
        bounds = [_number(bound) for bound in histogram.bounds] + ["+Inf"]
        for bound, count in zip(bounds, counts, strict=True):
            self._sample(f"{name}_bucket", {**labels, "le": bound}, count)
        self._sample(f"{name}_count", labels, counts[-1])
        self._sample(f"{name}_sum", labels, histogram.total)
        self._created(name, help_text, [labels], created)

    def summary(self, name: str, help_text: str, labels: Labels, *, count: float, total: float, created: float) -> None:
        self._head(name, "summary", help_text)
        self._sample(f"{name}_count", labels, count)
        self._sample(f"{name}_sum", labels, total)
        self._created(name, help_text, [labels], created)

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def _created(self, base: str, help_text: str, label_sets: Iterable[Labels], created: float) -> None:
        self.family(f"{base}_created", "gauge", help_text, ((labels, created) for labels in label_sets))

    def _head(self, name: str, kind: Kind, help_text: str) -> None:
        self.lines.append(f"# HELP {name} {help_text}")
        self.lines.append(f"# TYPE {name} {kind}")

    def _sample(self, name: str, labels: Labels, value: float) -> None:
        shown = ",".join(f'{key}="{_escaped(labels[key])}"' for key in sorted(labels))
        self.lines.append(f"{name}{{{shown}}} {_number(value)}" if shown else f"{name} {_number(value)}")


def _number(value: float) -> str:
    return repr(float(value))


def _escaped(value: str) -> str:
    if value.isalnum():
        return value
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")

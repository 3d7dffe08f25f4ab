"""Purser's functions in the shape of other programs' plug-ins."""

from __future__ import annotations

from collections.abc import Sequence

from inference.domain import sketch as packed


class Sketch:
    """Build, merge and read percentile sketches."""

    def build(self, values: Sequence[float]) -> bytes:
        return packed.build(values)

    def merge(self, blobs: Sequence[bytes]) -> bytes:
        return packed.merge(blobs)

    def quantiles(self, blob: bytes, qs: Sequence[float]) -> list[float]:
        return packed.quantiles(blob, qs)


def sketch() -> Sketch:
    return Sketch()

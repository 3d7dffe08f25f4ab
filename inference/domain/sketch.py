"""Percentile sketches: counts in logarithmic buckets 2 % wide, so that any percentile is within 1 % of a true value.

The bucket rule is DDSketch's (Masson, Rim, Lee, VLDB 2019): value v goes to bucket ceil(log_g v), g = (1+a)/(1-a), and
is read back as 2 g^i / (g+1). What is ours is the packed form, chosen so that a day of minutes is summed in one numpy
call: a sketch is a run of 16-bit words, each `plane << 12 | bucket` and worth 2^plane values, plane < 15. Words of many
sketches can simply be laid end to end, and counting equal words merges them. Where single buckets hold very many
values, 32-bit words (`bucket << 20 | count`) are smaller; such a sketch begins with the 16-bit word 0xF001, which no
narrow word can be.

Values are plain numbers >= 0 in the unit of the caller (here: milliseconds). Between 1e-9 and 1e+26 the error
bound holds; smaller values count as zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

RELATIVE_ERROR = 0.0099  # a hair under 1 %, so that rounding cannot break the promise
SMALLEST = 1e-9
EMPTY = b""

_BUCKET_BITS = 12
_BUCKETS = 1 << _BUCKET_BITS
_PLANES = 15
_COUNT_BITS = 20
_LARGEST_COUNT = (1 << _COUNT_BITS) - 1
_WIDE = b"\x01\xf0"
_LARGEST_TABLE = 1 << 22
_GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_GROWTH = math.log(_GROWTH)
_FIRST = math.ceil(math.log(SMALLEST) / _LOG_GROWTH) - 1  # bucket 1 holds the smallest values, bucket 0 the zeros
_PLANE_WORTH = 1 << np.arange(_PLANES, dtype=np.int64)

Counts = NDArray[np.int64]


class BadSketch(ValueError):
    """These bytes are no sketch, or these values cannot go into one."""


def build(values: Iterable[float]) -> bytes:
    """Pack values >= 0. Raises BadSketch on NaN, infinity, or a negative value."""
    array = np.fromiter(values, dtype=np.float64)
    if array.size == 0:
        return EMPTY
    if not (np.isfinite(array).all() and array.min() >= 0):
        raise BadSketch("a sketch takes finite values of 0 or more")
    return _pack(np.bincount(_bucket(array)))


def merge(blobs: Sequence[bytes]) -> bytes:
    """One sketch of everything in `blobs`. Order does not matter. Raises BadSketch."""
    return _pack(_counts(blobs))


def count(blob: bytes) -> int:
    """How many values are in it."""
    return int(_counts([blob]).sum())


def quantiles(blob: bytes, qs: Sequence[float]) -> list[float]:
    """The values at ranks q × (n - 1), each within 1 % of a true one. Raises BadSketch when it is empty."""
    total, values = read([blob], qs)
    if total == 0:
        raise BadSketch("an empty sketch has no percentiles")
    return values


def read(blobs: Sequence[bytes], qs: Sequence[float]) -> tuple[int, list[float]]:
    """How many values are in all of them together, and their `quantiles`; none of these when there are no values."""
    cumulated = np.cumsum(_counts(blobs))
    total = int(cumulated[-1]) if cumulated.size else 0
    if total == 0:
        return 0, []
    ranks = np.floor(np.asarray(qs, dtype=np.float64) * (total - 1))
    found = np.searchsorted(cumulated, ranks, side="right")
    return total, [_value(int(bucket)) for bucket in found]


def read_each(groups: Sequence[Sequence[bytes]], qs: Sequence[float]) -> list[tuple[int, list[float]]]:
    """`read` of each group of sketches, in one table of buckets: for the many steps of a chart. Raises BadSketch."""
    joined = [b"".join(blobs) for blobs in groups]
    if any(len(blob) % 2 for blob in joined):
        raise BadSketch("not a sketch: its length is odd")
    words = np.frombuffer(b"".join(joined), dtype="<u2")
    planes, buckets = words >> _BUCKET_BITS, (words & (_BUCKETS - 1)).astype(np.int64)
    first = int(buckets.min()) if words.size else 0
    width = int(buckets.max()) - first + 1 if words.size else 0
    if not width or int(planes.max()) >= _PLANES or len(groups) * width > _LARGEST_TABLE:  # some are wide
        return [read(blobs, qs) for blobs in groups]
    owner = np.repeat(np.arange(len(groups)), [len(blob) // 2 for blob in joined])
    # Exact: the weights are whole numbers, and float64 holds those up to 2^53.
    counts = np.bincount(owner * width + buckets - first, weights=_PLANE_WORTH[planes], minlength=len(groups) * width)
    cumulated = np.cumsum(counts.reshape(len(groups), width), axis=1)
    totals = cumulated[:, -1].astype(np.int64)
    ranks = np.floor(np.asarray(qs, dtype=np.float64) * (totals[:, np.newaxis] - 1))
    found = first + np.stack([(cumulated <= rank[:, np.newaxis]).sum(axis=1) for rank in ranks.T], axis=1)
    return [
        (total, [_value(bucket) for bucket in row] if total else [])
        for total, row in zip(totals.tolist(), found.tolist(), strict=True)
    ]


def share_at_most(blob: bytes, limit: float) -> float | None:
    """Which part of the values is <= limit, give or take those within 1 % of it; None when it is empty."""
    counts = _counts([blob])
    total = int(counts.sum())
    if total == 0:
        return None
    within = int(_bucket(np.asarray([limit]))[0]) + 1 if limit >= 0 else 0
    return int(counts[:within].sum()) / total


def _bucket(values: NDArray[np.float64]) -> NDArray[np.int64]:
    positive = np.maximum(values, SMALLEST / 2)
    buckets = np.ceil(np.log(positive) / _LOG_GROWTH).astype(np.int64) - _FIRST
    buckets[values < SMALLEST] = 0
    return np.minimum(buckets, _BUCKETS - 1)


@lru_cache(maxsize=_BUCKETS)
def _value(bucket: int) -> float:
    return 0.0 if bucket == 0 else 2 * _GROWTH ** (bucket + _FIRST) / (_GROWTH + 1)


def _counts(blobs: Sequence[bytes]) -> Counts:
    """How many values each bucket holds, all blobs together."""
    planes = _words(b"".join(blobs))
    if planes.size <= _BUCKETS:  # every word is worth one value
        return planes
    used = -(-planes.size // _BUCKETS)
    if used > _PLANES:
        return _mixed_counts(blobs)
    table = np.zeros(used * _BUCKETS, dtype=np.int64)
    table[: planes.size] = planes
    return _PLANE_WORTH[:used] @ table.reshape(used, _BUCKETS)


def _words(joined: bytes) -> Counts:
    """How often each 16-bit word occurs."""
    try:
        return np.bincount(np.frombuffer(joined, dtype="<u2"))
    except ValueError as error:
        raise BadSketch("not a sketch: its length is odd") from error


def _mixed_counts(blobs: Sequence[bytes]) -> Counts:
    wide = [blob[len(_WIDE) :] for blob in blobs if blob.startswith(_WIDE)]
    narrow = [blob for blob in blobs if not blob.startswith(_WIDE)]
    if not wide or any(len(blob) % 4 for blob in wide):
        raise BadSketch("not a sketch: a word is out of range, or the end is missing")
    return _sum(_counts(narrow), _wide_counts(b"".join(wide)))


def _wide_counts(joined: bytes) -> Counts:
    words = np.frombuffer(joined, dtype="<u4")
    # Exact: the weights are whole numbers, and float64 holds those up to 2^53.
    return np.bincount(words >> _COUNT_BITS, weights=words & _LARGEST_COUNT).astype(np.int64)


def _sum(one: Counts, other: Counts) -> Counts:
    longer, shorter = (one, other) if one.size >= other.size else (other, one)
    total = longer.copy()
    total[: shorter.size] += shorter
    return total


def _pack(counts: Counts) -> bytes:
    """The smaller of the two forms."""
    buckets = np.flatnonzero(counts)
    held = counts[buckets]
    if held.size == 0:
        return EMPTY
    narrow_bytes = 2 * int(np.bitwise_count(held).sum())
    wide_bytes = len(_WIDE) + 4 * held.size
    if narrow_bytes <= wide_bytes and not int(held.max()) >> _PLANES:
        return _narrow(buckets, held)
    return _wide(buckets, held)


def _narrow(buckets: NDArray[Any], held: Counts) -> bytes:
    planes = range(int(held.max()).bit_length())
    words = [buckets[held >> plane & 1 == 1] | plane << _BUCKET_BITS for plane in planes]
    return np.concatenate(words).astype("<u2").tobytes()


def _wide(buckets: NDArray[Any], held: Counts) -> bytes:
    """A bucket with more values than 20 bits hold takes several words."""
    if held.max() > _LARGEST_COUNT:
        times = -(-held // _LARGEST_COUNT)
        rest = held - (times - 1) * _LARGEST_COUNT
        buckets = np.repeat(buckets, times)
        held = np.full(buckets.size, _LARGEST_COUNT, dtype=np.int64)
        held[np.cumsum(times) - 1] = rest
    return _WIDE + (buckets << _COUNT_BITS | held).astype("<u4").tobytes()

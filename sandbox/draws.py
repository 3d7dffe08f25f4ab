"""Random numbers without state: each is a pure function of the seed and of what it is for.

Two runs with one seed agree whatever the order in which callers ask, and a path can be read at any instant.
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from statistics import NormalDist

_STANDARD = NormalDist()
_SPAN = 2**64


class Draws:
    """Draws of one seed. A key is any sequence of strings and numbers that names the draw, the entity and the step."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._secret = str(seed).encode()
        self._knot = lru_cache(maxsize=200_000)(self._knot_uncached)

    def uniform(self, *key: object) -> float:
        """Strictly between 0 and 1."""
        return (int.from_bytes(self._digest(8, key), "big") + 0.5) / _SPAN

    def normal(self, *key: object) -> float:
        """Mean 0, standard deviation 1."""
        return _STANDARD.inv_cdf(min(max(self.uniform(*key), 1e-15), 1 - 1e-15))

    def lognormal(self, median: float, sigma: float, *key: object) -> float:
        """Lognormal by its median and the standard deviation of its logarithm."""
        return median * math.exp(sigma * self.normal(*key))

    def hexadecimal(self, length: int, *key: object) -> str:
        """A name of `length` hexadecimal digits, at most 64."""
        return self._digest(32, key).hex()[:length]

    def path(self, seconds: float, periods: tuple[float, ...], *key: object) -> float:
        """A smooth, mean-reverting path with mean 0 and a standard deviation near 1, read at `seconds`.

        Each period carries knots drawn independently and joined by a smooth curve; the longest one weighs most.
        """
        weights = [0.5**octave for octave in range(len(periods))]
        value = sum(
            weight * self._curve(seconds / period, (*key, octave))
            for octave, (weight, period) in enumerate(zip(weights, periods, strict=True))
        )
        # Between two knots the curve's variance averages 0.75 of a knot's.
        return value / math.sqrt(0.75 * sum(weight * weight for weight in weights))

    def _curve(self, x: float, key: tuple[object, ...]) -> float:
        left = math.floor(x)
        t = x - left
        ease = t * t * (3 - 2 * t)
        return (1 - ease) * self._knot(left, key) + ease * self._knot(left + 1, key)

    def _knot_uncached(self, index: int, key: tuple[object, ...]) -> float:
        return self.normal("knot", *key, index)

    def _digest(self, size: int, key: tuple[object, ...]) -> bytes:
        text = "\x1f".join(str(part) for part in key).encode()
        return hashlib.blake2b(text, digest_size=size, key=self._secret).digest()

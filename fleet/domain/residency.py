"""Where the clouds' regions lie: the country of each and the jurisdictions it is under, as a dated table says."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

NOWHERE: frozenset[str] = frozenset()


class BadRegions(Exception):
    """The table of regions cannot be right; the text says where."""


@dataclass(frozen=True)
class Places:
    """(cloud, region) to the words that are true of it: its country (`de`) and the unions it is in (`eu`, `eea`)."""

    words_of: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def of(self, cloud: str, region: str) -> frozenset[str]:
        """What a demand's `residency` may name to be met there; nothing for a region nobody wrote down."""
        return self.words_of.get((cloud, region), NOWHERE)

    @property
    def words(self) -> frozenset[str]:
        """Every word a demand may use."""
        return frozenset().union(*self.words_of.values())


def load_places(*paths: Path) -> Places:
    """Read tables of regions; a later one adds to and overrides an earlier one. Raises BadRegions."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    unions: dict[str, list[str]] = {}
    for path in paths:
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise BadRegions(f"{path}: {error}") from error
        unions |= table.get("unions", {})
        for cloud, countries in table.get("clouds", {}).items():
            for country, regions in countries.items():
                if len(country) != 2 or not country.islower():
                    raise BadRegions(f"{path}: [clouds.{cloud}] {country!r} is no country of two small letters.")
                words = {country, *(name for name, members in unions.items() if country in members)}
                found |= {(cloud, region): frozenset(words) for region in regions}
    return Places(found)

"""Where the clouds' regions lie, as this installation has it: our table, and what operators added in their folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from fleet.domain.residency import Places, load_places

BUILT_IN = Path(__file__).resolve().parent.parent / "catalog" / "regions.toml"


@cache
def places() -> Places:
    """Read once a process. Raises BadRegions naming the file."""
    folder = settings.REGIONS_FOLDER
    return load_places(BUILT_IN, *(sorted(Path(folder).glob("*.toml")) if folder else []))

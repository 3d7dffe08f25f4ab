"""The accelerator catalogue as this installation has it: ours, and what operators added in their folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from fleet.domain.accelerators import Catalogue, load

BUILT_IN = Path(__file__).resolve().parent.parent / "catalog" / "accelerators.toml"


@cache
def accelerators() -> Catalogue:
    """Read once a process. Raises BadCatalogue naming the file and the figure that cannot be right."""
    folder = settings.ACCELERATORS_FOLDER
    return load(BUILT_IN, *(sorted(Path(folder).glob("*.toml")) if folder else []))

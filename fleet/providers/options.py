"""Reading the options of an account: each is right, or refused with a sentence that names it."""

from __future__ import annotations

import math
import re
from typing import Any

from fleet.domain.refusals import Refused


def refused(sentence: str) -> Refused:
    """What is wrong with the options, to be raised."""
    return Refused("account-options", sentence, field="options")


def positive(value: Any, name: str) -> float:
    """A number above 0. Raises Refused."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise refused(f"The option {name} must be a number above 0.")
    return float(value)


def region_names(value: Any, pattern: re.Pattern[str], *, of: str, example: str) -> tuple[str, ...]:
    """Names of regions, each once. `of`: whose account it is. Raises Refused."""
    if not isinstance(value, list) or not value or not all(isinstance(r, str) and pattern.fullmatch(r) for r in value):
        raise refused(f'{of} account needs the option regions: a list of their names, such as ["{example}"].')
    return tuple(dict.fromkeys(value))

"""Bodies with one field broken, in every way that such a field can be."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.security.bad_values import ABSURDLY_LONG, HUGE, IMAGE_TAG, INVISIBLE, LONGER_THAN_ANY_NUMBER

Path = tuple[str | int, ...]
ROW = re.compile(r"[a-z]+_[0-9a-f]{32}")


@dataclass(frozen=True)
class Broken:
    """One field of a body with something else in it. `refused`: nobody may take it."""

    path: Path
    value: Any
    refused: bool
    named: bool = True  # the refusal names the field

    def of(self, body: Any) -> Any:
        changed = copy.deepcopy(body)
        holder = changed
        for step in self.path[:-1]:
            holder = holder[step]
        holder[self.path[-1]] = self.value
        return changed

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))} = {ascii(self.value)[:60]}"


def leaves(body: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every field, those that hold others as well."""
    if path:
        yield path, body
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for step, value in inner:
        yield from leaves(value, (*path, step))


def broken(body: Any, strangers: dict[str, str]) -> Iterator[Broken]:
    first = True
    for path, value in leaves(body):
        if isinstance(value, dict | list):
            wrong: list[Any] = [5, "text", True, *([{"a": {"b": 1}}] if isinstance(value, list) else [["text"]])]
        elif isinstance(value, bool):
            wrong = ["true", 1, [], {"a": 1}]
        elif isinstance(value, int | float):
            wrong = [str(value), "24h", "NaN", True, -1 - 10**7, HUGE, LONGER_THAN_ANY_NUMBER, [value], {"a": 1}]
            wrong += [value + 0.5] if isinstance(value, int) else []
        else:
            wrong = [5, True, [value], {"a": 1}, *INVISIBLE, ABSURDLY_LONG]
            if ROW.fullmatch(value) and path[-1] != "replica":  # a replica that is gone is no reason not to count
                wrong += [strangers[value.partition("_")[0]], value[:-1], value + "0"]
            if path[-1] == "project":
                wrong += [strangers["slug"], strangers["proj"]]
        if "cost" in path[:-1]:
            wrong = [True, [value], {"a": 1}, *INVISIBLE, ABSURDLY_LONG]  # an amount may be a number or its text
        if "config" in path[:-1]:
            wrong = [one for one in wrong if one in INVISIBLE]  # somebody else's document: its shape is theirs
        for one in wrong:
            yield Broken(path, one, refused=True)
        for one in (None, "", IMAGE_TAG, "0") if "config" not in path[:-1] else (IMAGE_TAG,):
            yield Broken(path, one, refused=False)
        if first and isinstance(value, str):
            first = False
            for one in ("a\x00b", "\ud800"):
                yield Broken(path, one, refused=True, named=False)
    yield Broken(("surprise",), 1, refused=True)
    yield Broken((IMAGE_TAG,), IMAGE_TAG, refused=True)

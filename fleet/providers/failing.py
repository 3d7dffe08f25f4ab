"""What every adapter does with a call that fails: a read raises one exception, a trial says what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fleet.domain.outcomes import Check, Refusal, Unclear
from fleet.providers.base import ReadFailed

NONSENSE = (KeyError, ValueError, TypeError, ArithmeticError, AttributeError, IndexError)
"""What reading an answer raises that parsed, but is not what the service promises."""

Meaning = Callable[[Exception], Refusal | Unclear]


@contextmanager
def reading(account: str, what: str, meaning_of: Meaning) -> Iterator[None]:
    """Turns whatever goes wrong into ReadFailed."""
    try:
        yield
    except ReadFailed:
        raise
    except NONSENSE as error:
        raise ReadFailed(f"{account}: the answer about {what} makes no sense.") from error
    except Exception as error:
        meaning = meaning_of(error)
        raise ReadFailed(f"{account}: {what}: {meaning.code}: {meaning.message}", meaning) from error


def tried(
    permission: str, what: str, call: Callable[[], Any], meaning_of: Meaning, *, would_do: tuple[str, ...] = ()
) -> Check:
    """One call of an account's checks. `would_do`: codes by which the cloud says that it would have let it through."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever it was, it is what the person is to read
        meaning = meaning_of(error)
        if meaning.code in would_do:
            return Check(what, True)
        lacks = isinstance(meaning, Refusal) and meaning.lacks
        return Check(what, False, f"{meaning.code}: {meaning.message}", permission if lacks else "")
    return Check(what, True)

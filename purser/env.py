"""Readers of environment variables which refuse a bad value by the variable's name.

Every reader takes the name first and returns a typed value. An empty variable counts as unset, because
`.env` files and compose files cannot say "unset" in any other way.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

N = TypeVar("N", int, float)

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})


def env_str(name: str, default: str | None = None, *, choices: Sequence[str] = ()) -> str:
    """The text of `name`, or `default`; without a default the variable is required."""
    value = os.environ.get(name, "").strip()
    if not value:
        if default is None:
            raise ImproperlyConfigured(f"{name} is not set. Set it in the environment; .env.example says what it is.")
        value = default
    if choices and value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(choices)}.")
    return value


def env_bool(name: str, default: bool) -> bool:
    """True for 1, true, yes, on; False for 0, false, no, off; anything else is refused."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value not in TRUE_WORDS | FALSE_WORDS:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be true or false.")
    return value in TRUE_WORDS


def env_int(name: str, default: int, *, minimum: int, maximum: int) -> int:
    """A whole number between `minimum` and `maximum`, both allowed."""
    return _number(name, default, minimum, maximum, int, "a whole number")


def env_float(name: str, default: float, *, minimum: float, maximum: float) -> float:
    """A number between `minimum` and `maximum`, both allowed; NaN is refused."""
    return _number(name, default, minimum, maximum, float, "a number")


def env_list(name: str, default: Sequence[str] = ()) -> list[str]:
    """Comma-separated words; blanks around and between them are dropped."""
    words = [word.strip() for word in os.environ.get(name, "").split(",")]
    return [word for word in words if word] or list(default)


def env_secret(name: str, default: str | None = None) -> str:
    """A secret from `name`, or from the file that `name`_FILE points to; naming both is refused."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return env_str(name, default)
    if os.environ.get(name, "").strip():
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one of them.")
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE points to {path}, which cannot be read: {error}.") from error
    if not secret:
        raise ImproperlyConfigured(f"{name}_FILE points to {path}, which is empty.")
    return secret


def env_url(name: str, default: str | None = None, *, schemes: Sequence[str]) -> SplitResult:
    """A URL with one of `schemes` and a host. The value itself is never repeated: it may hold a password."""
    url = env_secret(name, default)
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when the port is no number
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not a URL: {error}.") from error
    if parts.scheme not in schemes or not parts.hostname:
        wanted = " or ".join(f"{scheme}://host[:port]/…" for scheme in schemes)
        raise ImproperlyConfigured(f"{name} must look like {wanted}.")
    return parts


def unquoted(text: str | None) -> str:
    """The user, password or path of a URL as plain text."""
    return unquote(text or "")


def _number(name: str, default: N, minimum: N, maximum: N, parse: Callable[[str], N], kind: str) -> N:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = parse(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be {kind}.") from None
    if not minimum <= number <= maximum:
        raise ImproperlyConfigured(f"{name} is {value}; it must be between {minimum} and {maximum}.")
    return number

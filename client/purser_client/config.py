"""Where the address and the token come from: the environment first, then a file only its owner may read."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from purser_client.problems import NotAuthenticated

PRIVATE = 0o600


@dataclass(frozen=True)
class Config:
    url: str
    token: str


def path(environment: Mapping[str, str] = os.environ) -> Path:
    """The file: PURSER_CONFIG, else purser/config.json where this system keeps such files."""
    if named := environment.get("PURSER_CONFIG"):
        return Path(named)
    folder = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME", "~")).expanduser() / ".config")
    return Path(folder) / "purser" / "config.json"


def read(environment: Mapping[str, str] = os.environ) -> Config:
    """Address and token. Raises NotAuthenticated with what to do when one is missing or the file is open to others."""
    kept = _kept(path(environment)) if not _complete(environment) else {}
    url = environment.get("PURSER_URL") or kept.get("url", "")
    token = environment.get("PURSER_TOKEN") or kept.get("token", "")
    if not url or not token:
        missing = "address" if not url else "token"
        raise NotAuthenticated(f"There is no {missing} of a Purser: set PURSER_URL and PURSER_TOKEN, or purser login.")
    return Config(checked(url), token)


def checked(url: str) -> str:
    """An address one can call. Raises ValueError with a sentence."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError(f"{url!r} is no address such as https://purser.example.com.")
    return url.rstrip("/")


def write(config: Config, environment: Mapping[str, str] = os.environ) -> Path:
    """Keep it for next time, readable by its owner only from the first byte on."""
    file = path(environment)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump({"url": config.url, "token": config.token}, out)
    draft.replace(file)
    return file


def _complete(environment: Mapping[str, str]) -> bool:
    return bool(environment.get("PURSER_URL") and environment.get("PURSER_TOKEN"))


def _kept(file: Path) -> dict[str, str]:
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise NotAuthenticated(f"{file} cannot be read: {error.strerror}.") from error
    if stat.S_IMODE(mode) & 0o077:
        raise NotAuthenticated(f"{file} holds a token and others may read it: chmod 600 {file}")
    try:
        kept = json.loads(text)
    except ValueError as error:
        raise NotAuthenticated(f"{file} is no JSON; purser login writes it anew.") from error
    return {name: value for name, value in kept.items() if isinstance(value, str)} if isinstance(kept, dict) else {}

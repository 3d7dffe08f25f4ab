"""Where the embedded servers of a data folder answer, while they run.

`EmbeddedServers` writes the file, settings read it, so `manage.py shell` beside a running `make demo` just works.
"""

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

RUNNING_FILE = "servers.json"
KEY_FILE = "secret_key"


def running_urls(folder: Path) -> tuple[str | None, str | None]:
    """(database_url, redis_url) of the servers running in `folder`; (None, None) when there are none."""
    try:
        urls = json.loads((folder / RUNNING_FILE).read_text(encoding="utf-8"))
        return urls["database_url"], urls["redis_url"]
    except (OSError, ValueError, KeyError, TypeError):
        return None, None


def write_running_urls(folder: Path, database_url: str, redis_url: str) -> None:
    """Leave the URLs for the owner's eyes only: they hold passwords."""
    path = folder / RUNNING_FILE
    path.touch(mode=0o600)
    path.write_text(json.dumps({"database_url": database_url, "redis_url": redis_url}), encoding="utf-8")


def forget_running_urls(folder: Path) -> None:
    (folder / RUNNING_FILE).unlink(missing_ok=True)


def own_secret_key(folder: Path) -> str:
    """The SECRET_KEY of this folder's installation, made at the first call: one key for all its processes.

    Whole when it appears: of two processes that make one at once, both read the one that was there first.
    """
    path = folder / KEY_FILE
    if not path.exists():
        with NamedTemporaryFile(
            "w", dir=folder, prefix=f".{KEY_FILE}-", encoding="utf-8"
        ) as made:  # for its owner only
            made.write(secrets.token_urlsafe(64))
            made.flush()
            with suppress(FileExistsError):
                os.link(made.name, path)
    return path.read_text(encoding="utf-8").strip()

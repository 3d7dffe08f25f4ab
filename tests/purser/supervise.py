"""A supervisor to be killed: `python supervise.py FOLDER` says what it runs and lives until its stdin closes."""

import json
import sys
from pathlib import Path

from purser.embedded import EmbeddedError, EmbeddedServers


def main(folder: Path) -> None:
    try:
        with EmbeddedServers(folder, fast=True) as servers:
            sleeper = servers.spawn("sleeper", [sys.executable, "-c", "import signal; signal.pause()"])
            pids = [servers.process_ids["PostgreSQL"], servers.process_ids["Valkey"], sleeper.pid]
            print(json.dumps({"pids": pids, "versions": servers.versions(), **servers.environment}), flush=True)
            sys.stdin.read()
    except EmbeddedError as error:
        print(json.dumps({"error": str(error)}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

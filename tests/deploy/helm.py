"""Helm itself, its Go library of version 4, offline: `python -m tests.deploy.helm CHART`.

A process of its own: the library brings a runtime with threads and signal handlers that a test run should not share.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
CHART = REPOSITORY / "deploy" / "helm" / "purser"


class RefusedByHelm(Exception):
    """What Helm said."""


def rendered(values: dict[str, Any], *, release: str = "prod") -> list[dict[str, Any]]:
    """Every object the chart makes of these values. Raises RefusedByHelm."""
    told = _run("render", values, release)
    texts = [text for name, text in sorted(told.items()) if name.endswith(".yaml")]
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


def linted(values: dict[str, Any]) -> list[str]:
    """What `helm lint` has to say, worst first; information is left out."""
    report = _run("lint", values, "prod")
    return [message["error"] for message in report["messages"] if message["severity"] > 1]


def version() -> str:
    return str(_run("version", {}, "")["version"])


def _run(verb: str, values: dict[str, Any], release: str) -> dict[str, Any]:
    asked = json.dumps({"verb": verb, "values": values, "release": release})
    command = [sys.executable, "-m", "tests.deploy.helm", str(CHART)]
    done = subprocess.run(
        command, input=asked, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode:
        raise RefusedByHelm(done.stderr.strip())
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def main() -> int:
    from helm_python import Chart, HelmError, helm_sdk_version, lint

    asked = json.load(sys.stdin)
    try:
        if asked["verb"] == "version":
            answer: Any = {"version": helm_sdk_version()}
        elif asked["verb"] == "lint":
            answer = lint(sys.argv[1], asked["values"], strict=True)
        else:
            chart = Chart.load(sys.argv[1])
            chart.validate_schema(asked["values"])
            answer = chart.render(asked["values"], name=asked["release"], namespace="purser", is_install=True)
    except HelmError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench [NAME…] [--json] [--list]`: measure Purser against its peers.

Ends 1 when a goal does not hold, 2 for a name that is no benchmark.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys

from bench.report import Report

# Name -> module with `run() -> Report`, imported when it is run: one line a benchmark.
BENCHMARKS = {
    "sketch": "bench.sketch",
    "list_allocations": "bench.list_allocations",
    "pages": "bench.pages",
    "feed": "bench.feed",
    "placement": "bench.placement",
    "offerings": "bench.offerings",
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Purser against its peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which benchmarks; none: all")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--list", action="store_true", help="name the benchmarks and stop")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(BENCHMARKS))
        return 0
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    names = options.names or list(BENCHMARKS)
    if len(names) == 1:
        return 0 if _run(names[0], as_json=options.json).holds else 1
    return max(_apart(name, as_json=options.json) for name in names)


def _apart(name: str, *, as_json: bool) -> int:
    """In a process of its own: each starts its own servers, and Django reads the address of its database once."""
    return subprocess.run([sys.executable, "-m", "bench", name, *(["--json"] if as_json else [])]).returncode


def _run(name: str, *, as_json: bool) -> Report:
    report: Report = importlib.import_module(BENCHMARKS[name]).run()
    if as_json:
        print(json.dumps(report.as_json()), flush=True)
    else:
        verdict = "holds" if report.holds else "DOES NOT HOLD"
        print(f"{report.name}: {report.ratio:g}x {report.peer.get('package', 'the peer')}; {report.goal}: {verdict}")
    return report


if __name__ == "__main__":
    sys.exit(main())

"""`purser login`: keeps an address and a token in a file that only its owner may read."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from purser_client import config
from purser_client.cli.output import Output
from purser_client.session import Purser

NAME = "login"
HELP = "Keep the address and a token for next time, in a file only you may read."


def arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--token-stdin", action="store_true", help="read the token from stdin instead of asking")


def run(options: argparse.Namespace, out: Output) -> None:
    url = options.url or os.environ.get("PURSER_URL") or _ask("Address of Purser: ")
    token = sys.stdin.readline().strip() if options.token_stdin else getpass.getpass("Token (prs_…): ").strip()
    if not token.startswith("prs_"):
        raise ValueError("A token begins with prs_; it was shown once, when it was issued.")
    found = config.Config(config.checked(url), token)
    with Purser(found.url, found.token, attempts=1) as purser:
        projects = [project["slug"] for project in purser.get("projects", limit=100)["items"]]
    file = config.write(found)
    if out.as_json:
        out.data({"url": found.url, "projects": projects, "file": str(file)})
        return
    out.line(f"Kept in {file}. The token reads: {', '.join(projects) or 'no project'}.")


def _ask(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()

"""`manage.py sync_catalog`: read shapes, offerings and prices of accounts now, and say what changed."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fleet.models import CloudAccount
from fleet.services import catalog
from fleet.services.accounts import enabled
from fleet.services.catalog import Synced
from fleet.services.clock import business_now

TOLD = 20  # of each kind; --json tells all


class Command(BaseCommand):
    help = "Read what every enabled account sells, and at which price; exit 1 when one could not be read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", metavar="NAME", help="only this one")
        parser.add_argument("--json", action="store_true", help="everything that was found, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        found = [catalog.sync_account(account, now=business_now()) for account in _wanted(options["account"])]
        if any(found):
            catalog.note_chips_without_figures(now=business_now())
        if options["json"]:
            self.stdout.write(json.dumps({"accounts": [_as_json(each) for each in found]}))
        else:
            for each in found:
                for line in _told(each):
                    (self.stdout if each else self.stderr).write(line)
        if not all(found):
            failed = sum(not each for each in found)
            raise CommandError(f"{failed} account(s) could not be read; what was known of them is kept.")


def _wanted(name: str | None) -> list[CloudAccount]:
    accounts = enabled()
    if name is None:
        return accounts
    chosen = [account for account in accounts if account.name == name]
    if not chosen:
        known = ", ".join(account.name for account in accounts) or "none"
        raise CommandError(f"No enabled account is called {name!r}. Known: {known}.")
    return chosen


def _as_json(found: Synced) -> dict[str, Any]:
    return {
        "account": found.account,
        "problem": found.problem,
        "offered": found.offered,
        "new": found.new,
        "gone": found.gone,
        "changed": [
            {"pool": pool, "before": str(before), "after": str(after)} for pool, before, after in found.changed
        ],
        "unpriced": [{"pool": pool, "reason": reason} for pool, reason in found.unpriced],
        "chips_without_figures": found.unknown_chips,
        "read_seconds": round(found.read_seconds, 3),
        "store_seconds": round(found.store_seconds, 3),
    }


def _told(found: Synced) -> Iterator[str]:
    if not found:
        yield f"{found.account}: {found.problem}"
        return
    yield (
        f"{found.account}: {found.offered} offered; {len(found.new)} new, {len(found.gone)} gone,"
        f" {len(found.changed)} changed in price, {len(found.unpriced)} without a price"
        f" (read in {found.read_seconds:.1f} s, stored in {found.store_seconds:.1f} s)."
    )
    yield from _some("new", found.new)
    yield from _some("gone", found.gone)
    yield from _some("price", [f"{pool}: {before} → {after}" for pool, before, after in found.changed])
    for reason, count in Counter(reason for _, reason in found.unpriced).most_common(TOLD):
        yield f"  not offered, {count}: {reason}"
    for chip in found.unknown_chips:
        yield f"  no figures of {chip}: nothing is planned on it until it is in the accelerator catalogue."


def _some(what: str, lines: list[str]) -> Iterator[str]:
    yield from (f"  {what} {line}" for line in lines[:TOLD])
    if len(lines) > TOLD:
        yield f"  {what}: {len(lines) - TOLD} more; --json tells all."

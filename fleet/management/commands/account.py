"""`manage.py account add|verify|list`: accounts to buy from, from the command line."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fleet.domain.refusals import Refused
from fleet.models import CloudAccount
from fleet.services import account_changes
from fleet.services.access import caller_at_the_server
from fleet.services.account_changes import AccountSpec
from fleet.services.accounts import adapter
from fleet.services.clock import business_now

BY = caller_at_the_server("manage.py account")


class Command(BaseCommand):
    help = "Add an account to buy from, try what it may do, or list the accounts there are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="a new account; nothing is bought")
        add.add_argument("name", help="what it is called here")
        add.add_argument("--cloud", required=True, help="aws, gcp, azure, …")
        add.add_argument("--provider", default="", help="which adapter speaks for it; the cloud's own unless given")
        add.add_argument(
            "--credentials", default="", metavar="REF", help="env:NAME or file:/path; none: this machine's"
        )
        add.add_argument("--option", action="append", default=[], metavar="KEY=VALUE", help="JSON, or else a text")
        verify = verbs.add_parser("verify", help="try what it may do, without buying anything")
        verify.add_argument("name")
        listed = verbs.add_parser("list", help="the accounts there are")
        for verb in (add, verify, listed):
            verb.add_argument("--json", action="store_true")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        try:
            {"add": self._add, "verify": self._verify, "list": self._list}[verb](**options)
        except Refused as error:
            raise CommandError(error.sentence) from error

    def _add(self, *, name: str, cloud: str, provider: str, credentials: str, option: list[str], **said: Any) -> None:
        spec = AccountSpec(name, cloud, provider or cloud, credentials, dict(map(_option, option)))
        row = account_changes.add_account(spec=spec, by=BY, now=business_now())
        self._say(_shown(row), f"{row.public_id}: {row.name}", said["json"])

    def _verify(self, *, name: str, **said: Any) -> None:
        row = CloudAccount.objects.filter(name=name).first()
        if row is None:
            raise CommandError(f"There is no account called {name}. `manage.py account list` names them.")
        checks = adapter(row).checks()
        lines = [f"{'ok ' if check.ok else 'NO '} {check.what}{_why(check.detail, check.needs)}" for check in checks]
        self._say({"account": name, "checks": [asdict(check) for check in checks]}, "\n".join(lines), said["json"])
        if not all(check.ok for check in checks):
            raise CommandError(f"{sum(not check.ok for check in checks)} of {len(checks)} did not work.")

    def _list(self, **said: Any) -> None:
        rows = [_shown(row) for row in CloudAccount.objects.order_by("name")]
        lines = [f"{row['name']}  {row['cloud']}  {row['provider']}  {row['state']}" for row in rows]
        self._say({"accounts": rows}, "\n".join(lines) or "There is no account yet.", said["json"])

    def _say(self, data: dict[str, Any], text: str, as_json: bool) -> None:
        self.stdout.write(json.dumps(data) if as_json else text)


def _option(text: str) -> tuple[str, Any]:
    key, is_there, value = text.partition("=")
    if not is_there or not key:
        raise Refused("account-options", f"An option is given as KEY=VALUE, not {text[:60]!r}.")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def _shown(row: CloudAccount) -> dict[str, Any]:
    state = "off" if not row.enabled else f"failing: {row.last_error}" if row.last_error else "on"
    return {"id": row.public_id, "name": row.name, "cloud": row.cloud, "provider": row.provider, "state": state}


def _why(detail: str, needs: str) -> str:
    return f": {detail}" * bool(detail) + f" Grant {needs}." * bool(needs)

"""`manage.py account`: accounts to buy from, from the command line. Here a trial runs at once, in this process."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fleet.domain.refusals import Refused
from fleet.models import CloudAccount
from fleet.providers.policies import policies
from fleet.services import account_changes, account_trials
from fleet.services.access import caller_at_the_server
from fleet.services.account_changes import AccountSpec
from fleet.services.accounts import adapter
from fleet.services.clock import business_now
from fleet.services.installation import installation
from fleet.services.whose_account import checked

BY = caller_at_the_server("manage.py account")


class Command(BaseCommand):
    help = "Add an account to buy from, try what it may do, change its credential, switch it off, list what there is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="a new account; adding buys nothing, but plans may buy from it at once")
        add.add_argument("name", help="what it is called here")
        add.add_argument("--cloud", required=True, help="aws, gcp, azure, …")
        add.add_argument("--provider", default="", help="which adapter speaks for it; the cloud's own unless given")
        add.add_argument(
            "--credentials", default="", metavar="REF", help="env:NAME or file:/path; none: this machine's"
        )
        add.add_argument("--disabled", action="store_true", help="switched off, until `enable`")
        change = verbs.add_parser("change", help="change its options or its name; what is not given stays")
        change.add_argument("--rename", default="", metavar="NAME")
        change.add_argument("--unset", action="append", default=[], metavar="KEY", help="an option it has no more")
        for verb in (add, change):
            verb.add_argument("--option", action="append", default=[], metavar="KEY=VALUE", help="JSON, or else a text")
        rotate = verbs.add_parser("rotate", help="put another credential in place, once it has shown that it will do")
        rotate.add_argument("--credentials", default="", metavar="REF", help="env:NAME or file:/path of the next one")
        rotate.add_argument("--despite-missing", action="store_true", help="although a permission is missing")
        for verb in (add, rotate):
            verb.add_argument("--seal", default="", metavar="FILE", help="a file with the credential, - for what is "
                              "piped in; it is kept here in an envelope, and the file is needed no more")  # fmt: skip
        named = {
            "verify": "try what it may do, without buying anything",
            "policy": "what to grant it, to paste where its cloud keeps such things",
            "enable": "buy from it (again)",
            "disable": "buy nothing more from it; its machines live on until they end",
            "delete": "forget one that nothing was ever bought from",
        }
        others = [verbs.add_parser(verb, help=what) for verb, what in named.items()]
        for verb in (rotate, change, *others):
            verb.add_argument("name")
        listed = verbs.add_parser("list", help="the accounts there are")
        rewrap = verbs.add_parser("rewrap", help="seal every envelope's key with the first of ENCRYPTION_KEYS")
        for verb in (add, rotate, change, *others, listed, rewrap):
            verb.add_argument("--json", action="store_true")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        verbs: dict[str, Callable[..., None]] = {
            "add": self._add,
            "change": self._change,
            "verify": self._verify,
            "rotate": self._rotate,
            "policy": self._policy,
            "enable": self._enable,
            "disable": self._disable,
            "delete": self._delete,
            "list": self._list,
            "rewrap": self._rewrap,
        }
        try:
            verbs[verb](**options)
        except Refused as error:
            raise CommandError(error.sentence) from error

    def _add(
        self,
        *,
        name: str,
        cloud: str,
        provider: str,
        credentials: str,
        option: list[str],
        seal: str,
        disabled: bool,
        **said: Any,
    ) -> None:
        spec = AccountSpec(
            name,
            cloud,
            provider or cloud,
            credentials,
            options=dict(map(_option, option)),
            enabled=not disabled,
            credential=_read(seal),
        )
        row = account_changes.add_account(spec=spec, by=BY, now=business_now())
        self._say(_shown(row), f"{row.public_id}: {row.name}", said["json"])

    def _verify(self, *, name: str, **said: Any) -> None:
        row = _named(name)
        checks = checked(row, adapter(row))
        lines = [f"{'ok ' if check.ok else 'NO '} {check.what}{_why(check.detail, check.needs)}" for check in checks]
        self._say({"account": name, "checks": [asdict(check) for check in checks]}, "\n".join(lines), said["json"])
        if not all(check.ok for check in checks):
            raise CommandError(f"{sum(not check.ok for check in checks)} of {len(checks)} did not work.")

    def _rotate(self, *, name: str, credentials: str, seal: str, despite_missing: bool, **said: Any) -> None:
        trial = account_trials.request_rotation(
            _named(name),
            by=BY,
            now=business_now(),
            reference=credentials,
            credential=_read(seal),
            despite_missing=despite_missing,
        )
        account_trials.try_waiting(now=business_now())
        trial.refresh_from_db()
        if trial.ok or said["json"]:
            found = {"account": name, "rotated": trial.ok, "problem": trial.problem, "checks": trial.checks}
            self._say(found, f"{name} uses the new credential.", said["json"])
        if not trial.ok:
            raise CommandError(f"{name} keeps its old credential. {trial.problem}")

    def _policy(self, *, name: str, **said: Any) -> None:
        row = _named(name)
        texts = policies(row.provider, row.options, str(installation().uuid))
        told = "\n\n".join(
            f"# {' '.join(filter(None, (f'{text.title}.', text.where, text.note)))}\n{text.text.rstrip()}"
            for text in texts
        )
        self._say({"policies": [asdict(text) for text in texts]}, told or "It needs no grant.", said["json"])

    def _enable(self, *, name: str, **said: Any) -> None:
        self._put(name, {"enabled": True}, said["json"])

    def _disable(self, *, name: str, **said: Any) -> None:
        self._put(name, {"enabled": False}, said["json"])

    def _change(self, *, name: str, rename: str, option: list[str], unset: list[str], **said: Any) -> None:
        options = {**_named(name).options, **dict(map(_option, option))}
        for key in unset:
            if key not in options:
                raise Refused("account-options", f"{name} has no option {key[:60]!r}.")
            del options[key]
        self._put(name, {"options": options} | ({"name": rename} if rename else {}), said["json"])

    def _put(self, name: str, changes: dict[str, Any], as_json: bool) -> None:
        row = account_changes.change_account(_named(name).public_id, changes=changes, by=BY, now=business_now())
        self._say(_shown(row), f"{row.name} is {_shown(row)['state']}.", as_json)

    def _delete(self, *, name: str, **said: Any) -> None:
        account_changes.delete_account(_named(name).public_id, by=BY, now=business_now())
        self._say({"deleted": name}, f"{name} is forgotten.", said["json"])

    def _rewrap(self, **said: Any) -> None:
        done = account_changes.rewrap_credentials(by=BY, now=business_now())
        self._say({"rewrapped": done}, f"{done} envelope{'s' * (done != 1)} sealed anew.", said["json"])

    def _list(self, **said: Any) -> None:
        rows = [_shown(row) for row in CloudAccount.objects.order_by("name")]
        lines = [f"{row['name']}  {row['cloud']}  {row['provider']}  {row['state']}{_do(row)}" for row in rows]
        self._say({"accounts": rows}, "\n".join(lines) or "There is no account yet.", said["json"])

    def _say(self, data: dict[str, Any], text: str, as_json: bool) -> None:
        self.stdout.write(json.dumps(data) if as_json else text)


def _named(name: str) -> CloudAccount:
    row = CloudAccount.objects.filter(name=name).first()
    if row is None:
        raise CommandError(f"There is no account called {name}. `manage.py account list` names them.")
    return row


def _read(file: str) -> str:
    """The credential in the file; of `-`, what is piped in."""
    if not file:
        return ""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}.") from error


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
    named = {"id": row.public_id, "name": row.name, "cloud": row.cloud, "provider": row.provider}
    trouble = {"problem_code": row.last_error_code or None, "what_to_do": row.last_error_step or None}
    return {**named, "credential": account_changes.kind_of_credential(row), "state": state, **trouble}


def _do(row: dict[str, Any]) -> str:
    return f"\n  {row['what_to_do']}" if row["what_to_do"] else ""


def _why(detail: str, needs: str) -> str:
    return f": {detail.rstrip('.')}." * bool(detail) + f" Grant {needs}." * bool(needs)

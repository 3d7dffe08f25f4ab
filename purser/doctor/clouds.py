"""Each cloud account: its credential's file, whether it answers, and who it says we are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fleet.domain.refusals import Refused
from fleet.models import CloudAccount
from fleet.providers.base import ReadFailed
from fleet.services.accounts import adapter, watched
from purser.doctor import Finding, fail, ok, warn
from purser.doctor.configuration import secret_file


def look() -> Iterator[Finding]:
    accounts = watched()
    if not accounts:
        yield warn("clouds", "No cloud account is on: nothing can be bought. Add one in the admin console.")
    for account in accounts:
        yield from _account(account)


def _account(account: CloudAccount) -> Iterator[Finding]:
    name = f"clouds.{account.name}"
    kind, _, rest = account.credentials_ref.partition(":")
    if kind == "file":
        yield secret_file(f"{name}.credential", account.name, Path(rest))
    try:
        facts = adapter(account).facts()
    except (Refused, ReadFailed, KeyError) as error:
        yield fail(name, f"{account.name} cannot be read: {error} Mend its credential or options in the admin console.")
        return
    expected = account.expected_account_ref
    if expected and facts.account_ref != expected:
        yield fail(
            name,
            f"{account.name}'s credential belongs to account {facts.account_ref}, not {expected}: the sweeper "
            "holds back. Put the right credential back.",
        )
    else:
        state = "answers" if account.enabled else "is switched off, answers"
        yield ok(name, f"{account.name} {state} as account {facts.account_ref}, {len(facts.zones)} regions.")

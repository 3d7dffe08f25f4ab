"""Cloud accounts by hand: add one, change it, switch it off, delete it while nothing depends on it.

A credential is a reference, `env:NAME` or `file:/path`, or is given once and sealed; events tell that it changed and
never what it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from fleet import providers
from fleet.domain.lifecycle import UNRESOLVED_ATTEMPT_STATES
from fleet.domain.refusals import Refused, check_generation, did_you_mean
from fleet.models import CloudAccount, Hold, Instance, LaunchAttempt
from fleet.providers.base import Account
from fleet.providers.option_names import check_names
from fleet.services import events, incidents, vault
from fleet.services.access import Caller
from fleet.services.accounts import SEALED, purpose_of
from fleet.services.whose_account import check_only

WRITE = "installation:write"
REFERENCE = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]{0,99}|file:/[^\x00\n]{1,280})?")
MOST_CHARACTERS = 16_000
WHERE = ("project", "subscription_id", "resource_group", "namespace", "folder")
"""Options that say in what place of its cloud an account has its machines."""
ALSO = ("tpus", "leader_worker_sets")
"""Options without which a kind of machines is not listed."""
ABOUT_ONE = ("sweep-held-back",)
"""Kinds of incidents that speak of one account, and end with it."""
CHANGEABLE = frozenset({"name", "credentials_ref", "options", "expected_account_ref", "enabled"})


@dataclass(frozen=True)
class AccountSpec:
    name: str
    cloud: str
    provider: str
    credentials_ref: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    expected_account_ref: str = ""
    enabled: bool = True
    credential: str = field(default="", repr=False)  # sealed at once; not beside a reference


def add_account(*, spec: AccountSpec, by: Caller, now: datetime) -> CloudAccount:
    """A new account to buy from. Raises Refused with the field and what to do."""
    by.require(WRITE, None)
    if spec.provider not in providers.REGISTRY:
        known = did_you_mean(spec.provider, providers.REGISTRY)
        raise Refused("unknown-provider", f"No provider is called {spec.provider[:40]!r}.{known}", field="provider")
    row = CloudAccount(
        name=spec.name,
        cloud=spec.cloud,
        provider=spec.provider,
        credentials_ref=spec.credentials_ref,
        options=dict(spec.options),
        expected_account_ref=spec.expected_account_ref,
        enabled=spec.enabled,
    )
    if spec.credential:
        seal_credential(row, spec.credential, reference=spec.credentials_ref)
    _check(row, {})
    check_only(row, row.expected_account_ref)
    with transaction.atomic():
        _save(row)
        _say("account.added", row, by, now, before=None, after=_told(row))
    return row


def change_account(
    public_id: str,
    *,
    changes: Mapping[str, Any],
    by: Caller,
    now: datetime,
    generation: int | None = None,
) -> CloudAccount:
    """Change what is given. Switching it off stops buying; its machines live on until they end.

    Raises DoesNotExist, Changed, or Refused.
    """
    by.require(WRITE, None)
    with transaction.atomic():
        row = CloudAccount.objects.select_for_update(no_key=True).get(public_id=public_id)
        check_generation(row.generation, generation)
        before, credential = _told(row), (row.credentials_ref, row.sealed_credential)
        options_before, ref_before = row.options, row.expected_account_ref
        secret = str(changes.get("credential") or "")
        changes = {name: changes[name] for name in sorted(set(changes) & CHANGEABLE)}
        if row.credentials_ref == SEALED and changes.get("credentials_ref") == SEALED:
            changes.pop("credentials_ref")
        same = not secret and all(getattr(row, name) == value for name, value in changes.items())
        for name, value in changes.items():
            setattr(row, name, value)
        if secret:
            seal_credential(row, secret, reference=changes.get("credentials_ref", ""))
        elif row.credentials_ref != SEALED:
            row.sealed_credential = ""
        _check(row, options_before)
        if same:
            return row
        _check_sight(row, options_before)
        if (row.expected_account_ref, row.options) != (ref_before, options_before):
            check_only(row, row.expected_account_ref)
        row.generation += 1
        _save(row, update_fields=[*changes, "generation", "credentials_ref", "sealed_credential"])
        replaced = (row.credentials_ref, row.sealed_credential) != credential
        after = _told(row) | ({"credential": "replaced"} if replaced else {})
        _say("account.changed", row, by, now, before=before, after=after)
    return row


def delete_account(public_id: str, *, by: Caller, now: datetime, generation: int | None = None) -> None:
    """Forget an account that nothing was ever bought from. Raises DoesNotExist, Changed, or Refused."""
    by.require(WRITE, None)
    with transaction.atomic():
        row = CloudAccount.objects.select_for_update().get(public_id=public_id)
        check_generation(row.generation, generation)
        if reason := _why_keep(row):
            raise Refused("account-in-use", reason)
        _say("account.deleted", row, by, now, before=_told(row), after=None)
        for kind in ABOUT_ONE:
            incidents.close_incident(kind=kind, subject=row.public_id, now=now)
        try:
            with transaction.atomic():
                row.delete()
        except ProtectedError:
            raise Refused(
                "account-has-history",
                "Machines were bought from it, and their bills name it. Switch it off with enabled: false instead.",
            ) from None


def seal_credential(row: CloudAccount, secret: str, *, reference: str = "") -> None:
    """Put the secret into the row's own envelope. Raises Refused for one beside a reference, or that is no text."""
    if reference and reference != SEALED:
        sentence = "Give either a reference to the credential or the credential itself, not both."
        raise Refused("credentials-twice", sentence, field="credential")
    row.sealed_credential = envelope_for(row, secret)
    row.credentials_ref = SEALED


def rewrap_credentials(*, by: Caller, now: datetime) -> int:
    """Seal every envelope's key with the ring's first key, so that older ones may go. Raises Refused for a lost key."""
    by.require(WRITE, None)
    done = 0
    for row in CloudAccount.objects.exclude(sealed_credential=""):
        with transaction.atomic():
            row = CloudAccount.objects.select_for_update(no_key=True).get(pk=row.pk)
            if not row.sealed_credential or vault.sealed_by_first(row.sealed_credential):
                continue
            try:
                row.sealed_credential = vault.rewrap(row.sealed_credential, purpose=purpose_of(row))
            except vault.Unreadable as error:
                sentence = f"The envelope of {row.name} cannot be opened: put its key back into ENCRYPTION_KEYS."
                raise Refused("credentials-unreadable", sentence) from error
            row.save(update_fields=["sealed_credential"])
            events.record("account.rewrapped", subject=row.public_id, actor=by.name, now=now, data={})
            done += 1
    return done


def envelope_for(row: CloudAccount, secret: str) -> str:
    """The secret, sealed for this account only. Raises Refused for what cannot be one."""
    secret = secret.strip()
    if not secret or len(secret) > MOST_CHARACTERS or "\0" in secret:
        sentence = f"A credential is 1 to {MOST_CHARACTERS:,} characters of text, as its cloud gives it."
        raise Refused("credential", sentence, field="credential")
    return vault.seal_in_envelope(secret, purpose=purpose_of(row))


def _why_keep(row: CloudAccount) -> str:
    live = Instance.objects.filter(account=row, terminated_at=None).count()
    if live:
        return f"It still has {live} live machine{'s' if live > 1 else ''}. Release them first."
    if LaunchAttempt.objects.filter(account=row, state__in=UNRESOLVED_ATTEMPT_STATES).exists():
        return "A launch of it has no answer yet. Wait until it has one."
    if Hold.objects.filter(attempt__account=row, released_at=None).exists():
        return "Money is still kept aside for one of its launches. Wait until that is resolved."
    return ""


def _check(row: CloudAccount, before: Mapping[str, Any]) -> None:
    """Refused unless its adapter takes the options and the credential is a reference; the secret itself is not read.

    `before`: its options until now.
    """
    sealed = row.credentials_ref == SEALED and row.sealed_credential
    if not sealed and not REFERENCE.fullmatch(row.credentials_ref):
        raise Refused(
            "credentials-reference",
            "A reference is env:NAME or file:/path; a secret itself is given as the credential, and sealed.",
            field="credentials_ref",
        )
    check_names(row.provider, row.options, known=before)
    providers.connect(row.provider, Account(row.cloud, row.name, "", dict(row.options)))


def _check_sight(row: CloudAccount, before: Mapping[str, Any]) -> None:
    """Refused when machines would be in no list any more: they would count as gone, and cost money unseen."""
    live = set(Instance.objects.filter(account=row, terminated_at=None).values_list("region", flat=True))
    held = Hold.objects.filter(attempt__account=row, released_at=None)
    places = live | set(held.values_list("attempt__region", flat=True))
    if not places:
        return
    moved = [name for name in WHERE if before.get(name) != row.options.get(name)]
    moved += [name for name in ALSO if before.get(name) and not row.options.get(name)]
    dropped = sorted(places & set(before.get("regions") or ()) - set(row.options.get("regions") or ()))
    if moved or dropped:
        what = f"the option {moved[0]} stays" if moved else f"{', '.join(dropped)} stays in the option regions"
        sentence = f"Machines of it live, or may: {what} until they have ended, or nobody would see them."
        raise Refused("account-in-use", sentence, field="options")


def _save(row: CloudAccount, update_fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            row.save(update_fields=update_fields)
    except IntegrityError as error:
        if "name" not in str(error):
            raise
        raise Refused("name-taken", f"There is an account called {row.name} already.", field="name") from error


def _told(row: CloudAccount) -> dict[str, Any]:
    """What an event may say of it: not where its credential lies, nor what its options hold."""
    return {
        "name": row.name,
        "cloud": row.cloud,
        "provider": row.provider,
        "enabled": row.enabled,
        "expected_account_ref": row.expected_account_ref,
        "credential": kind_of_credential(row),
        "options": sorted(row.options),
    }


def kind_of_credential(row: CloudAccount) -> str:
    """`workload identity`, `env`, `file` or `sealed`: how it is kept, and nothing of where."""
    return row.credentials_ref.partition(":")[0] or "workload identity"


def _say(topic: str, row: CloudAccount, by: Caller, now: datetime, **data: Any) -> None:
    events.record(topic, subject=row.public_id, actor=by.name, now=now, data=data)

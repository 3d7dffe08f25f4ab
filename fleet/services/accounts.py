"""Cloud accounts: their adapters, and the credential behind a reference, read just before it is used."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar, cast

from django.db import DatabaseError
from django.db.models import Exists, OuterRef, Q

from fleet import providers, tracing
from fleet.domain.refusals import Refused
from fleet.models import CloudAccount, Hold, Instance
from fleet.providers.base import Account, CloudProvider
from fleet.providers.traced import Traced
from fleet.services import vault
from fleet.services.installation import installation
from fleet.services.origin import origin

SEALED = "sealed"
"""A reference to the envelope in the account's own row."""
log = logging.getLogger(__name__)
Result = TypeVar("Result")


def adapter(account: CloudAccount) -> CloudProvider:
    """The adapter that speaks for this account. Raises Refused when its credential cannot be read."""
    return adapter_with(account, credential_of(account))


def adapter_with(account: CloudAccount, secret: str) -> CloudProvider:
    """The adapter with this credential rather than the account's own. Raises Refused for options that make no sense."""
    options, expected = dict(account.options), account.expected_account_ref
    described = Account(
        account.cloud,
        account.name,
        secret,
        options,
        lambda: origin().request_id,
        expected,
        lambda: str(installation().uuid),
    )
    cloud = providers.connect(account.provider, described)
    return cast(CloudProvider, Traced(cloud, described, account.provider)) if tracing.is_on() else cloud


def purpose_of(account: CloudAccount) -> str:
    """What a sealed credential is bound to: it opens for no other account."""
    return f"credential of {account.public_id}"


def credential_of(account: CloudAccount) -> str:
    """Read just before use, kept nowhere. Raises Refused when it cannot be read."""
    if account.credentials_ref != SEALED:
        return read_secret(account.credentials_ref)
    return opened(account, account.sealed_credential)


def opened(account: CloudAccount, envelope: str) -> str:
    """The credential in it. Raises Refused when no key of the ring opens it."""
    try:
        return vault.open_envelope(envelope, purpose=purpose_of(account))
    except vault.Unreadable as error:
        raise Refused(
            "credentials-unreadable",
            "The sealed credential cannot be opened with today's ENCRYPTION_KEYS: put its key back, or rotate it.",
        ) from error


def read_secret(reference: str) -> str:
    """The secret a reference points at: `env:NAME` or `file:/path`; empty for workload identity."""
    kind, _, rest = reference.partition(":")
    if not reference:
        return ""
    if kind == "env" and rest:
        value = os.environ.get(rest)
        if value is None:
            raise Refused("credentials-missing", f"The environment has no {rest}; set it for the workers.")
        return value
    if kind == "file" and rest:
        try:
            return Path(rest).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Refused("credentials-missing", f"The credentials file cannot be read: {error.strerror}.") from error
    raise Refused("credentials-reference", "Credentials are given as env:NAME or file:/path.", field="credentials_ref")


def enabled() -> list[CloudAccount]:
    """Accounts that may be bought from."""
    return list(CloudAccount.objects.filter(enabled=True).order_by("id"))


def watched() -> list[CloudAccount]:
    """Accounts to observe and sweep: the enabled ones, and switched-off ones that still owe us an end.

    Switching an account off stops buying. Its machines live on and cost money until their cloud says they have ended.
    """
    live = Instance.objects.filter(account=OuterRef("pk"), terminated_at=None)
    held = Hold.objects.filter(released_at=None)
    held = held.filter(Q(attempt__account=OuterRef("pk")) | Q(purchase__account=OuterRef("pk")))
    return list(CloudAccount.objects.filter(Q(enabled=True) | Exists(live) | Exists(held)).order_by("id"))


def each(accounts: Iterable[CloudAccount], act: Callable[[CloudAccount], Result]) -> list[Result]:
    """Do it for every account; one's trouble is logged whole and does not keep the others waiting."""
    done = []
    for account in accounts:
        try:
            done.append(act(account))
        except DatabaseError:
            raise
        except Exception:
            log.exception("%s could not be looked after", account)
    return done

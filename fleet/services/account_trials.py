"""Trying an account, and changing its credential for one that was tried first.

Somebody asks, a worker does it: the web process has no cloud's SDK. Nothing is bought by a trial, so that one whose
worker died is simply begun again. A rotation never locks anybody out: the old credential stays until the new one has
shown that it works, belongs to the same account of the cloud, and lacks no permission, unless it was said that it may.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from fleet.domain.outcomes import Check
from fleet.domain.refusals import Refused
from fleet.models import AccountTrial, CloudAccount, TrialKind
from fleet.providers.base import ReadFailed
from fleet.services import account_troubles, events, signals
from fleet.services.access import Caller
from fleet.services.account_changes import REFERENCE, WRITE, envelope_for, kind_of_credential
from fleet.services.accounts import SEALED, adapter_with, credential_of, opened, read_secret
from fleet.services.whose_account import doubts

BEGIN_AGAIN_AFTER = timedelta(minutes=2)
"""Longer than all calls of a trial together may take; a second beginning changes nothing but costs the calls again."""
KEPT = 20


def request_trial(account: CloudAccount, *, by: Caller, now: datetime) -> AccountTrial:
    """Have the account tried as it is. One that waits already is not asked for twice. Raises Refused."""
    by.require(WRITE, None)
    with transaction.atomic():
        waiting = AccountTrial.objects.filter(account=account, kind=TrialKind.VERIFY, finished_at=None).first()
        return waiting or _ask(account, by, now, AccountTrial(account=account, requested_by=by.name))


def request_rotation(
    account: CloudAccount,
    *,
    by: Caller,
    now: datetime,
    reference: str = "",
    credential: str = "",
    despite_missing: bool = False,
) -> AccountTrial:
    """Have another credential tried, and put in place if it will do. Raises Refused while one is being tried."""
    by.require(WRITE, None)
    if bool(reference) == bool(credential):
        sentence = "Give the next credential, or a reference to it: one of the two."
        raise Refused("credentials-twice", sentence, field="credential")
    if reference and not REFERENCE.fullmatch(reference):
        raise Refused("credentials-reference", "A reference is env:NAME or file:/path.", field="credentials_ref")
    trial = AccountTrial(
        account=account,
        kind=TrialKind.ROTATE,
        requested_by=by.name,
        despite_missing=despite_missing,
        next_reference=reference or SEALED,
        next_sealed=envelope_for(account, credential) if credential else "",
    )
    with transaction.atomic():
        CloudAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        if AccountTrial.objects.filter(account=account, kind=TrialKind.ROTATE, finished_at=None).exists():
            raise Refused("rotation-waits", "Another credential is being tried. Wait for the end of that.")
        return _ask(account, by, now, trial)


def _ask(account: CloudAccount, by: Caller, now: datetime, trial: AccountTrial) -> AccountTrial:
    trial.save()
    trial.refresh_from_db(fields=["requested_at"])
    data = {"trial": trial.public_id, "kind": trial.kind}
    events.record("account.trial-requested", subject=account.public_id, actor=by.name, now=now, data=data)
    return trial


def try_waiting(*, now: datetime) -> int:
    """Do every trial that waits. Returns how many were done."""
    done = 0
    while (trial := _begun()) is not None:
        _finish(trial, *_tried(trial, now), now=now)
        done += 1
    return done


def _begun() -> AccountTrial | None:
    """The oldest that nobody does, or whose worker has been silent for too long."""
    with transaction.atomic():
        free = Q(begun_at=None) | Q(begun_at__lt=Now() - BEGIN_AGAIN_AFTER)
        rows = AccountTrial.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        trial = rows.select_related("account").filter(free, finished_at=None).order_by("id").first()
        if trial is None:
            return None
        AccountTrial.objects.filter(pk=trial.pk).update(begun_at=Now())
        trial.refresh_from_db(fields=["begun_at"])
    return trial


def _tried(trial: AccountTrial, now: datetime) -> tuple[list[Check], str]:
    """What the cloud let us do, and who it says we are; empty when it does not say."""
    account = trial.account
    try:
        if trial.kind == TrialKind.VERIFY:
            secret = credential_of(account)
        elif trial.next_reference == SEALED:
            secret = opened(account, trial.next_sealed)
        else:
            secret = read_secret(trial.next_reference)
        cloud = adapter_with(account, secret)
        checks = list(cloud.checks())
        who = cloud.facts().account_ref if checks and checks[0].ok else ""
        if trial.kind == TrialKind.VERIFY and who:
            checks += doubts(account, who)
    except Refused as error:
        return [Check("The credential", False, error.sentence)], ""
    except ReadFailed as error:
        signals.count_unclassified(account.cloud, error.meaning, now=now)
        return [Check("Who we are", False, str(error))], ""
    return checks, who


def _finish(trial: AccountTrial, checks: list[Check], who: str, *, now: datetime) -> None:
    """Write down what came of it, once; put the next credential in place if it will do."""
    with transaction.atomic():
        account = CloudAccount.objects.select_for_update(no_key=True).get(pk=trial.account_id)
        problem = _problem(account, checks, who, despite_missing=trial.despite_missing)
        if account.generation != trial.account.generation:
            problem = problem or "The account was changed while it was tried. Try the credential again."
        rotates = trial.kind == TrialKind.ROTATE and not problem
        ours = AccountTrial.objects.filter(pk=trial.pk, finished_at=None, begun_at=trial.begun_at)
        if not ours.update(
            finished_at=Now(),
            ok=not problem if trial.kind == TrialKind.ROTATE else all(check.ok for check in checks),
            problem=problem if trial.kind == TrialKind.ROTATE else "",
            checks=[asdict(check) for check in checks],
            next_sealed="",
        ):
            return  # begun again by somebody who took us for dead, and finished by them
        if rotates:
            _put_in_place(account, trial, now)
        missing = [check.needs for check in checks if not check.ok and check.needs]
        rotation = "account.rotation-refused" if problem else "account.rotated"
        events.record(
            "account.verified" if trial.kind == TrialKind.VERIFY else rotation,
            subject=account.public_id,
            actor=trial.requested_by,
            now=now,
            data={"trial": trial.public_id, "failed": sum(not check.ok for check in checks), "missing": missing},
        )
        old = AccountTrial.objects.filter(account=account).exclude(finished_at=None).order_by("-id").values("id")
        AccountTrial.objects.filter(pk__in=[row["id"] for row in old[KEPT:]]).delete()


def _problem(account: CloudAccount, checks: list[Check], who: str, *, despite_missing: bool) -> str:
    """Why the tried credential may not take the place of the old one; empty when it may."""
    if not checks or not checks[0].ok:
        return f"It does not work: {checks[0].detail if checks else 'nothing could be tried'}"
    if account.expected_account_ref and who != account.expected_account_ref:
        return f"It belongs to {who or 'an account that cannot be told'}, not to {account.expected_account_ref}."
    missing = [check.needs for check in checks if not check.ok and check.needs]
    if missing and not despite_missing:
        return f"It may not do everything: {', '.join(dict.fromkeys(missing))}. Grant that, or rotate despite it."
    return ""


def _put_in_place(account: CloudAccount, trial: AccountTrial, now: datetime) -> None:
    before = kind_of_credential(account)
    account.credentials_ref = trial.next_reference
    account.sealed_credential = trial.next_sealed if trial.next_reference == SEALED else ""
    account.last_error = account.last_error_code = account.last_error_step = ""
    account.generation += 1
    account.save(update_fields=["credentials_ref", "sealed_credential", *account_troubles.CLEARED, "generation"])
    data = {"before": {"credential": before}, "after": {"credential": kind_of_credential(account)}}
    events.record("account.changed", subject=account.public_id, actor=trial.requested_by, now=now, data=data)

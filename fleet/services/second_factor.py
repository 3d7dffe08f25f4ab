"""Second factors: codes from an app (TOTP) and recovery codes, each of which works once.

django-allauth keeps and computes them, sealed by `fleet.services.vault`; that a code works once is kept in its row, so
it holds in every process and without Valkey.
"""

from __future__ import annotations

from datetime import datetime

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from fleet.domain.refusals import Refused
from fleet.models import Role
from fleet.services import events, sessions
from fleet.services.clock import business_converter
from fleet.services.vault import Unreadable

SEEN = "second_factor"  # in a session: it has one, or its identity provider asked for one
KINDS = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
WRONG_CODE = "This code does not fit. A code from the app works once, and for half a minute."


def is_set_up(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def is_required_of(user: User) -> bool:
    """Whether REQUIRE_SECOND_FACTOR means them: everybody, or superusers, staff and admins of any project."""
    if settings.REQUIRE_SECOND_FACTOR == "admins":
        return user.is_superuser or user.is_staff or user.memberships.filter(role=Role.ADMIN).exists()
    return settings.REQUIRE_SECOND_FACTOR == "everybody"


def accepts(user: User, code: str) -> bool:
    """Whether this code opens the door; from now on it does not any more."""
    with transaction.atomic():
        factors = Authenticator.objects.select_for_update().filter(user=user, type__in=KINDS).order_by("-type")
        for factor in factors:
            try:
                fits = _app_code(factor, code) if factor.type == Authenticator.Type.TOTP else _recovery(factor, code)
            except Unreadable as error:
                sentence = "The second factor of this account can no longer be read. An administrator can take it off."
                raise Refused("second-factor-unreadable", sentence, field="code") from error
            if fits:
                factor.record_usage()
                return True
    return False


def add(user: User, *, secret: str, code: str, actor: str, now: datetime) -> list[str]:
    """The app knows the secret, so from now on logging in needs it. Answers the recovery codes. Raises Refused."""
    counter = _counter_of(secret, code)
    if counter is None:
        raise Refused("second-factor-code", WRONG_CODE, field="code")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if is_set_up(user):
            raise Refused("second-factor-there", "This account already has a second factor. Remove it first.")
        factor = TOTP.activate(user, secret).instance
        factor.data["last_counter"] = counter
        factor.save(update_fields=["data"])
        codes = _new_codes(user)
        _record("second-factor.added", user, actor=actor, now=now)
    return codes


def remove(user: User, *, actor: str, now: datetime) -> None:
    """Take app and recovery codes away. Twice changes nothing."""
    with transaction.atomic():
        gone, _ = Authenticator.objects.filter(user=user, type__in=KINDS).delete()
        if gone:
            _record("second-factor.removed", user, actor=actor, now=now)


def renew_recovery_codes(user: User, *, actor: str, now: datetime) -> list[str]:
    """Ten new ones; the former work no longer. Raises Refused without a second factor."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if not is_set_up(user):
            raise Refused("second-factor-none", "Recovery codes come with a second factor. Set one up first.")
        codes = _new_codes(user)
        _record("recovery-codes.renewed", user, actor=actor, now=now)
    return codes


def facts(user: User) -> dict[str, object]:
    """What the page shows of it; no secret."""
    found = {factor.type: factor for factor in Authenticator.objects.filter(user=user, type__in=KINDS)}
    app, codes = found.get(Authenticator.Type.TOTP), found.get(Authenticator.Type.RECOVERY_CODES)
    try:
        left = len(codes.wrap().get_unused_codes()) if codes else 0
    except Unreadable:
        left = 0
    return {
        "set_up": app is not None,
        "added_at": app.created_at if app else None,
        "last_used_at": app.last_used_at if app else None,
        "codes_left": left,
    }


def _app_code(factor: Authenticator, code: str) -> bool:
    """A code fits when it is newer than the last one that did."""
    counter = _counter_of(decrypt(factor.data["secret"]), code)
    if counter is None or counter <= factor.data.get("last_counter", 0):
        return False
    factor.data["last_counter"] = counter
    factor.save(update_fields=["data"])
    return True


def _recovery(factor: Authenticator, code: str) -> bool:
    fits: bool = factor.wrap().validate_code(code)
    return fits


def _counter_of(secret: str, code: str) -> int | None:
    """Which half minute around now this code belongs to."""
    for counter in yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter))):
            return counter
    return None


def _new_codes(user: User) -> list[str]:
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    codes: list[str] = RecoveryCodes.activate(user).generate_codes()
    return codes


def _record(topic: str, user: User, *, actor: str, now: datetime) -> None:
    events.record(
        topic,
        subject=sessions.subject_of(user),
        actor=actor,
        now=business_converter()(now),
        data={"name": user.get_username()},
    )

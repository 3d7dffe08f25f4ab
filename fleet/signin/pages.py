"""The sections of Settings about oneself: profile, second factor, sessions."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fleet.domain.refusals import Refused
from fleet.forms import StrictForm, done
from fleet.models import Session
from fleet.pages import frame_of
from fleet.services import second_factor, sessions, vault
from fleet.settings_pages import render_section
from fleet.signin.browsers import in_words
from fleet.signin.passwords import ChangeForm, render_profile
from fleet.sudo import sudo_required

BEING_SET_UP = "second_factor_being_set_up"  # in the session, sealed: what the app is told and not confirmed yet


@require_safe
def you(request: HttpRequest) -> HttpResponseBase:
    return render_profile(request, ChangeForm(user=_user(request)))


# --- Second factor -----------------------------------------------------------------------------------------------


class FirstCodeForm(StrictForm):
    code = forms.CharField(
        max_length=32,
        label="Code from the app",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": "Type the six digits that the app shows now."},
    )


@require_safe
def second_factor_page(request: HttpRequest) -> HttpResponseBase:
    return _second_factor(request)


@require_http_methods(["GET", "HEAD", "POST"])
@sudo_required
def add_second_factor(request: HttpRequest) -> HttpResponseBase:
    """Tell the app a secret, and let it show that it knows it."""
    user = _user(request)
    if second_factor.is_set_up(user):
        return HttpResponseRedirect(reverse("second-factor"))
    form = FirstCodeForm(request.POST) if request.method == "POST" else FirstCodeForm()
    secret = _secret(request, anew=not form.is_bound)
    if form.is_bound and form.is_valid():
        with form.refusals():
            codes = second_factor.add(
                user, secret=secret, code=form.cleaned_data["code"], actor=user.get_username(), now=_now()
            )
            request.session.pop(BEING_SET_UP, None)
            request.session[second_factor.SEEN] = True
            return _show(request, codes)
    adapter = get_adapter()
    image = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    context = {
        "form": form,
        "secret": " ".join(re.findall(".{1,4}", secret)),
        "image": f"data:image/svg+xml,{quote(image)}",
    }
    return render(request, "signin/second_factor_add.html", context, status=422 if form.is_bound else 200)


@require_POST
@sudo_required
def remove_second_factor(request: HttpRequest) -> HttpResponseBase:
    user = _user(request)
    if second_factor.is_required_of(user):
        return _second_factor(request, refused="This installation asks for a second factor. It cannot be removed.")
    second_factor.remove(user, actor=user.get_username(), now=_now())
    request.session.pop(second_factor.SEEN, None)
    return done(request, "Second factor removed. The password alone opens this account.", to=reverse("second-factor"))


@require_POST
@sudo_required
def renew_recovery_codes(request: HttpRequest) -> HttpResponseBase:
    user = _user(request)
    try:
        codes = second_factor.renew_recovery_codes(user, actor=user.get_username(), now=_now())
    except Refused as refused:
        return _second_factor(request, refused=refused.sentence)
    return _show(request, codes)


def _show(request: HttpRequest, codes: list[str]) -> HttpResponseBase:
    """On this one answer and never again, and on a page that does not renew itself."""
    return render(request, "signin/recovery_codes.html", {"codes": [f"{code[:5]} {code[5:]}" for code in codes]})


def _second_factor(request: HttpRequest, *, refused: str = "") -> HttpResponseBase:
    user = _user(request)
    facts = second_factor.facts(user)
    owed = second_factor.is_required_of(user) and not facts["set_up"] and not request.session.get(second_factor.SEEN)
    context = {"factor": facts, "owed": owed, "refused": refused}
    return _render(request, "settings/second_factor.html", "second-factor", context, 422 if refused else 200)


def _secret(request: HttpRequest, *, anew: bool) -> str:
    """The secret on its way to the app; a page shown again begins with another one."""
    purpose = f"second factor being set up by {_user(request).pk}"
    kept = request.session.get(BEING_SET_UP)
    if kept and not anew:
        return vault.unseal(kept, purpose=purpose)
    secret: str = generate_totp_secret()
    request.session[BEING_SET_UP] = vault.seal(secret, purpose=purpose)
    return secret


# --- Sessions ----------------------------------------------------------------------------------------------------


class EndForm(StrictForm):
    """Which session to end; without one, all but this."""

    session = forms.CharField(max_length=48, required=False)


@require_safe
def sessions_page(request: HttpRequest) -> HttpResponseBase:
    here = sessions.hashed(request.session.session_key or "")
    rows = [_row(row, here) for row in sessions.live(_user(request), now=_now())]
    context = {"rows": sorted(rows, key=lambda row: not row["here"]), "others": len(rows) > 1}
    return _render(request, "settings/sessions.html", "sessions", context, 200)


@require_POST
def end_session(request: HttpRequest) -> HttpResponseBase:
    """End one of one's own sessions, or all the others."""
    user, form = _user(request), EndForm(request.POST)
    if not form.is_valid():
        return HttpResponseRedirect(reverse("sessions"))
    name, chosen = user.get_username(), form.cleaned_data["session"]
    if chosen:
        ended = sessions.revoke(user, chosen, actor=name, now=_now())
        told = "Session ended." if ended else "This session had already ended."
    else:
        gone = sessions.revoke_all(
            user, actor=name, why="all others ended", now=_now(), keep=request.session.session_key or ""
        )
        told = f"{gone} other session{'' if gone == 1 else 's'} ended."
    return done(request, told, to=reverse("sessions"))


def _row(row: Session, here: str) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "here": row.session_key == here,
        "browser": in_words(row.user_agent),
        "address": row.address or "unknown",
        "started_at": row.started_at,
        "last_seen_at": row.last_seen_at,
        "ends_at": row.expire_date,
    }


def _render(request: HttpRequest, template: str, key: str, context: dict[str, Any], status: int) -> HttpResponseBase:
    return render_section(request, template, frame_of(request), key, context, status=status)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _now() -> datetime:
    """Sessions and second factors live in real time."""
    return datetime.now(UTC)

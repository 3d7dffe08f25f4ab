"""The page named `prove`: who sits at this browser shows once more who they are."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from fleet.forms import StrictForm
from fleet.services import second_factor, sessions
from fleet.signin import oidc
from fleet.signin.following import next_of
from fleet.signin.login import CodeForm
from fleet.signin.password_rules import LONGEST
from fleet.sudo import note_proof


class PasswordProof(StrictForm):
    password = forms.CharField(
        strip=False,
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": "Type your password."},
    )

    def __init__(self, *args: Any, user: User) -> None:
        super().__init__(*args)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            sessions.note_failed_login(self.user, how="proof by password", now=timezone.now())
            raise forms.ValidationError("This is not the password of this account. It is case-sensitive.")
        return password


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest) -> HttpResponse:
    """Ask for a proof this person can give, note it and go back to where it was needed."""
    user = request.user
    assert isinstance(user, User)
    offered = _forms(user)
    # A proof they were not offered is a password they do not have: it never fits.
    kind = "code" if "code" in request.POST and "code" in offered else "password"
    form = None
    if request.method == "POST":
        form = offered[kind] = (CodeForm if kind == "code" else PasswordProof)(request.POST, user=user)
        if form.is_valid():
            request.session.cycle_key()
            note_proof(request)
            return HttpResponseRedirect(next_of(request))
    where = next_of(request)
    provider = settings.OIDC_NAME if oidc.is_known_there(user) else ""
    link = f"{reverse('oidc')}?{urlencode({'prove': '1', 'next': where})}"
    context = {"forms": offered, "next": where, "provider": provider, "link": link}
    return render(request, "signin/prove.html", context, status=422 if form else 200)


def _forms(user: User) -> dict[str, StrictForm]:
    """By the name of the field."""
    offered: dict[str, StrictForm] = {}
    if user.has_usable_password():
        offered["password"] = PasswordProof(user=user)
    if second_factor.is_set_up(user):
        offered["code"] = CodeForm(user=user)
    return offered

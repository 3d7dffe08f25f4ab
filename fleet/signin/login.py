"""The login: a name and a password, then a code where one is set up."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_password_login, record_authentication
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.mfa.stages import AuthenticateStage
from django import forms
from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from fleet.domain.refusals import Refused
from fleet.forms import StrictForm
from fleet.services import second_factor, sessions


class LoginView(auth_views.LoginView):
    """Name and password. Whoever has a second factor is asked for a code before they are logged in."""

    template_name = "login.html"

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        login = Login(user=user, redirect_url=self.get_success_url())
        return perform_password_login(self.request, {"username": user.get_username()}, login)

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        return super().get_context_data(**more, ended=self._had_a_session(), provider=settings.OIDC_NAME)

    def _had_a_session(self) -> bool:
        """The browser shows a cookie that opens nothing any more."""
        shown = settings.SESSION_COOKIE_NAME in self.request.COOKIES
        return shown and self.request.method == "GET" and self.request.session.is_empty()


class CodeForm(StrictForm):
    code = forms.CharField(
        label="Code",
        max_length=32,
        help_text="Six digits from your app, or one of your recovery codes.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
        error_messages={"required": "Type the code your app shows."},
    )

    def __init__(self, *args: Any, user: User) -> None:
        super().__init__(*args)
        self.user = user

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        try:
            fits = second_factor.accepts(self.user, code)
        except Refused as refused:
            raise forms.ValidationError(refused.sentence) from refused
        if not fits:
            sessions.note_failed_login(self.user, how="code", now=timezone.now())
            raise forms.ValidationError(second_factor.WRONG_CODE)
        return code


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The second step: whoever gave the right password shows a code."""
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    if stage is None or not isinstance(stage.login.user, User):
        return HttpResponseRedirect(reverse("login"))
    user = stage.login.user
    form = CodeForm(request.POST, user=user) if request.method == "POST" else CodeForm(user=user)
    if form.is_bound and form.is_valid():
        record_authentication(request, user, "mfa")
        request.session[second_factor.SEEN] = True
        answer: HttpResponse = stage.exit()
        return answer
    return render(request, "signin/code.html", {"form": form}, status=422 if form.is_bound else 200)


@login_not_required
def inactive(request: HttpRequest) -> HttpResponse:
    """They are who they say, and may not log in."""
    sentence = "This account is switched off. An administrator can switch it on."
    return render(request, "signin/refused.html", {"title": "Not logged in", "sentence": sentence}, status=403)

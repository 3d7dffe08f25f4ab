"""Pages on which a person chooses a password: their own, anew; or their first, by a link they were given."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django import forms
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from fleet.forms import StrictForm, done
from fleet.pages import frame_of
from fleet.services import people, sessions
from fleet.services.access import caller_of_user
from fleet.settings_pages import render_section
from fleet.signin.password_rules import LONGEST, HardToGuess

NEW = {"autocomplete": "new-password"}


class PasswordForm(StrictForm):
    """A new password. It is typed once: it can be shown, and pasting works."""

    password = forms.CharField(
        label="New password",
        strip=False,
        max_length=LONGEST,
        help_text=HardToGuess().get_help_text(),
        widget=forms.PasswordInput(attrs=NEW),
        error_messages={"required": "Type the new password."},
    )


class ChangeForm(PasswordForm):
    current = forms.CharField(
        label="Current password",
        strip=False,
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Type your current password."},
    )
    field_order = ["current", "password"]

    def __init__(self, *args: Any, user: User) -> None:
        super().__init__(*args)
        self.user = user

    def clean_current(self) -> str:
        current: str = self.cleaned_data["current"]
        if not self.user.check_password(current):
            sessions.note_failed_login(self.user, how="current password", now=timezone.now())
            raise forms.ValidationError("This is not your current password. It is case-sensitive.")
        return current


@sensitive_post_parameters("current", "password")
@require_http_methods(["POST"])
def change(request: HttpRequest) -> HttpResponseBase:
    """Another password for oneself; every other session ends."""
    user = request.user
    assert isinstance(user, User)
    form = ChangeForm(request.POST, user=user)
    if form.is_valid() and user.has_usable_password():
        with form.refusals():
            people.set_password(user, form.cleaned_data["password"], by=caller_of_user(user), now=timezone.now())
            update_session_auth_hash(request, user)  # this browser's session begins anew
            return done(request, "Password changed. Your other sessions ended.", to=reverse("you"))
    return render_profile(request, form, status=422)


def render_profile(request: HttpRequest, form: ChangeForm, *, status: int = 200) -> HttpResponseBase:
    """The section of Settings about oneself."""
    user = request.user
    assert isinstance(user, User)
    context = {
        "form": form,
        "has_password": user.has_usable_password(),
        "roles": user.memberships.select_related("project").order_by("project__slug"),
        "identities": SocialAccount.objects.filter(user=user).count(),
    }
    return render_section(request, "settings/you.html", frame_of(request), "you", context, status=status)


class InvitedForm(PasswordForm):
    """In the shape Django's own view wants it."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "password" in cleaned:
            with self.refusals():
                people.check_password(self.user, cleaned["password"])
        return cleaned

    def save(self) -> User:
        people.set_password(self.user, self.cleaned_data["password"], by=caller_of_user(self.user), now=timezone.now())
        return self.user


class InvitedView(auth_views.PasswordResetConfirmView):
    """Behind a link that an administrator made: choose a password, then log in with it. The link works once."""

    form_class = InvitedForm  # type: ignore[assignment]  # any form with a user and save() does
    template_name = "signin/invited.html"
    success_url = reverse_lazy("login")
    post_reset_login = False

    def get_user(self, uidb64: str) -> Any:
        """Nobody who is switched off."""
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

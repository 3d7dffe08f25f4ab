"""The page named `prove`: who sits at this browser shows once more who they are."""

from __future__ import annotations

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from fleet.forms import StrictForm
from fleet.signin.following import next_of
from fleet.sudo import note_proof


class ProofForm(StrictForm):
    password = forms.CharField(
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": "Type your password."},
    )

    def __init__(self, *args: object, user: User) -> None:
        super().__init__(*args)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError("This is not the password of this account. It is case-sensitive.")
        return password


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest) -> HttpResponse:
    """Ask for a proof, note it and go back to where it was needed."""
    assert isinstance(request.user, User)
    form = ProofForm(request.POST, user=request.user) if request.method == "POST" else ProofForm(user=request.user)
    if form.is_bound and form.is_valid():
        request.session.cycle_key()
        note_proof(request)
        return HttpResponseRedirect(next_of(request))
    context = {"form": form, "next": next_of(request)}
    return render(request, "signin/prove.html", context, status=422 if form.is_bound else 200)

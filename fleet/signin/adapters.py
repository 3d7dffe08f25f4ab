"""Where django-allauth asks us: what a login passes through, and how secrets are kept."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from fleet.services import vault

PURPOSE = "second factor"


class AccountAdapter(DefaultAccountAdapter):
    """People are made by administrators or by the identity provider; nobody signs up and no mail is sent."""

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Whoever logs in again over a live session of their own gets another key too; Django would keep it."""
        if SESSION_KEY in request.session:
            request.session.cycle_key()
        super().login(request, user)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Its messages are not in our words."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """There is no mail server; events say what happened."""

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_inactive"))


class SecondFactorAdapter(DefaultMFAAdapter):
    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def encrypt(self, text: str) -> str:
        return vault.seal(text, purpose=PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        return vault.unseal(encrypted_text, purpose=PURPOSE)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """There is no mail server; events say what happened."""

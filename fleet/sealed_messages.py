"""Sentences for the next page, sealed: some show a secret its only time, such as a new token in the admin.

They travel in a cookie, so no row holds what is shown once, and sealed, so that the browser's own files do not
either. Long ones go to the session, as Django's storage does it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage

from fleet.services import vault

PURPOSE = "messages"


class SealedCookie(CookieStorage):
    @property
    def cookie_name(self) -> str:  # type: ignore[override]  # read each time: Django has it as an attribute
        return "__Host-purser-messages" if settings.SESSION_COOKIE_SECURE else "purser-messages"

    def _encode_parts(self, messages: Any, encode_empty: bool = False) -> str | None:
        signed = super()._encode_parts(messages, encode_empty)  # type: ignore[misc]  # not in the stubs
        return vault.seal(signed, purpose=PURPOSE) if signed else None

    def _decode(self, data: str | None) -> Any:
        """Nothing, for what was sealed with a key that is gone, or by somebody else."""
        try:
            return super()._decode(vault.unseal(data, purpose=PURPOSE) if data else None)  # type: ignore[misc]
        except vault.Unreadable:
            self.used = True  # so the cookie is taken away
            return None


class Storage(FallbackStorage):
    storage_classes = (SealedCookie, SessionStorage)

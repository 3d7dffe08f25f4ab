"""What follows when Django or django-allauth says that somebody came, failed to come or went."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from fleet.sudo import note_proof


@receiver(user_logged_in, dispatch_uid="purser-logged-in")
def logged_in(request: HttpRequest, **_: Any) -> None:
    """Logging in is a proof too."""
    note_proof(request)

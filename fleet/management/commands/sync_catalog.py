"""`manage.py sync_catalog`: read shapes, offerings and prices of every enabled account now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fleet.models import CloudAccount
from fleet.services import catalog
from fleet.services.accounts import enabled
from fleet.services.clock import business_now


class Command(BaseCommand):
    help = "Read what every enabled account sells, and at which price."

    def handle(self, *args: Any, **options: Any) -> None:
        failed = [account for account in enabled() if not catalog.sync_account(account, now=business_now())]
        for account in failed:
            reason = CloudAccount.objects.values_list("last_error", flat=True).get(pk=account.pk)
            self.stderr.write(f"{account.name}: {reason}")
        if failed:
            raise CommandError(f"{len(failed)} account(s) could not be read; what was known of them is kept.")
        catalog.note_chips_without_figures(now=business_now())

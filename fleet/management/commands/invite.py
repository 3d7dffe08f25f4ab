"""`manage.py invite NAME`: a person, and a link with which they choose their password."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from fleet.domain.refusals import Refused
from fleet.services import people
from fleet.services.access import caller_at_the_server

BY = caller_at_the_server("manage.py invite")


class Command(BaseCommand):
    help = "Make a person, or find one, and print a link that sets their password: once, and within a day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--superuser", action="store_true", help="a new person may do everything")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            try:
                user = people.invite(options["name"], by=BY, now=timezone.now(), superuser=options["superuser"])
            except Refused as refused:
                raise CommandError(refused.sentence) from refused
        elif options["superuser"] and not user.is_superuser:
            raise CommandError(f"{user} is there already and no superuser. Make them one in the admin console.")
        path = people.password_link(user, by=BY, now=timezone.now())
        host = settings.ALLOWED_HOSTS[0] if settings.ALLOWED_HOSTS else "localhost"
        self.stdout.write(f"http{'s' if settings.HTTPS else ''}://{host}{path}")

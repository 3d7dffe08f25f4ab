"""`manage.py nodes`: before somebody works on a node of a cluster, and after."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fleet.domain.refusals import Refused
from fleet.models import CloudAccount
from fleet.services import nodes
from fleet.services.access import caller_at_the_server
from fleet.services.clock import business_now

BY = caller_at_the_server("manage.py nodes")


class Command(BaseCommand):
    help = "Cordon a node of a cluster, empty it of machines, or let it take new ones again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        named = {
            "cordon": "no new machine goes there; what is there stays",
            "uncordon": "it takes new machines again",
            "empty": "cordon it, and ask every machine to go to another node; ask again while some wait",
        }
        for verb, what in named.items():
            said = verbs.add_parser(verb, help=what)
            said.add_argument("account", help="the cluster, as its account is called here")
            said.add_argument("node")

    def handle(self, *args: Any, verb: str, account: str, node: str, **options: Any) -> None:
        row = CloudAccount.objects.filter(name=account).first()
        if row is None:
            raise CommandError(f"There is no account called {account}. `manage.py account list` names them.")
        try:
            if verb == "empty":
                self._empty(row, node)
                return
            nodes.cordon(row, node, takes_work=verb == "uncordon", by=BY, now=business_now())
        except Refused as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(f"{node} takes {'new machines again' if verb == 'uncordon' else 'no new machine'}.")

    def _empty(self, row: CloudAccount, node: str) -> None:
        told = nodes.empty(row, node, by=BY, now=business_now())
        for one in told:
            word = "leaves" if one.left else "waits for its disruption budget" if one.waits else f"stays: {one.detail}"
            self.stdout.write(f"{one.machine} {word}")
        if staying := sum(not one.left for one in told):
            raise CommandError(f"{staying} of {len(told)} stay for now. Ask again later.")
        self.stdout.write(f"{node} is cordoned, and every machine of ours leaves it.")

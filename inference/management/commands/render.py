"""`manage.py render`: a workload, or an endpoint, as manifests for one kind of Kubernetes cluster."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fleet.domain.refusals import Refused
from inference.domain.manifests.pods import Object
from inference.domain.manifests.rendering import WITH, Target
from inference.domain.manifests.scheduling import ENVIRONMENTS
from inference.models import Endpoint
from inference.services.manifests import as_yaml, manifests_of, rendered


class Command(BaseCommand):
    help = "Write manifests of a workload for GKE, EKS, AKS or a cluster of one's own; nothing is applied."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workload", nargs="?", help="a YAML or JSON file, or - for what is piped in")
        parser.add_argument("--endpoint", default="", help="instead of a file: the id of an endpoint")
        parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)
        parser.add_argument("--with", dest="extras", action="append", default=[], choices=WITH, help="repeatable")
        parser.add_argument("--cluster", default="", help="its name; Karpenter's role and discovery tag have it")
        parser.add_argument("--namespace", default="", help="of an endpoint's objects")
        parser.add_argument("--image", default="", help="of an endpoint's engine")
        parser.add_argument("--output", default="", help="a file to write; without it: standard output")
        parser.add_argument("--json", action="store_true", help="a list of objects rather than YAML")

    def handle(self, *args: Any, **said: Any) -> None:
        if bool(said["workload"]) == bool(said["endpoint"]):
            raise CommandError("Give a workload's file or --endpoint, one of the two.")
        target = Target(said["environment"], tuple(said["extras"]), said["cluster"])
        try:
            objects = self._of_endpoint(said, target) if said["endpoint"] else rendered(_read(said["workload"]), target)
        except Refused as error:
            raise CommandError(f"{error.field}: {error.sentence}" if error.field else error.sentence) from error
        text = json.dumps(objects, indent=2) + "\n" if said["json"] else as_yaml(objects)
        if not said["output"]:
            self.stdout.write(text, ending="")
            return
        try:
            Path(said["output"]).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{said['output']} cannot be written: {error.strerror}.") from error
        self.stderr.write(f"{len(objects)} objects in {said['output']}.")

    def _of_endpoint(self, said: dict[str, Any], target: Target) -> list[Object]:
        found = Endpoint.objects.select_related("serving_config", "model").filter(public_id=said["endpoint"]).first()
        if found is None:
            raise CommandError(f"There is no endpoint {said['endpoint'][:60]!r}.")
        return manifests_of(found, target, {"namespace": said["namespace"], "image": said["image"]})


def _read(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}.") from error

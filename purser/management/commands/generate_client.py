"""`manage.py generate_client`: write the typed client of client/ anew from the schema, offline (`make client`)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from drf_spectacular.generators import SchemaGenerator

from fleet.api.samples import operations
from fleet.api.schema_hooks import SPARSE

CLIENT = Path(settings.BASE_DIR) / "client"
NOT_FOR_PROGRAMS = ("fields", "format")
"""Parameters that change the shape of an answer: a typed client wants whole rows in JSON."""


class Command(BaseCommand):
    help = "Write the typed Python client anew from the schema."
    requires_system_checks = []  # neither a database nor a broker is asked

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, default=CLIENT, help="a folder like client/")
        parser.add_argument("--schema-only", action="store_true", help="print what the client is made from")

    def handle(self, *args: Any, **options: Any) -> None:
        drawn = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]  # drf-spectacular's is bare
        schema = json.dumps(for_programs(drawn), default=str, indent=1)
        if options["schema_only"]:
            self.stdout.write(schema)
            return
        out: Path = options["out"]
        with tempfile.TemporaryDirectory() as folder:
            given = Path(folder) / "schema.json"
            given.write_text(schema, encoding="utf-8")
            made = Path(folder) / "generated"
            self._generate(given, made)
            shutil.rmtree(out / "purser_client" / "generated", ignore_errors=True)
            shutil.copytree(made, out / "purser_client" / "generated", ignore=shutil.ignore_patterns("*_cache"))
        _set_version(out / "pyproject.toml", settings.VERSION)

    def _generate(self, schema: Path, made: Path) -> None:
        command = [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"),
            *("--path", str(schema), "--output-path", str(made), "--config", str(CLIENT / "generator.yml")),
        ]
        # The generator formats with ruff, which lies beside this interpreter.
        here = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        done = subprocess.run(command, env=here, capture_output=True, text=True, check=False)
        if done.returncode or not (made / "client.py").exists():
            raise CommandError(f"The generator did not like the schema:\n{done.stdout}{done.stderr}")


def for_programs(schema: dict[str, Any]) -> dict[str, Any]:
    """Only what a program calls for: whole rows in JSON; refusals are exceptions, so no call returns one."""
    for _, _, operation in operations(schema):
        operation["parameters"] = [
            one for one in operation.get("parameters", ()) if one["name"] not in NOT_FOR_PROGRAMS
        ]
        operation["responses"] = {
            status: _in_json(response) for status, response in operation["responses"].items() if int(status) < 400
        }
    schema["components"].pop("examples", None)
    schema["components"]["schemas"].pop(SPARSE, None)
    return schema


def _in_json(response: dict[str, Any]) -> dict[str, Any]:
    content = {kind: body for kind, body in response.get("content", {}).items() if kind == "application/json"}
    for body in content.values():
        several = body["schema"].get("anyOf", [])
        if any(one.get("$ref", "").endswith(f"/{SPARSE}") for one in several):
            body["schema"] = next(one for one in several if not one.get("$ref", "").endswith(f"/{SPARSE}"))
    return {"description": response.get("description", ""), **({"content": content} if content else {})}


def _set_version(file: Path, version: str) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r'^version = ".*"$', f'version = "{version}"', text, flags=re.MULTILINE), encoding="utf-8")

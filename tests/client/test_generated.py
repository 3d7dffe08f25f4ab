"""The generated half of the client is what the schema says today; `make client` writes it anew."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

CLIENT = Path(settings.BASE_DIR) / "client"
ADVICE = "The schema has changed: run `make client` and commit client/."


def test_it_is_what_the_schema_says(tmp_path: Path) -> None:
    shutil.copy(CLIENT / "pyproject.toml", tmp_path)
    call_command("generate_client", out=tmp_path)
    made, kept = (_files(folder / "purser_client" / "generated") for folder in (tmp_path, CLIENT))
    assert made.keys() == kept.keys(), ADVICE
    assert [name for name in made if made[name] != kept[name]] == [], ADVICE
    assert (tmp_path / "pyproject.toml").read_text() == (CLIENT / "pyproject.toml").read_text(), ADVICE


def test_its_version_is_that_of_the_changelog() -> None:
    assert tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]["version"] == settings.VERSION


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.py")}

"""docs/asvs.md: each test it names is there, each line that says "met" names one, and a few promises of the code."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import identify_hasher, make_password

from tests.architecture.sources import REPOSITORY

DOCUMENT = (REPOSITORY / "docs/asvs.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([123]) \| (.+?) \| (✓|part|no|op|–) \| (.+) \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@cache
def functions_of(path: str) -> frozenset[str]:
    """Names of the functions of a file, also those in its classes; nothing is run."""
    file = REPOSITORY / path
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def missing(text: str) -> list[str]:
    return [f"{path}::{name}" for path, name in TEST.findall(text) if name not in functions_of(path)]


def test_every_test_it_names_exists() -> None:
    assert len(TEST.findall(DOCUMENT)) > 150
    assert missing(DOCUMENT) == []


def test_a_test_that_is_not_there_is_seen() -> None:
    assert missing("`tests/security/test_login.py::test_nothing_of_the_kind` `tests/no.py::test_x`") == [
        "tests/security/test_login.py::test_nothing_of_the_kind",
        "tests/no.py::test_x",
    ]


def test_what_is_met_names_its_test_and_every_chapter_is_there() -> None:
    rows = ROW.findall(DOCUMENT)
    numbered = [line for line in DOCUMENT.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) == len(numbered), "a line does not have the shape of the others"
    assert [number for number, *_, mark, _how, held in rows if mark in ("✓", "part") and not TEST.search(held)] == []
    numbers = [tuple(map(int, row[0].split("."))) for row in rows]
    assert numbers == sorted(set(numbers))
    assert {number[0] for number in numbers} == set(range(1, 18))


def test_every_key_of_the_settings_stands_in_the_inventory() -> None:
    configuration = (REPOSITORY / "docs/configuration.md").read_text(encoding="utf-8")
    secrets = set(re.findall(r"^\| `(\w+)` \|.*\*\*Secret\.\*\*", configuration, re.MULTILINE))
    assert {"SECRET_KEY", "METRICS_TOKEN"} <= secrets
    assert [name for name in sorted(secrets) if f"`{name}`" not in DOCUMENT] == []


def test_the_linter_looks_for_dangerous_calls() -> None:
    """Ruff's S rules: SQL put together, shells, eval, pickle, YAML, MD5 and SHA-1, text marked safe, TLS unchecked."""
    lint = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert "S" in lint["select"]
    assert {rule for rule in lint["ignore"] if rule.startswith("S")} <= {"S101", "S603", "S607", "SIM108"}
    spared = {place for place, rules in lint["per-file-ignores"].items() if any(rule.startswith("S") for rule in rules)}
    assert spared <= {"tests/**", "sandbox/**", "bench/**"}


def test_our_scripts_neither_listen_to_strangers_nor_run_text() -> None:
    never = re.compile(r"\beval\(|new Function|document\.write|postMessage|[\"']message[\"']|createElement\(.script")
    found = [path.name for path in (REPOSITORY / "static/js").glob("*.js") if never.search(path.read_text("utf-8"))]
    assert found == []


def test_passwords_are_kept_by_argon2() -> None:
    assert identify_hasher(make_password("correct horse battery staple")).algorithm == "argon2"
    assert settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")


def test_the_image_takes_no_history_along() -> None:
    ignored = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".env", ".purser"} <= set(ignored)
    assert "tests" in ignored or "tests" not in _copied()


def _copied() -> set[str]:
    lines = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    return {word.strip("./") for line in lines if line.startswith("COPY") for word in line.split()[1:-1]}

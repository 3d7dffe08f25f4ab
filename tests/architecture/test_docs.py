"""The lists in the documentation are the lists in the code."""

import re
from pathlib import Path

from tests.architecture.sources import REPOSITORY

READER = re.compile(r"""env_(?:str|bool|int|float|list|secret|url)\(\s*["']([A-Z_]+)["']""")
EXAMPLE = re.compile(r"^([A-Z_]+)=", re.MULTILINE)
ROW = re.compile(r"^\| `?([A-Za-z0-9_-]+)`? \|", re.MULTILINE)
REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9_-]*)", re.MULTILINE)
SEPARATOR_OR_HEAD = {"Package", "Variable", "---", "-"}


def read_variables(*sources: str) -> list[str]:
    return sorted({name for source in sources for name in READER.findall(source)})


def rows(document: str) -> list[str]:
    return sorted(name for name in ROW.findall(document) if name not in SEPARATOR_OR_HEAD)


def text(path: str) -> str:
    return (REPOSITORY / path).read_text(encoding="utf-8")


VARIABLES = read_variables(
    *(path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "purser").rglob("*.py")))
)


def test_the_example_environment_holds_every_variable_and_no_other():
    assert sorted(EXAMPLE.findall(text(".env.example"))) == VARIABLES


def test_the_configuration_page_explains_every_variable_and_no_other():
    assert rows(text("docs/configuration.md")) == VARIABLES


def test_every_dependency_has_its_line_and_no_other():
    wanted = REQUIREMENT.findall(text("requirements.in")) + REQUIREMENT.findall(text("requirements-dev.in"))
    assert rows(text("docs/dependencies.md")) == sorted(wanted)


def test_the_locks_pin_every_dependency_with_hashes():
    for source, lock in (("requirements.in", "requirements.txt"), ("requirements-dev.in", "requirements-dev.txt")):
        pinned = {
            name.lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[a-z,]+\])?==", text(lock), re.MULTILINE)
        }
        assert {name.lower() for name in REQUIREMENT.findall(text(source))} <= pinned
        pins = len(re.findall(r"^[A-Za-z0-9_.-]+.*==", text(lock), re.MULTILINE))
        assert text(lock).count("--hash=sha256:") >= pins


def test_every_make_target_says_in_one_line_what_it_does():
    makefile = text("Makefile")
    phony = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split()
    assert {"setup", "demo", "run", "test", "lint", "types", "bench", "check", "help"} <= set(phony)
    assert [target for target in phony if not re.search(rf"^{target}:.*## .+", makefile, re.MULTILINE)] == []


def test_links_between_documents_lead_somewhere():
    broken = [
        f"{document.relative_to(REPOSITORY)} -> {target}"
        for document in [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]
    assert broken == []


def test_a_variable_that_is_only_in_the_code_is_seen():
    assert read_variables('X = env_int(\n    "NEW_LIMIT", 5)') == ["NEW_LIMIT"]
    assert rows("| `OLD_LIMIT` | 5 | … |") == ["OLD_LIMIT"]


def test_nothing_shipped_depends_on_where_it_was_built():
    kinds = {".py", ".md", ".toml", ".yml", ".html", ".js", ".css", ".txt", ".in"}
    private = re.compile(r"(?<![\w.])/(?:root|home|tmp|work)/\w|\.\./shared")
    shipped = [path for path in REPOSITORY.rglob("*") if path.suffix in kinds and not _is_hidden(path)]
    found = [path for path in shipped if path != Path(__file__) and private.search(path.read_text(encoding="utf-8"))]
    assert found == []


def _is_hidden(path: Path) -> bool:
    parts = path.relative_to(REPOSITORY).parts
    return any(part.startswith(".") or part in {"staticfiles", "__pycache__", "node_modules"} for part in parts)

"""Migrations are named for what they do and numbered once."""

from collections import Counter
from pathlib import Path

from tests.architecture.sources import APPS, REPOSITORY, files, imports, is_in


def migrations(root: Path) -> list[Path]:
    return [path for app in APPS for path in files(root, f"{app}/migrations") if path.stem != "__init__"]


def badly_named(paths: list[Path]) -> list[str]:
    return [
        path.name for path in paths if "_auto_" in path.stem or not path.stem[:4].isdigit() or path.stem[4:5] != "_"
    ]


def numbered_twice(paths: list[Path]) -> list[tuple[str, str]]:
    counts = Counter((path.parts[-3], path.stem[:4]) for path in paths)
    return [number for number, count in counts.items() if count > 1]


def test_migrations_are_named_for_what_they_do():
    assert badly_named(migrations(REPOSITORY)) == []


def test_migration_numbers_are_unique_within_an_app():
    assert numbered_twice(migrations(REPOSITORY)) == []


def test_migrations_import_no_code_that_may_change_under_them():
    layers = [
        f"{app}.{layer}" for app in APPS for layer in ("services", "queries", "tasks", "providers", "views", "api")
    ]
    found = [
        f"{path.name} -> {module}"
        for path in migrations(REPOSITORY)
        for module in imports(REPOSITORY, path)
        if any(is_in(module, layer) for layer in layers)
    ]
    assert found == []


def test_an_automatic_name_and_a_second_number_are_seen():
    planted = [Path("fleet/migrations") / name for name in ("0007_auto_20261123.py", "0007_add_slot.py", "first.py")]
    assert badly_named(planted) == ["0007_auto_20261123.py", "first.py"]
    assert numbered_twice(planted[:2]) == [("fleet", "0007")]

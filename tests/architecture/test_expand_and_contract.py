"""A migration of this release may only add: old code runs beside new code while an upgrade rolls.

What takes away, renames or tightens needs a release in which nothing used it any more. Each exception has its
reason (docs/howto/upgrade.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

from tests.architecture.sources import APPS, REPOSITORY

# The newest migration of each app in the last release, 0.1.0: what came before has been rolled out and is not judged.
RELEASED = {"fleet": "0003", "inference": "0001", "billing": "0002"}

# 0.1.0 is upgraded with its processes stopped (docs/howto/upgrade.md), so none of its code meets a tightened column.
# With the next release this is empty again; what takes away is judged in any case, because nothing brings it back.
UPGRADED_WITH_A_STOP = True
LOSES = ("is taken away", "is renamed", "another table", "DROP", "RENAME", "TRUNCATE")

ALLOWED = {
    # (app.migration, complaint): why it may
    ("fleet.0004_drop_unused_count_of_missing_sweeps", "slot.missing_sweeps: is taken away"): (
        "a count nothing ever wrote or showed; 0.1.0 selects the column, and is stopped for this upgrade"
    ),
}

TAKES_AWAY = {
    migrations.RemoveField: "is taken away",
    migrations.DeleteModel: "is taken away",
    migrations.RenameField: "is renamed",
    migrations.RenameModel: "is renamed",
    migrations.AlterModelTable: "gets another table",
    migrations.AddConstraint: "gets a constraint that rows of old code may break",
    migrations.AlterUniqueTogether: "gets a constraint that rows of old code may break",
}
SQL = re.compile(
    r"\b(DROP\s+(?:TABLE|COLUMN)|RENAME\s+(?:TO|COLUMN)|SET\s+NOT\s+NULL|ALTER\s+COLUMN\s+\w+\s+TYPE|TRUNCATE\s+\w+\s*;)",
    re.I,
)


def judged() -> Iterator[tuple[str, Any]]:
    loader = MigrationLoader(None)
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app in APPS and name[:4] > RELEASED[app]:
            yield f"{app}.{name}", migration


def complaints(migration: Any) -> list[str]:
    """What old code would mind, in the order of the operations. Tables that the same migration makes are its own."""
    made = {
        operation.name.lower() for operation in migration.operations if isinstance(operation, migrations.CreateModel)
    }
    found = []
    for operation in migration.operations:
        model = str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()
        if model not in made:
            found += list(_mind(operation, model))
    return found


def _mind(operation: Any, model: str) -> Iterator[str]:
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from _mind(inner, model)
    elif isinstance(operation, migrations.AddField):
        field = operation.field
        # Django takes the default away again, so an INSERT of old code, which does not name the column, would fail.
        if not field.null and field.db_default is NOT_PROVIDED and not field.many_to_many:
            yield f"{model}.{operation.name}: is required and the database has no default for it (db_default)"
        if field.unique:
            yield f"{model}.{operation.name}: is unique, which rows of old code may break"
    elif isinstance(operation, migrations.AlterField):
        yield f"{model}.{operation.name}: its column changes"
    elif isinstance(operation, migrations.RunSQL):
        text = operation.sql if isinstance(operation.sql, str) else " ".join(map(str, operation.sql))
        for match in SQL.findall(text):
            yield f"SQL: {' '.join(match.split())}"
    else:
        for kind, what in TAKES_AWAY.items():
            if isinstance(operation, kind):
                yield f"{model}.{getattr(operation, 'old_name', getattr(operation, 'name', ''))}: {what}"


def found() -> set[tuple[str, str]]:
    told = {(name, complaint) for name, migration in judged() for complaint in complaints(migration)}
    if UPGRADED_WITH_A_STOP:
        told = {(name, complaint) for name, complaint in told if any(word in complaint for word in LOSES)}
    return told


def test_no_migration_of_this_release_takes_away_renames_or_tightens():
    assert sorted(found() - set(ALLOWED)) == []


def test_every_exception_is_one_and_has_a_reason():
    assert sorted(set(ALLOWED) - found()) == []
    assert all(len(reason) > 20 for reason in ALLOWED.values())


def test_the_upgrade_notes_tell_of_the_stop():
    notes = (REPOSITORY / "docs" / "howto" / "upgrade.md").read_text(encoding="utf-8")
    assert ("stop every process" in notes) == UPGRADED_WITH_A_STOP


def planted(*operations: Any) -> list[str]:
    migration = migrations.Migration("planted", "fleet")
    migration.operations = list(operations)
    return complaints(migration)


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (migrations.RemoveField("slot", "zone"), "is taken away"),
        (migrations.RenameField("slot", "zone", "place"), "is renamed"),
        (migrations.DeleteModel("Slot"), "is taken away"),
        (migrations.AddField("slot", "mood", models.TextField(default="")), "db_default"),
        (migrations.AddField("slot", "mood", models.TextField(null=True, unique=True)), "unique"),
        (migrations.AlterField("slot", "zone", models.CharField(max_length=3)), "its column changes"),
        (migrations.AddConstraint("slot", models.UniqueConstraint(fields=["zone"], name="x")), "constraint"),
        (migrations.RunSQL("ALTER TABLE fleet_slot DROP COLUMN zone"), "DROP COLUMN"),
        (migrations.RunSQL("ALTER TABLE fleet_slot ALTER COLUMN zone SET NOT NULL"), "SET NOT NULL"),
    ],
)
def test_what_old_code_would_mind_is_seen(operation, said):
    assert any(said in complaint for complaint in planted(operation))


@pytest.mark.parametrize(
    "operations",
    [
        [migrations.AddField("slot", "mood", models.TextField(null=True))],
        [migrations.AddField("slot", "mood", models.TextField(default="", db_default=""))],
        [migrations.AddIndex("slot", models.Index(fields=["zone"], name="slot_zone"))],
        [migrations.RunSQL("CREATE TRIGGER x BEFORE TRUNCATE ON fleet_event EXECUTE FUNCTION y()")],
        [
            migrations.CreateModel("Mood", [("id", models.BigAutoField(primary_key=True))]),
            migrations.AddField("mood", "name", models.TextField()),
            migrations.AddConstraint("mood", models.UniqueConstraint(fields=["name"], name="one_mood")),
        ],
    ],
)
def test_what_only_adds_is_let_through(operations):
    assert planted(*operations) == []

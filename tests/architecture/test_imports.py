"""Which way imports go. Each rule is seen to fail on a planted import at the end of the file."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import APPS, REPOSITORY, files, importing, layer_importing, module_name

# fleet's demo is the one command that starts the servers the product runs on.
MAY_IMPORT_PURSER = {"fleet/management/commands/demo.py", "inference/management/commands/demo.py"}
VENDORS = ("django", "celery", "boto3", "botocore", "google", "azure", "kubernetes", "rest_framework")
HIGHER = {"fleet": ("inference", "billing"), "inference": ("billing",)}
LAYERS = {
    "domain": ("models", "services", "providers", "telemetry", "importers", "api", "views", "tasks", "queries"),
    "models": (
        "services",
        "providers",
        "telemetry",
        "importers",
        "runners",
        "api",
        "views",
        "tasks",
        "queries",
        "charts",
    ),
    "providers": ("models", "services", "api", "views", "tasks"),
    "telemetry": ("models", "services", "api", "views", "tasks"),
    "importers": ("models", "services", "api", "views", "tasks"),
    "services": ("tasks", "api", "views", "urls", "charts"),
    "queries": ("tasks", "api", "views", "services", "charts"),
    "charts": ("models", "services", "tasks", "api", "views"),
}


def back_imports(root: Path) -> list[str]:
    return [found for app, higher in HIGHER.items() for found in importing(root, (app,), higher)]


def layer_breaks(root: Path, name: str) -> list[str]:
    forbidden = tuple(f"{app}.{other}" for app in APPS for other in LAYERS[name])
    extra = ("django.db",) if name == "charts" else ()
    return [found for app in APPS for found in layer_importing(root, app, name, forbidden + extra)]


def project_imports(root: Path) -> list[str]:
    found = importing(root, (*APPS, "sandbox"), ("purser",))
    return [line for line in found if line.split(" -> ")[0] not in MAY_IMPORT_PURSER]


def domain_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Import every domain module where the vendors do not exist: this catches indirect imports too."""
    modules = [module_name(root, path) for app in APPS for path in files(root, f"{app}/domain")]
    script = (
        "import importlib, sys\n"
        f"sys.modules.update(dict.fromkeys({VENDORS!r}))\n"
        f"[importlib.import_module(name) for name in {modules!r}]\n"
    )
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=root, env=clean, capture_output=True, text=True, check=False)


def test_domain_needs_neither_django_nor_a_vendor():
    done = domain_imports(REPOSITORY)
    assert done.returncode == 0, done.stderr


def test_imports_between_apps_never_go_back():
    assert back_imports(REPOSITORY) == []


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_imports_only_what_lies_below_it(name):
    assert layer_breaks(REPOSITORY, name) == []


def test_the_sandbox_knows_neither_the_apps_nor_django():
    assert importing(REPOSITORY, ("sandbox",), (*APPS, "django", "rest_framework", "celery", "tests", "bench")) == []


def test_an_emulator_imports_nothing_of_the_product():
    # What an adapter and its emulator share, both may have wrong.
    assert importing(REPOSITORY, ("tests/emulators",), (*APPS, "purser", "sandbox", "bench", "django")) == []


def test_nobody_imports_the_project_package():
    assert project_imports(REPOSITORY) == []


def test_product_code_does_not_import_tests():
    assert importing(REPOSITORY, (*APPS, "purser", "sandbox"), ("tests", "pytest", "hypothesis", "bench")) == []


def test_there_is_no_drawer_for_everything():
    drawers = {"utils", "helpers", "common", "misc", "exceptions"}
    assert [
        path for path in files(REPOSITORY, *APPS, "purser", "sandbox", "bench", "tests") if path.stem in drawers
    ] == []


# --- Seen to fail ---


@pytest.fixture
def planted(tmp_path: Path):
    """A tree of its own with one file in it."""

    def plant(path: str, text: str) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        for package in file.relative_to(tmp_path).parents:
            (tmp_path / package / "__init__.py").touch()
        file.write_text(text)
        return tmp_path

    return plant


def test_an_indirect_import_of_django_in_a_domain_is_seen(planted):
    planted("fleet/rows.py", "import django.db\n")
    done = domain_imports(planted("fleet/domain/plan.py", "from fleet import rows\n"))
    assert "django" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "text", ["import billing.models", "from billing import models", "def f():\n    import billing"]
)
def test_an_import_back_is_seen(planted, text):
    assert back_imports(planted("inference/services/endpoints.py", text))


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("fleet/models/instance.py", "from ..services import instances", "models"),
        ("fleet/models/instance.py", "from fleet.services.instances import drain", "models"),
        ("inference/services/autoscaling.py", "from inference import tasks", "services"),
        ("fleet/charts.py", "from django.db import connection", "charts"),
        ("billing/domain/costing.py", "from fleet.models import Instance", "domain"),
    ],
)
def test_an_import_up_is_seen(planted, path, text, name):
    assert layer_breaks(planted(path, text), name)


def test_an_import_of_the_project_is_seen(planted):
    assert project_imports(planted("fleet/services/budgets.py", "from purser import settings"))
    assert not project_imports(planted("fleet/services/budgets.py", "from django.conf import settings"))


def test_an_import_of_django_in_the_sandbox_is_seen(planted):
    assert importing(planted("sandbox/clouds.py", "from django.utils import timezone"), ("sandbox",), ("django",))

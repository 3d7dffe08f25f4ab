"""`manage.py import_prices` and `manage.py sync_catalog`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from fleet import providers
from fleet.models import CloudAccount, Event, ReferencePrice
from tests import factories
from tests.fleet.domain.test_price_files import HEADER, p5
from tests.fleet.services.silent_cloud import CLOUDS, Cloud

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[Any, str]:
    """What it says in JSON, and the error it ends with."""
    out, problem = StringIO(), ""
    try:
        call_command(*arguments, "--json", stdout=out)
    except CommandError as error:
        problem = str(error)
    return json.loads(out.getvalue()) if out.getvalue() else None, problem


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "vms.csv"
    path.write_text("\n".join([HEADER, p5(), p5(spot="60", region="us-east-2")]))
    return path


def read_in(file: Path, *more: str) -> tuple[Any, str]:
    return run("import_prices", str(file), "--format=skypilot", "--cloud=aws", *more)


def test_prices_are_kept_with_their_file_and_line_and_refused_rows_are_told(file):
    told, problem = read_in(file)
    assert problem == ""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert (told["sha256"], told["prices"]) == (digest, 2)
    assert [(row["line"], row["column"]) for row in told["refused"]] == [(3, "Price"), (3, "SpotPrice")]
    kept = ReferencePrice.objects.values_list("file_sha256", "file_name", "line", "accelerator").distinct()
    assert list(kept) == [(digest, "vms.csv", 2, "H100")]
    assert Event.objects.get(topic="prices.imported").data["refused"] == 2


def test_a_dry_run_writes_nothing(file):
    told, _ = read_in(file, "--dry-run")
    assert (told["prices"], told["dry_run"]) == (2, True)
    assert not ReferencePrice.objects.exists()
    assert not Event.objects.exists()


def test_the_same_file_again_changes_nothing_but_when_it_was_read(file):
    read_in(file)
    read_in(file)
    assert ReferencePrice.objects.count() == 2


def test_a_file_of_which_no_row_makes_sense_is_an_error(file):
    file.write_text(f"{HEADER}\n{p5(price='0', spot='')}")
    told, problem = read_in(file)
    assert (told["prices"], "nothing was taken over" in problem) == (0, True)


def test_prices_of_a_cloud_that_nobody_knows_are_refused_with_the_one_that_was_meant(file):
    told, problem = read_in(file, "--cloud=awz")
    assert told is None
    assert "No cloud is called 'awz'. Did you mean aws" in problem


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.setitem(providers.REGISTRY, "silent", "tests.fleet.services.silent_cloud:Adapter")
    factories.account(name="production", provider="silent", options={})
    yield CLOUDS.setdefault("production", Cloud())
    CLOUDS.clear()


def test_a_read_says_what_is_new_what_changed_and_what_has_no_price(cloud):
    cloud.sell("100")
    cloud.sell(None, zone="us-east-1b", price_problem="2 rows of the list say a price.")
    [first] = run("sync_catalog")[0]["accounts"]
    cloud.sell("90")
    [second] = run("sync_catalog", "--account=production")[0]["accounts"]
    assert (first["new"], first["offered"]) == (["us-east-1a p5.48xlarge on-demand"], 1)
    assert first["unpriced"] == [
        {"pool": "us-east-1b p5.48xlarge on-demand", "reason": "2 rows of the list say a price."}
    ]
    [change] = second["changed"]
    assert float(change["before"]) == 100
    assert float(change["after"]) == 90
    assert second["new"] == []


def test_a_read_that_fails_ends_with_an_error_and_leaves_the_others_read(cloud):
    cloud.sell("100")
    CLOUDS["broken"] = Cloud(down=True)
    factories.account(name="broken", provider="silent", options={})
    told, problem = run("sync_catalog")
    assert "1 account(s) could not be read" in problem
    assert {each["account"]: bool(each["problem"]) for each in told["accounts"]} == {
        "production": False,
        "broken": True,
    }
    assert CloudAccount.objects.get(name="production").priced_until is not None


def test_an_account_that_is_not_there_is_an_error_that_names_those_that_are(cloud):
    assert "Known: production" in run("sync_catalog", "--account=prod")[1]

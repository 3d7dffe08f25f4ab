"""`manage.py account` against the emulated AWS: enough to run Purser against anybody's emulator or private endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from fleet.models import CloudAccount, Event, Offering
from tests.emulators.process import Emulated, emulator_process

pytestmark = pytest.mark.django_db
KEYS = {"access_key_id": "AKIACOMMAND000000001", "secret_access_key": "hush-hush-command"}


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulated]:
    with emulator_process("tests.emulators.aws") as aws:
        yield aws


@pytest.fixture
def said(aws: Emulated, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments that add an account of the emulator."""
    made = aws.put("credentials", KEYS)
    monkeypatch.setenv("AWS_FOR_TESTS", json.dumps(KEYS))
    options = [f"endpoint_url={aws.url}", 'regions=["us-east-1"]', f"queue_url={made['queue_url']}"]
    return ["production", "--cloud=aws", "--credentials=env:AWS_FOR_TESTS", *(f"--option={o}" for o in options)]


def told(*arguments: str) -> Any:
    out = StringIO()
    call_command("account", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_an_account_is_added_tried_and_read(said, aws):
    added = told("add", *said)
    assert CloudAccount.objects.get().public_id == added["id"]
    assert Event.objects.get(topic="account.added").actor == "manage.py account"
    checks = told("verify", "production")["checks"]
    assert [check for check in checks if not check["ok"]] == []
    assert {"Who we are", "Launching in us-east-1", "Interruption notices of us-east-1"} <= {
        check["what"] for check in checks
    }
    call_command("sync_catalog")
    assert Offering.objects.filter(instance_type__name="p5.48xlarge", capacity_type="spot").exists()
    assert told("list")["accounts"] == [added | {"state": "on"}]


def test_its_options_are_changed_one_by_one(said, aws):
    told("add", *said, "--disabled")
    assert not CloudAccount.objects.get().enabled
    told("change", "production", "--option=image=ami-1", "--unset=queue_url", "--rename=main")
    row = CloudAccount.objects.get()
    assert (row.name, row.options["image"], row.options["regions"]) == ("main", "ami-1", ["us-east-1"])
    assert "queue_url" not in row.options
    with pytest.raises(CommandError, match="Did you mean image"):
        told("change", "main", "--option=imge=ami-2")
    with pytest.raises(CommandError, match="has no option 'queue_url'"):
        told("change", "main", "--unset=queue_url")


def test_trying_an_account_buys_nothing(said, aws):
    told("add", *said)
    told("verify", "production")
    assert aws.get("machines", token="purser-check")["items"] == []


def test_a_permission_that_is_missing_is_named_with_what_to_grant(said, aws):
    told("add", *said)
    fault = {"kind": "error", "code": "UnauthorizedOperation", "status": 403, "body": "Action=TerminateInstances"}
    aws.post("faults", {**fault, "headers": {"authorization": KEYS["access_key_id"]}, "times": None})
    out = StringIO()
    try:
        with pytest.raises(CommandError, match="1 of"):
            call_command("account", "verify", "production", stdout=out)
    finally:
        aws.delete("faults")
    [line] = [line for line in out.getvalue().splitlines() if line.startswith("NO")]
    assert "Ending machines in us-east-1" in line
    assert line.endswith("Grant ec2:TerminateInstances.")


def test_a_key_that_does_not_work_is_said_once(said, aws):
    told("add", *said)
    aws.put("credentials", {"access_key_id": KEYS["access_key_id"], "works": False})
    out = StringIO()
    try:
        with pytest.raises(CommandError, match="1 of 1"):
            call_command("account", "verify", "production", stdout=out)
    finally:
        aws.put("credentials", KEYS | {"works": True})
    assert "InvalidClientTokenId" in out.getvalue()
    assert "Grant" not in out.getvalue(), "no permission mends a key that does not work"
    assert KEYS["secret_access_key"] not in out.getvalue()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--cloud=aws"], "needs the option regions"),
        (["--cloud=aws", "--option=regions"], "KEY=VALUE"),
        (["--cloud=awz", "--provider=awz"], "No provider is called"),
        (
            ["--cloud=aws", "--credentials=AKIA:secret", '--option=regions=["us-east-1"]'],
            "a secret itself is given as the credential",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(wrong, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("account", "add", "production", *wrong)
    assert not CloudAccount.objects.exists()


def test_an_unknown_account_cannot_be_tried():
    with pytest.raises(CommandError, match="There is no account called nowhere"):
        call_command("account", "verify", "nowhere")

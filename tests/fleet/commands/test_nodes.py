"""`manage.py nodes` against an emulated cluster: a node is emptied before somebody works on it."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from fleet.domain.outcomes import Launched
from fleet.models import CloudAccount, Event
from fleet.services.accounts import adapter
from tests.fleet.providers.kubernetes_emulator import KubernetesEmulator

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesEmulator]:
    with KubernetesEmulator.running(tmp_path_factory.mktemp("kubernetes")) as running:
        yield running


@pytest.fixture
def account(emulator: KubernetesEmulator, tmp_path: Path) -> CloudAccount:
    told = emulator.account("kubernetes", cordon_nodes=True)
    (tmp_path / "kubeconfig").write_text(told.secret)
    reference = f"file:{tmp_path / 'kubeconfig'}"
    return CloudAccount.objects.create(
        cloud="kubernetes", provider="kubernetes", name="ours", options=told.options, credentials_ref=reference
    )


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("nodes", *arguments, stdout=out)
    return out.getvalue()


def test_a_node_is_emptied_asked_again_while_something_waits_and_taken_back(account, emulator):
    launched = adapter(account).launch(emulator.order("kubernetes", "on-a-node"))
    assert isinstance(launched, Launched)
    machine, [made] = launched.machine.provider_id, emulator.machines("on-a-node")
    budget = {"cluster": account.options["emulated_cluster"], "machine": machine}
    emulator.emulated.put("budgets", {**budget, "allowed": 0})
    with pytest.raises(CommandError, match="1 of 1 stay for now"):
        said("empty", "ours", made["node"])
    emulator.emulated.put("budgets", {**budget, "allowed": 1})
    assert f"{machine} leaves" in said("empty", "ours", made["node"])
    assert "again" in said("uncordon", "ours", made["node"])
    topics = list(Event.objects.filter(topic__startswith="node.").order_by("id").values_list("topic", flat=True))
    assert topics == ["node.emptied", "node.emptied", "node.uncordoned"]


def test_what_cannot_be_done_is_said(account):
    with pytest.raises(CommandError, match="no account called"):
        said("cordon", "theirs", "n")
    with pytest.raises(CommandError, match="NotFound"):
        said("cordon", "ours", "no-such-node")
    CloudAccount.objects.filter(pk=account.pk).update(options={**account.options, "cordon_nodes": False})
    with pytest.raises(CommandError, match="cordon_nodes"):
        said("cordon", "ours", "l4-0")
    CloudAccount.objects.filter(pk=account.pk).update(provider="sandbox", options={"url": "http://127.0.0.1:9"})
    with pytest.raises(CommandError, match="is no cluster"):
        said("cordon", "ours", "l4-0")

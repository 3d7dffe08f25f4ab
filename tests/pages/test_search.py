"""The search field: finds what is called so, and nothing of what one may not see."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from fleet.models import Instance
from tests import factories
from tests.pages import rows
from tests.pages.rows import Installation

PALETTE = {"X-Purser-Palette": "1"}


def found(client: Client, text: str) -> str:
    answer = client.get("/search", {"q": text}, headers=PALETTE)
    assert answer.status_code == 200
    assert answer["X-Purser-Fragment"] == "1"
    return str(answer.content.decode())


def test_endpoints_allocations_machines_models_pages_and_settings_are_found(
    client: Client, people: dict[str, Any], full: Installation
) -> None:
    client.force_login(people["admin"])
    machine = Instance.objects.first()
    assert machine
    for text, what in (
        ("assist", "Endpoints"),
        ("notebook", "Allocations"),
        (machine.provider_id, "Machines"),
        ("meta-llama", "Models"),
        ("econ", "Pages"),
        ("display", "Settings"),
        ("theme", "Actions"),
        (full.endpoints[0].public_id, "Endpoints"),
    ):
        assert f'aria-label="{what}"' in found(client, text), text


def test_a_member_finds_only_what_is_theirs(client: Client, people: dict[str, Any], full: Installation) -> None:
    rows.see(people["viewer"], full.other)
    client.force_login(people["viewer"])
    for text in ("notebook", "i-0000", full.endpoints[0].public_id):
        assert "Nothing you may see" in found(client, text), text
    assert "/endpoints/" not in found(client, "assist")  # its model is everybody's, who serves it is not
    assert "Allocate capacity" not in found(client, "")


def test_a_model_leads_to_its_own_page_though_nothing_serves_it(
    client: Client, people: dict[str, Any], full: Installation
) -> None:
    rows.see(people["viewer"], full.mine)
    own = factories.model(full.mine, name="acme/unserved")
    hidden = factories.model(full.other, name="acme/unserved-too")
    of_everybody = factories.model(None, name="acme/unserved-by-all")
    client.force_login(people["viewer"])
    page = found(client, "unserved")
    assert f"/models/{own.public_id}" in page
    assert f"/models/{of_everybody.public_id}" in page
    assert hidden.public_id not in page


def test_what_nobody_can_be_called_finds_nothing_and_breaks_nothing(
    client: Client, people: dict[str, Any], full: Installation
) -> None:
    client.force_login(people["admin"])
    for text in ["<script>alert(1)</script>", "%", "\0", "x" * 5000, "' OR 1=1", "\u202e\u200b"]:
        assert "<script>alert" not in found(client, text)


def test_without_a_script_the_search_is_a_page(client: Client, people: dict[str, Any], full: Installation) -> None:
    client.force_login(people["admin"])
    page = client.get("/search?q=chat").content.decode()
    assert f"/endpoints/{full.endpoints[1].public_id}" in page
    assert "<html" in page


@pytest.mark.parametrize("path", ["/nowhere", "/fleet/alloc_none"])
def test_a_page_that_is_not_there_says_so_inside_the_console(
    client: Client, people: dict[str, Any], full: Installation, path: str
) -> None:
    client.force_login(people["admin"])
    answer = client.get(path)
    assert answer.status_code == 404
    assert 'aria-label="Money now"' in answer.content.decode()

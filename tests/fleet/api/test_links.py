"""An answer that shows a row says by links which calls are next."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from fleet.api.samples import operations


@cache
def schema() -> dict[str, Any]:
    return SchemaGenerator().get_schema(public=True)


def links(method: str, path: str, status: str) -> dict[str, dict[str, str]]:
    """The parameters of each link of an answer, by the call it leads to."""
    found = schema()["paths"][f"/api/v1/{path}"][method]["responses"][status].get("links", {})
    whole = schema()["components"]["links"]
    return {name: whole[link["$ref"].rpartition("/")[2]]["parameters"] for name, link in found.items()}


def test_what_was_asked_for_leads_to_every_call_on_it_and_to_its_operation() -> None:
    found = links("post", "allocations", "202")
    on_it = ["get_one", "patch_one", "delete_one", "get_explain", "post_extend"]
    assert all(found[f"{call}_allocation"] == {"public_id": "$response.body#/id"} for call in on_it)
    assert found["get_one_operation"] == {"public_id": "$response.body#/operation"}


def test_what_is_made_under_another_nouns_address_leads_to_itself() -> None:
    found = links("post", "paid-capacity", "202")
    assert found["get_one_block_purchase"] == {"public_id": "$response.body#/id"}
    assert found.get("get_one_paid_capacity") != {"public_id": "$response.body#/id"}


def test_a_change_after_a_read_takes_the_tag_that_was_read() -> None:
    change = {"public_id": "$response.body#/id", "If-Match": "$response.header.ETag"}
    found = links("get", "budgets/{public_id}", "200")
    assert found["patch_one_budget"] == found["delete_one_budget"] == change
    assert links("get", "installation", "200") == {"patch_the_installation": {"If-Match": "$response.header.ETag"}}


def test_a_list_leads_to_its_first_row() -> None:
    assert links("get", "models", "200")["get_one_model"] == {"public_id": "$response.body#/items/0/id"}


def test_a_row_of_a_row_is_found_by_both() -> None:
    one = {"public_id": "$request.path.public_id", "username": "$response.body#/user"}
    assert links("post", "projects/{public_id}/members", "201")["delete_one_member"] == one
    read = {"public_id": "$request.path.public_id", "username": "$request.path.username"}
    tagged = read | {"If-Match": "$response.header.ETag"}
    assert links("get", "projects/{public_id}/members/{username}", "200")["patch_one_member"] == tagged


def test_what_waits_for_a_second_person_leads_to_their_word() -> None:
    assert "post_approve_change_request" in links("patch", "budgets/{public_id}", "202")


@pytest.mark.parametrize(
    ("component", "prefix"),
    [("AllocationOut", "alloc"), ("WebhookSecretOut", "hook"), ("BlockPurchaseAcceptedOut", "buy")],
)
def test_the_id_of_a_row_looks_as_its_nouns_do(component: str, prefix: str) -> None:
    shape = schema()["components"]["schemas"][component]["properties"]["id"]
    assert re.fullmatch(shape["pattern"], f"{prefix}_{'0' * 32}")


def test_every_link_leads_to_a_call_that_takes_what_it_gives() -> None:
    calls = {operation["operationId"]: operation for _, _, operation in operations(schema())}
    for name, link in schema()["components"]["links"].items():
        taken = {one["name"] for one in calls[link["operationId"]]["parameters"]}
        assert set(link["parameters"]) <= taken, name

"""Economics says the same sums as the money bar and the ledger, and guesses nothing."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing.models import CostPerToken
from billing.services import spending
from tests.pages.rows import Installation


@pytest.fixture
def admin(client: Client, people: dict[str, Any]) -> Client:
    client.force_login(people["admin"])
    return client


def test_the_total_of_the_chargeback_is_the_money_bar(admin: Client, full: Installation) -> None:
    page = admin.get("/economics").content.decode()
    projected = spending.projection(full.now)
    total = page.split("<tfoot>")[1].split("</tfoot>")[0]
    assert f"{projected.burn_per_hour:.2f}" in total
    assert f"${projected.burn_per_hour:.2f} <small>/h</small>" in page


@pytest.mark.parametrize("by", ["endpoint", "model", "project", "accelerator"])
def test_however_tokens_are_grouped_their_bill_is_the_same(admin: Client, full: Installation, by: str) -> None:
    answer = admin.get(f"/economics?by={by}&json=token-costs")
    groups = json.loads(b"".join(answer))
    billed = sum(row.amount for row in CostPerToken.objects.all())
    assert sum(Decimal(group["amount"]) for group in groups) == billed
    assert len(groups) == {"endpoint": 3, "model": 3, "project": 1, "accelerator": 2}[by]


def test_two_endpoints_of_one_name_are_two_rows(admin: Client, full: Installation) -> None:
    """A deleted one leaves its name to another, and both have bills."""
    first, second = full.endpoints[:2]
    type(first).objects.filter(pk=first.pk).update(state="deleted", name=second.name)
    groups = json.loads(b"".join(admin.get("/economics?json=token-costs")))
    assert [group["name"] for group in groups].count(second.name) == 2


def test_an_endpoint_without_tokens_has_no_price_rather_than_a_guess(admin: Client, full: Installation) -> None:
    CostPerToken.objects.filter(endpoint_ref=full.endpoints[0].public_id).update(
        input_tokens=0, cached_input_tokens=0, output_tokens=0, cost_per_million=None
    )
    page = admin.get("/economics").content.decode()
    row = re.search(r"<tr><th[^>]*><a[^>]*>assist-8b</a>.*?</tr>", page, re.DOTALL)
    assert row
    assert '<td class="num strong">–</td>' in row[0]


def test_a_budget_that_will_not_last_says_when_it_ends(admin: Client, full: Installation) -> None:
    from fleet.models import Budget

    Budget.objects.filter(project=full.mine).update(cap_per_month=Decimal(300))
    page = admin.get("/economics").content.decode()
    row = re.search(r"<tr><th scope=\"row\">assistants</th>.*?</tr>", page, re.DOTALL)
    assert row
    assert "Not this month" not in row[0]

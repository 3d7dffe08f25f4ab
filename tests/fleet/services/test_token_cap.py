"""A token's spend cap: what all it asked for costs an hour never passes it, however many launch at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from fleet.models import Allocation, Hold, Token
from fleet.services import budgets, tokens
from fleet.services.access import caller_of_token, caller_of_user
from tests import factories
from tests.api_client import ApiClient

PRICE = Decimal("55.04")
ASK = {"name": "train", "accelerator": "H100", "accelerator_count": 8}


def capped(cap: str | None, *, project=None) -> tuple[Token, str]:
    project = project or factories.project()
    return tokens.issue_token(
        project=project,
        issuer=factories.member(project),
        name="deploy",
        scopes=["read", "write"],
        now=timezone.now(),
        limits=tokens.Limits(spend_cap_per_hour=Decimal(cap) if cap else None),
    )


def machine(token: Token) -> tuple[Allocation, dict]:
    """A launch of one machine that is about to be paid for."""
    account = factories.account()
    allocation = factories.allocation(token.project, requested_token=token)
    attempt = factories.attempt(factories.slot(allocation, account=account, state="wanted"), account, state="intent")
    return allocation, {"attempt": attempt, "accelerator": "H100", "accelerator_count": 8, "price_per_hour": PRICE}


def pay(token: Token) -> None:
    allocation, values = machine(token)
    attempt = values.pop("attempt")
    with transaction.atomic():
        budgets.hold_for(attempt, allocation=allocation, now=factories.NOON, **values)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_reach_a_tokens_cap_and_never_pass_it() -> None:
    token, plain = capped(str(PRICE * 5))
    newer, _ = tokens.rotate_token(token, by=caller_of_token(plain, now=timezone.now())[1], issuer=token.issuer,
                                   now=timezone.now())  # fmt: skip
    launches = [machine(token if number % 2 else newer) for number in range(20)]
    start, refused = threading.Barrier(len(launches)), []

    def launch(allocation: Allocation, values: dict) -> None:
        try:
            start.wait()
            with transaction.atomic():
                budgets.hold_for(values.pop("attempt"), allocation=allocation, now=factories.NOON, **values)
        except budgets.NoRoom as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=launch, args=one) for one in launches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Hold.objects.filter(released_at=None).count() == 5
    assert {refusal.code for refusal in refused} == {"token-cap"}
    assert refused[0].sentence == "$55.04/h is over the $0.00/h left of the token's cap of $275.20/h (deploy)."


@pytest.mark.django_db
def test_what_another_token_asked_for_does_not_count() -> None:
    one, other = capped(str(PRICE))[0], capped(str(PRICE))[0]
    pay(one)
    pay(other)
    with pytest.raises(budgets.NoRoom):
        pay(one)


@pytest.mark.django_db
def test_a_released_machine_makes_room_again() -> None:
    token, _ = capped(str(PRICE))
    pay(token)
    Hold.objects.update(released_at=factories.NOON)
    pay(token)


@pytest.mark.django_db
def test_a_cap_that_is_set_later_counts_for_what_grows_from_then_on() -> None:
    token, _ = capped(None)
    pay(token)
    admin = factories.member(token.project, "admin")
    change = {"spend_cap_per_hour": PRICE}
    tokens.change_token(token, by=caller_of_user(admin), changes=change, now=timezone.now())
    with pytest.raises(budgets.NoRoom, match=r"over the \$0.00/h left"):
        pay(token)


@pytest.mark.django_db
def test_the_api_refuses_at_once_what_a_tokens_cap_can_never_pay() -> None:
    factories.offering(factories.account())
    _, plain = capped("10.00")
    api = ApiClient(plain)
    answer = api.post("allocations", ASK)
    assert (answer.status_code, answer.json()["code"]) == (422, "token-cap")
    assert "$55.04/h" in answer.json()["detail"]
    assert "$10.00/h" in answer.json()["detail"]
    preview = api.post("allocations?dry_run=true", ASK).json()
    assert (preview["feasible"], preview["rejected_by_reason"]) == (False, {"token-cap": 1})
    assert not Allocation.objects.exists()


@pytest.mark.django_db
def test_an_allocation_remembers_the_token_it_was_asked_for_with() -> None:
    factories.offering(factories.account())
    token, plain = capped("100.00")
    assert ApiClient(plain).post("allocations", ASK).status_code == 202
    assert Allocation.objects.get().requested_token == token
    assert token.expires_at - timezone.now() > timedelta(days=89)


@pytest.mark.django_db
def test_a_capped_token_grows_only_what_was_asked_for_with_it() -> None:
    token, plain = capped("100.00")
    theirs = factories.allocation(token.project)
    own = factories.allocation(token.project, requested_token=token)
    later = {"expires_at": "2150-01-01T00:00:00Z"}
    refused = ApiClient(plain).post(f"allocations/{theirs.public_id}/extend", later)
    assert (refused.status_code, refused.json()["code"]) == (403, "token-cap")
    assert ApiClient(plain).post(f"allocations/{own.public_id}/extend", later).status_code == 200
    endpoint = factories.endpoint(token.project, allocation=theirs)
    path, anything = f"endpoints/{endpoint.public_id}", {"If-Match": "*"}
    assert ApiClient(plain).patch(path, {"max_replicas": 9}, **anything).json()["code"] == "token-cap"
    bulk = {"items": [{"id": endpoint.public_id, "if_match": "*", "changes": {"max_replicas": 9}}]}
    [item] = ApiClient(plain).post("endpoints/bulk", bulk).json()["items"]
    assert (item["status"], item["problem"]["code"]) == (403, "token-cap")


@pytest.mark.django_db
def test_a_capped_token_does_not_grow_by_cancelling_what_somebody_else_made_smaller() -> None:
    token, plain = capped("100.00")
    theirs = factories.allocation(token.project, accelerator_count=16)
    admin = ApiClient(factories.token(token.project))
    smaller = admin.patch(f"allocations/{theirs.public_id}", {"accelerator_count": 8}, **{"If-Match": "*"}).json()
    path = f"operations/{smaller['operation']}/cancel"
    refused = ApiClient(plain).post(path, {}, key=None)
    assert (refused.status_code, refused.json()["code"]) == (403, "token-cap")
    assert Allocation.objects.get().accelerator_count == 8
    assert admin.post(path, {}, key=None).status_code == 202


@pytest.mark.django_db
def test_a_cap_that_is_lowered_holds_although_the_newest_of_its_chain_was_revoked() -> None:
    token, plain = capped(str(PRICE * 2))
    now = timezone.now()
    newer, _ = tokens.rotate_token(token, by=caller_of_token(plain, now=now)[1], issuer=token.issuer, now=now)
    tokens.revoke_token(newer, by=caller_of_user(newer.issuer), now=now)
    admin = factories.member(token.project, "admin")
    tokens.change_token(token, by=caller_of_user(admin), changes={"spend_cap_per_hour": PRICE}, now=now)
    pay(token)
    with pytest.raises(budgets.NoRoom, match=r"cap of \$55.04/h"):
        pay(token)

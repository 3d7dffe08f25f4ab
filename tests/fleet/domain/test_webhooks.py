"""Signatures anybody can check, waits that grow, and which topics a hook hears of."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.domain import webhooks

SECRET = webhooks.secret_text(bytes(range(32)))


def test_the_signature_is_that_of_the_standard() -> None:
    body = b'{"type":"allocation.active"}'
    signed = b"msg_1.1760000000." + body
    expected = base64.b64encode(hmac.new(bytes(range(32)), signed, hashlib.sha256).digest()).decode()
    assert webhooks.signatures([SECRET], "msg_1", 1_760_000_000, body) == f"v1,{expected}"


def test_while_a_secret_is_replaced_both_sign_the_newest_first() -> None:
    former = webhooks.secret_text(bytes(32))
    both = webhooks.signatures([SECRET, former], "msg_1", 1, b"x").split(" ")
    assert both == [webhooks.signatures([one], "msg_1", 1, b"x") for one in (SECRET, former)]


@given(st.binary(max_size=50), st.integers(0, 2**40), st.binary(max_size=50))
def test_another_body_or_time_has_another_signature(body: bytes, at: int, other: bytes) -> None:
    first = webhooks.signatures([SECRET], "msg_1", at, body)
    assert (webhooks.signatures([SECRET], "msg_1", at, other) == first) == (body == other)
    assert webhooks.signatures([SECRET], "msg_1", at + 1, body) != first


@pytest.mark.parametrize("secret", ["", "secret", "whsec_not base64!"])
def test_what_is_no_secret_signs_nothing(secret: str) -> None:
    with pytest.raises(ValueError, match="webhook's secret"):
        webhooks.signatures([secret], "msg_1", 1, b"")


@given(st.text(min_size=1, max_size=40))
def test_the_waits_grow_for_about_a_day_and_then_end(message: str) -> None:
    waits = [webhooks.wait_before(attempt, message) for attempt in range(1, webhooks.MOST_ATTEMPTS)]
    seconds = [wait.total_seconds() for wait in waits if wait is not None]
    assert len(seconds) == webhooks.MOST_ATTEMPTS - 1
    assert seconds == sorted(seconds)
    assert 20 * 3600 < sum(seconds) < 30 * 3600
    assert webhooks.wait_before(webhooks.MOST_ATTEMPTS, message) is None


@pytest.mark.parametrize(
    ("topics", "topic", "wanted"),
    [
        ([], "allocation.active", True),
        (["allocation.active"], "allocation.active", True),
        (["allocation.active"], "allocation.activated", False),
        (["allocation.*"], "allocation.failed", True),
        (["allocation.*"], "allocations.failed", False),
        (["incident.opened", "budget.*"], "budget.changed", True),
    ],
)
def test_a_pattern_is_a_whole_topic_or_all_of_a_noun(topics: list[str], topic: str, wanted: bool) -> None:
    assert webhooks.wants(topics, topic) is wanted

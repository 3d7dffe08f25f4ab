"""API tokens: their shape, their digest, the ring of peppers and what a role lets a token do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.domain import tokens

RANDOM = st.binary(
    min_size=tokens.KEY_ID_BYTES + tokens.SECRET_BYTES, max_size=tokens.KEY_ID_BYTES + tokens.SECRET_BYTES
)
RING = {"b": "x" * 32, "a": "y" * 32}


@given(RANDOM)
def test_a_token_is_read_back_and_matches_only_its_own_digest(randomness: bytes) -> None:
    token = tokens.mint(randomness)
    assert tokens.read(token.plain) == token
    kept = tokens.digest(token, RING)
    assert kept.startswith("b:")
    assert token.secret not in kept
    assert tokens.matches(token, kept, RING)
    assert not tokens.matches(tokens.Presented(token.key_id, token.secret[::-1] + "x"), kept, RING)


@given(st.text(max_size=120))
def test_no_text_makes_reading_fail(text: str) -> None:
    assert tokens.read(text) is None or text.startswith("prs_")


def test_a_pepper_is_changed_by_putting_a_new_one_in_front() -> None:
    token = tokens.mint(bytes(range(38)))
    kept = tokens.digest(token, {"old": "o" * 32})
    assert tokens.matches(token, kept, {"new": "n" * 32, "old": "o" * 32})
    assert not tokens.matches(token, kept, {"new": "n" * 32})


def test_printing_a_token_does_not_show_its_secret() -> None:
    token = tokens.mint(bytes(range(38)))
    assert token.secret not in repr(token)


@pytest.mark.parametrize("text", ["short:secret", f"a:{'x' * 32},a:{'y' * 32}", "x" * 40, f"bad id:{'x' * 32}"])
def test_a_bad_ring_is_refused_without_repeating_a_secret(text: str) -> None:
    with pytest.raises(ValueError, match="TOKEN_PEPPERS must be id:secret") as caught:
        tokens.read_ring(text, ["key"])
    assert "xxxx" not in str(caught.value)


def test_without_peppers_the_secret_keys_are_the_ring() -> None:
    assert list(tokens.read_ring(" ", ["now", "before"]).values()) == ["now", "before"]

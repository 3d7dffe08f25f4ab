"""Sealed secrets: they come back whole, for their own purpose, under any key still in the ring."""

import pytest
from django.test import override_settings

from fleet.services import vault

OLD, NEW = "old:" + "o" * 32, "new:" + "n" * 32


def test_what_was_sealed_comes_back_and_never_looks_the_same_twice() -> None:
    once, again = vault.seal("whsec_1", purpose="webhook"), vault.seal("whsec_1", purpose="webhook")
    assert once != again
    assert "whsec_1" not in once
    assert vault.unseal(once, purpose="webhook") == vault.unseal(again, purpose="webhook") == "whsec_1"


def test_it_opens_for_nothing_else_and_not_when_changed() -> None:
    sealed = vault.seal("whsec_1", purpose="webhook:1")
    for text, purpose in ((sealed, "webhook:2"), (sealed[:-4] + "AAAA", "webhook:1"), ("nonsense", "webhook:1")):
        with pytest.raises(vault.Unreadable):
            vault.unseal(text, purpose=purpose)


def test_a_key_is_changed_by_putting_a_new_one_in_front() -> None:
    with override_settings(ENCRYPTION_KEYS=OLD):
        sealed = vault.seal("secret", purpose="x")
    with override_settings(ENCRYPTION_KEYS=f"{NEW},{OLD}"):
        assert vault.unseal(sealed, purpose="x") == "secret"
        assert vault.seal("secret", purpose="x").startswith("new.")
    with override_settings(ENCRYPTION_KEYS=NEW), pytest.raises(vault.Unreadable):
        vault.unseal(sealed, purpose="x")


def test_an_envelope_opens_for_its_purpose_only_and_not_when_any_part_was_changed() -> None:
    envelope = vault.seal_in_envelope("AKIA…", purpose="credential acct_1")
    assert vault.open_envelope(envelope, purpose="credential acct_1") == "AKIA…"
    other = vault.seal_in_envelope("other", purpose="credential acct_1")
    swapped = f"{envelope.rpartition('.')[0]}.{other.rpartition('.')[2]}"
    for text, purpose in ((envelope, "credential acct_2"), (swapped, "credential acct_1"), ("x", "credential acct_1")):
        with pytest.raises(vault.Unreadable):
            vault.open_envelope(text, purpose=purpose)


def test_a_new_ring_key_seals_the_envelopes_key_anew_and_the_letter_stays_as_it_is() -> None:
    with override_settings(ENCRYPTION_KEYS=OLD):
        envelope = vault.seal_in_envelope("AKIA…", purpose="x")
    with override_settings(ENCRYPTION_KEYS=f"{NEW},{OLD}"):
        assert not vault.sealed_by_first(envelope)
        again = vault.rewrap(envelope, purpose="x")
        assert vault.sealed_by_first(again)
    assert again.rpartition(".")[2] == envelope.rpartition(".")[2]
    with override_settings(ENCRYPTION_KEYS=NEW):
        assert vault.open_envelope(again, purpose="x") == "AKIA…"

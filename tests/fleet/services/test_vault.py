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

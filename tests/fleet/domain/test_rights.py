"""Scopes, roles and the shorthands that stand for several scopes."""

import pytest

from fleet.domain import rights


def test_every_role_has_only_scopes_that_exist_and_none_of_the_installation() -> None:
    for role, scopes in rights.SCOPES_OF_ROLE.items():
        assert scopes <= rights.OF_PROJECT, role


def test_who_spends_sets_no_caps_and_who_sets_caps_does_not_spend() -> None:
    operator, billing = rights.SCOPES_OF_ROLE["operator"], rights.SCOPES_OF_ROLE["billing"]
    assert "limits:write" not in operator
    assert not {"fleet:write", "inference:write"} & billing


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["read"], {"fleet:read", "inference:read", "billing:read", "limits:read"}),
        (["write", "usage"], {"fleet:write", "inference:write", "usage:write"}),
        (["audit:read"], {"audit:read"}),
        ([], set()),
    ],
)
def test_shorthands_stand_for_scopes(words: list[str], meant: set[str]) -> None:
    assert rights.expand(words) == meant


def test_an_unknown_scope_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'fleet:delete' is no scope"):
        rights.expand(["read", "fleet:delete"])

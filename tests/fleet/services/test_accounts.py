"""Many accounts, one round: the trouble of one is its own."""

from __future__ import annotations

import pytest

from fleet.models import CloudAccount
from fleet.services.accounts import each


def test_an_account_nobody_foresaw_does_not_keep_the_others_waiting(caplog: pytest.LogCaptureFixture) -> None:
    accounts = [CloudAccount(name=name) for name in ("first", "odd", "last")]

    def act(account: CloudAccount) -> str:
        if account.name == "odd":
            raise ZeroDivisionError("a price of nothing")
        return account.name

    assert each(accounts, act) == ["first", "last"]
    assert "odd could not be looked after" in caplog.text

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.domain.costing import Busyness, Share, Stretch, able_seconds, cost_before, shares

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
AMOUNT = Decimal("36")


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def hour(serves_from: datetime | None = NOON, *, owned: bool = True, amount: Decimal = AMOUNT) -> Stretch:
    return Stretch(NOON, at(60), amount, serves_from, owned)


def kinds(found: list[Share]) -> dict[str, Decimal]:
    return {share.kind: share.amount for share in found}


def test_idle_is_a_line_of_its_own() -> None:
    found = shares(hour(), Busyness(0.75, 3600), 3600)
    assert kinds(found) == {"serving": Decimal(27), "idle": Decimal(9)}


def test_time_before_it_could_serve_is_starting_up() -> None:
    found = shares(hour(at(20)), Busyness(0.5, 2400), 2400)
    assert kinds(found) == {"startup": Decimal(12), "serving": Decimal(12), "idle": Decimal(12)}


def test_a_machine_that_has_not_become_ready_is_starting_up_all_along() -> None:
    assert kinds(shares(hour(None), None, 0)) == {"startup": AMOUNT}


def test_an_hour_nobody_observed_is_unmeasured_and_not_guessed() -> None:
    (share,) = shares(hour(), None, 3600)
    assert (share.kind, share.amount, share.completeness) == ("unmeasured", AMOUNT, 0.0)


def test_a_part_observed_stands_for_the_whole_and_says_how_big_it_was() -> None:
    found = shares(hour(), Busyness(0.5, 900), 3600)
    assert kinds(found) == {"serving": Decimal(18), "idle": Decimal(18)}
    assert {share.completeness for share in found} == {0.25}


def test_what_nobody_asked_for_is_a_leak_however_busy() -> None:
    assert kinds(shares(hour(owned=False), Busyness(1.0, 3600), 3600)) == {"leak": AMOUNT}


def test_a_machine_that_is_always_busy_has_no_idle_line() -> None:
    assert kinds(shares(hour(), Busyness(1.3, 3600), 3600)) == {"serving": AMOUNT}


@given(
    st.decimals(min_value=0, max_value=10**6, places=9),
    st.one_of(st.none(), st.builds(Busyness, st.floats(-1, 2), st.floats(0, 4000))),
    st.one_of(st.none(), st.integers(-100, 100)),
    st.booleans(),
)
def test_the_shares_add_up_to_the_bill_to_the_last_digit(
    amount: Decimal, busy: Busyness | None, serves_minute: int | None, owned: bool
) -> None:
    stretch = hour(None if serves_minute is None else at(serves_minute), owned=owned, amount=amount)
    found = shares(stretch, busy, able_seconds([stretch]))
    assert sum((share.amount for share in found), Decimal(0)) == amount
    assert abs(sum(share.seconds for share in found) - 3600) < 1e-6
    assert all(0 <= share.completeness <= 1 for share in found)


def test_a_stretch_is_cut_in_proportion_to_time() -> None:
    stretches = [hour(), Stretch(at(60), at(120), Decimal(72), NOON)]
    assert cost_before(stretches, at(-5)) == 0
    assert cost_before(stretches, at(30)) == 18
    assert cost_before(stretches, at(90)) == 36 + 36
    assert cost_before(stretches, at(500)) == 108

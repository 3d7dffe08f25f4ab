"""Draws are pure functions of the seed and the key."""

import statistics

import pytest

from sandbox.draws import Draws


def test_two_sandboxes_with_one_seed_draw_the_same_in_any_order() -> None:
    first, second = Draws(7), Draws(7)
    keys = [("boot", f"i-{number}") for number in range(50)]
    assert [first.uniform(*key) for key in keys] == list(reversed([second.uniform(*key) for key in reversed(keys)]))


def test_another_seed_draws_otherwise() -> None:
    assert Draws(7).uniform("boot", "i-1") != Draws(8).uniform("boot", "i-1")


def test_a_key_is_not_confused_with_its_neighbour() -> None:
    assert Draws(7).uniform("a", "bc") != Draws(7).uniform("ab", "c")


@pytest.mark.parametrize(
    ("draw", "mean", "deviation"),
    [("uniform", 0.5, 12**-0.5), ("normal", 0.0, 1.0)],
)
def test_draws_have_the_moments_of_their_distribution(draw: str, mean: float, deviation: float) -> None:
    values = [getattr(Draws(3), draw)("moments", index) for index in range(4000)]
    assert statistics.mean(values) == pytest.approx(mean, abs=0.06)
    assert statistics.pstdev(values) == pytest.approx(deviation, rel=0.05)


def test_a_path_is_smooth_returns_to_its_mean_and_has_a_deviation_near_one() -> None:
    draws = Draws(3)
    values = [draws.path(second * 40.0, (1000.0, 300.0), "stock", "pool") for second in range(20_000)]
    assert statistics.mean(values) == pytest.approx(0.0, abs=0.1)
    assert statistics.pstdev(values) == pytest.approx(1.0, rel=0.1)
    assert max(abs(draws.path(t + 1.0, (1000.0,), "x") - draws.path(t, (1000.0,), "x")) for t in range(5000)) < 0.02

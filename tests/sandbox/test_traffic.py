"""Traffic: what a file must look like, what it adds up to, and the generator's rhythm."""

import hashlib
import json
import math
import statistics

import pytest

from sandbox.arrivals import BadTraffic, Generator, RateReplay, Replay, Rhythm, TokenCount, rhythm_from
from sandbox.traffic import MalformedTrace, main, read_trace

AZURE = """TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:17:03.9799600,4808,10
2023-11-16 18:17:04.0319600,3180,8
2023-11-16 18:17:04.0781490,110,27
2023-11-16 18:17:05.5000000,7433,0
"""
MONDAY_NOON = 1_789_992_000.0  # 2026-09-21 12:00 UTC


class HashDraws:
    """Draws by hashing their key, as the sandbox's are."""

    def uniform(self, *key):
        digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64

    def normal(self, *key):
        return statistics.NormalDist().inv_cdf(min(1 - 1e-12, max(1e-12, self.uniform("normal", *key))))


def written(tmp_path, text, name="trace.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_an_azure_trace_is_replayed_relative_to_its_first_row_and_keeps_its_sums(tmp_path):
    trace = read_trace(written(tmp_path, AZURE), "azure")
    arrivals = Replay(trace.requests, start=1000.0).arrivals(0, 1e9)
    assert [round(a.at, 6) for a in arrivals] == [1000.0, 1000.052, 1000.098189, 1001.52004]
    assert sum(a.input_tokens for a in arrivals) == 15_531
    assert sum(a.output_tokens for a in arrivals) == 45


def test_a_replay_in_portions_gives_every_request_once(tmp_path):
    replay = Replay(read_trace(written(tmp_path, AZURE), "azure").requests, start=1000.0)
    portions = [replay.arrivals(1000 + n * 0.01, 1000 + (n + 1) * 0.01) for n in range(200)]
    assert sum(len(portion) for portion in portions) == 4
    assert not replay.done(1001.0)
    assert replay.done(1002.0)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("2023-11-16 18:17:06,12", "line 6: has 2 columns instead of 3"),
        ("yesterday,12,3", "line 6: TIMESTAMP is 'yesterday', not a date and time"),
        ("2023-11-16 18:17:06,12.5,3", "line 6: ContextTokens is '12.5', not a whole number of at least 0"),
        ("2023-11-16 18:17:06,12,-3", "line 6: GeneratedTokens is '-3', not a whole number of at least 0"),
        ("2023-11-16 18:17:06,12,99999999999", "line 6: GeneratedTokens is more than 10000000"),
        ("2023-11-16 17:17:06,12,3", "line 6: TIMESTAMP is earlier than the row before"),
        ("2023-11-16T18:17:06Z,12,3", "line 6: TIMESTAMP has a time zone on some rows and none on others"),
    ],
)
def test_a_malformed_azure_row_is_refused_with_its_line_number(tmp_path, row, sentence):
    with pytest.raises(MalformedTrace) as refused:
        read_trace(written(tmp_path, AZURE + row + "\n"), "azure")
    assert sentence in str(refused.value)


def test_a_refusal_names_the_first_bad_lines_and_counts_the_rest(tmp_path):
    with pytest.raises(MalformedTrace, match=r"line 6: .*line 10: .*and 3 more"):
        read_trace(written(tmp_path, AZURE + "x,1,1\n" * 8), "azure")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1 must be TIMESTAMP,ContextTokens,GeneratedTokens"),
        ("a,b,c\n1,2,3\n", "line 1 must be TIMESTAMP,ContextTokens,GeneratedTokens"),
        ("TIMESTAMP,ContextTokens,GeneratedTokens\n", "nothing to replay"),
        ("\x00\x01\x02", "line 1"),
    ],
)
def test_a_file_that_is_no_trace_is_refused_by_a_sentence(tmp_path, text, sentence):
    with pytest.raises(MalformedTrace) as refused:
        read_trace(written(tmp_path, text), "azure")
    assert sentence in str(refused.value)


def test_a_missing_file_and_an_unknown_format_are_refused_by_a_sentence(tmp_path):
    with pytest.raises(MalformedTrace, match="cannot be read"):
        read_trace(tmp_path / "none.csv", "azure")
    with pytest.raises(MalformedTrace, match="use one of azure, rate"):
        read_trace(written(tmp_path, AZURE), "excel")


@pytest.mark.parametrize("row", ["900,nan", "900,-1", "100,5", "900", "soon,4"])
def test_a_malformed_rate_row_is_refused_with_its_line_number(tmp_path, row):
    with pytest.raises(MalformedTrace, match="line 4: "):
        read_trace(written(tmp_path, f"seconds,work_per_second\n300,1\n600,2\n{row}\n"), "rate")


def test_a_rate_file_brings_about_as_many_requests_as_its_work(tmp_path):
    trace = read_trace(written(tmp_path, "seconds,work_per_second\n300,0\n700,10\n1100,0\n"), "rate")
    source = RateReplay(trace.rates, 5000.0, 0.5, Rhythm(), HashDraws(), "ep")
    arrivals = source.arrivals(4000, 8000)
    assert trace.totals()["work"] == 4000
    assert len(arrivals) == pytest.approx(2000, rel=0.08)
    assert all(5000 <= a.at <= 5801 for a in arrivals)


def test_the_command_prints_totals_or_says_which_line_is_wrong(tmp_path, capsys):
    assert main([str(written(tmp_path, AZURE)), "--format", "azure", "--json"]) == 0
    totals = json.loads(capsys.readouterr().out)
    assert (totals["requests"], totals["input_tokens"], totals["output_tokens"]) == (4, 15_531, 45)
    assert main([str(written(tmp_path, AZURE + "x,1,1\n")), "--format", "azure", "--json"]) == 2
    assert "line 6" in capsys.readouterr().err


def generator(**parameters):
    return Generator(rhythm_from({"burst_per_day": 0, **parameters}), HashDraws(), "ep")


def test_two_generators_with_one_seed_bring_the_same_requests_in_any_portions():
    whole = generator(requests_per_second=3).arrivals(MONDAY_NOON, MONDAY_NOON + 60)
    other = generator(requests_per_second=3)
    portions = [other.arrivals(MONDAY_NOON + n * 0.3, MONDAY_NOON + (n + 1) * 0.3) for n in range(200)]
    assert [a for portion in portions for a in portion] == whole
    assert len(whole) > 100


def test_the_rate_is_highest_at_the_peak_hour_and_lower_at_the_weekend():
    rhythm = rhythm_from(
        {"requests_per_second": 10, "daily_amplitude": 0.5, "peak_hour_utc": 12, "weekend_factor": 0.4}
    )
    assert rhythm.rate(MONDAY_NOON, burst=False) == pytest.approx(15)
    assert rhythm.rate(MONDAY_NOON + 12 * 3600, burst=False) == pytest.approx(5)
    assert rhythm.rate(MONDAY_NOON - 86_400, burst=False) == pytest.approx(6)
    assert rhythm.rate(MONDAY_NOON, burst=True) == pytest.approx(15 * rhythm.burst_factor)


def test_arrivals_come_at_the_asked_rate():
    source = generator(requests_per_second=5, daily_amplitude=0)
    assert len(source.arrivals(MONDAY_NOON, MONDAY_NOON + 1000)) == pytest.approx(5000, rel=0.05)


def test_bursts_multiply_the_rate_for_their_duration():
    source = Generator(rhythm_from({"burst_per_day": 3, "burst_seconds": 600}), HashDraws(), "ep")
    in_burst = sum(source._in_burst(MONDAY_NOON + minute * 60) for minute in range(30 * 24 * 60))
    assert in_burst == pytest.approx(30 * 3 * 10, rel=0.25)


def test_token_counts_are_lognormal_around_their_median_and_cut():
    size = TokenCount(median=200, sigma=1.0, max=1500)
    drawn = [size.draw(HashDraws(), n) for n in range(2000)]
    assert statistics.median(drawn) == pytest.approx(200, rel=0.1)
    assert (min(drawn) >= 1, max(drawn)) == (True, 1500)
    logs = [math.log(n) for n in drawn if n < 1500]
    assert statistics.stdev(logs) == pytest.approx(0.95, abs=0.1)


def test_cached_tokens_are_whole_blocks_and_never_more_than_the_prompt():
    arrivals = generator(requests_per_second=20, cached_share=0.5).arrivals(MONDAY_NOON, MONDAY_NOON + 60)
    assert all(a.cached_input_tokens % 16 == 0 and a.cached_input_tokens <= a.input_tokens for a in arrivals)
    share = sum(a.cached_input_tokens for a in arrivals) / sum(a.input_tokens for a in arrivals)
    assert share == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"requests_per_second": -1}, "requests_per_second"),
        ({"requests_per_second": "many"}, "requests_per_second"),
        ({"requests_per_second": float("nan")}, "requests_per_second"),
        ({"daily_amplitude": 2}, "daily_amplitude"),
        ({"input_tokens": 5}, "input_tokens"),
        ({"output_tokens": {"median": 0, "sigma": 1, "max": 9}}, "output_tokens.median"),
        ({"rps": 3}, "rps"),
    ],
)
def test_a_bad_traffic_parameter_is_refused_by_name(parameters, named):
    with pytest.raises(BadTraffic, match=named):
        rhythm_from(parameters)

"""The queue model of an engine: what it conserves, what it bounds, and what load does to latency."""

import random
from itertools import pairwise

import pytest

from sandbox.engine_counters import Histogram
from sandbox.engines import Engine, EngineRequest, Performance, PromptTooLong


def engine(*, max_num_seqs=64, kv_capacity_tokens=40_000, max_model_len=16_000):
    performance = Performance(8000, 0.02, 0.0005, kv_capacity_tokens)
    return Engine(performance, max_num_seqs=max_num_seqs, max_model_len=max_model_len)


def crowd(count, *, seconds, seed=3):
    draw = random.Random(seed)
    at = sorted(draw.uniform(0, seconds) for _ in range(count))
    return [
        (moment, EngineRequest(f"r{i}", draw.randint(20, 1500), draw.randint(1, 400), draw.randint(0, 20)))
        for i, moment in enumerate(at)
    ]


def serve(model, arrivals, *, look_every=None):
    """Submit every arrival, then let the engine empty itself."""
    looked = 0.0
    for moment, request in arrivals:
        while look_every and looked + look_every < moment:
            looked += look_every
            model.advance(looked)
        model.submit(request, moment)
    model.advance(1e6)
    return {done.request.id: done for done in model.take_finished()}


def test_one_request_alone_takes_its_prefill_and_then_one_iteration_a_token():
    model = engine()
    model.submit(EngineRequest("a", 1600, 11), 5.0)
    model.advance(60)
    (done,) = model.take_finished()
    assert done.first_token_at == pytest.approx(5.0 + 0.02 + 1600 / 8000)
    assert done.finished_at == pytest.approx(done.first_token_at + 10 * 0.0205)
    assert done.reason == "stop"


def test_every_token_asked_for_is_counted_exactly_once():
    model, arrivals = engine(), crowd(300, seconds=40)
    served = serve(model, arrivals)
    assert len(served) == 300
    asked = sum(request.output_tokens for _, request in arrivals)
    assert sum(done.output_tokens for done in served.values()) == asked == model.generation_tokens()
    assert model.counters.prompt_tokens == sum(request.input_tokens for _, request in arrivals)
    assert model.counters.requests_done == 300
    assert model.in_flight == 0
    assert model.kv_used_tokens == 0


def test_the_token_counter_never_goes_back_and_is_whole_at_every_look():
    model, seen = engine(kv_capacity_tokens=6000, max_model_len=4000), 0
    for moment, request in crowd(120, seconds=20):
        model.submit(request, moment)
        tokens = model.generation_tokens()
        assert isinstance(tokens, int)
        assert tokens >= seen
        seen = tokens
    assert model.counters.preemptions > 0


def test_no_more_sequences_run_than_the_engine_allows_and_the_cache_never_overflows():
    model = engine(max_num_seqs=8, kv_capacity_tokens=9000, max_model_len=4000)
    for moment, request in crowd(200, seconds=20):
        model.submit(request, moment)
        assert model.running <= 8
        assert model.kv_used_tokens <= 9000 * 1.0001
    model.advance(1e6)
    assert len(model.take_finished()) == 200


def test_looking_often_changes_nothing():
    arrivals = crowd(200, seconds=30)
    blind, watched = serve(engine(), arrivals), serve(engine(), arrivals, look_every=0.013)
    for key, done in blind.items():
        assert watched[key].first_token_at == pytest.approx(done.first_token_at, abs=1e-6)
        assert watched[key].finished_at == pytest.approx(done.finished_at, abs=1e-6)


def test_requests_in_the_engine_equal_arrival_rate_times_time_in_it():
    model, arrivals, step, area = engine(), crowd(400, seconds=200), 0.05, 0.0
    served, looked, pending = {}, 0.0, list(arrivals)
    while len(served) < len(arrivals):
        looked += step
        while pending and pending[0][0] <= looked:
            moment, request = pending.pop(0)
            model.submit(request, moment)
        model.advance(looked)
        area += model.in_flight * step
        served |= {done.request.id: done for done in model.take_finished()}
    time_in_engine = sum(served[request.id].finished_at - moment for moment, request in arrivals)
    assert area == pytest.approx(time_in_engine, rel=0.02)


def test_time_to_first_token_grows_with_the_queue():
    def median_ttft(rate):
        arrivals = crowd(int(rate * 60), seconds=60)
        served = serve(engine(max_num_seqs=16), arrivals)
        return sorted(served[r.id].first_token_at - at for at, r in arrivals)[len(arrivals) // 2]

    idle, busy, overloaded = median_ttft(0.5), median_ttft(3), median_ttft(10)
    assert idle < busy < overloaded
    assert overloaded > 5 * idle


def test_a_full_cache_preempts_the_youngest_and_everybody_still_finishes():
    model = engine(kv_capacity_tokens=2000, max_model_len=1500)
    for i in range(4):
        model.submit(EngineRequest(f"r{i}", 400, 300), 0.0)
    model.advance(1e6)
    finished = [done.request.id for done in model.take_finished()]
    assert sorted(finished) == ["r0", "r1", "r2", "r3"]
    assert finished[-1] == "r3"
    assert model.counters.preemptions > 0
    assert model.counters.prompt_tokens == 1600  # computed again, but counted once
    assert model.generation_tokens() == 1200


def test_a_prompt_longer_than_the_context_window_is_refused_and_costs_nothing():
    model = engine(max_model_len=1000)
    with pytest.raises(PromptTooLong, match="1000"):
        model.submit(EngineRequest("long", 1000, 1), 1.0)
    assert model.in_flight == 0


def test_an_answer_stops_at_the_context_window_and_says_length():
    model = engine(max_model_len=1000)
    model.submit(EngineRequest("a", 900, 500), 0.0)
    model.advance(1e6)
    (done,) = model.take_finished()
    assert (done.output_tokens, done.reason) == (100, "length")


def test_cached_prompt_tokens_cost_no_prefill():
    cold, warm = engine(), engine()
    cold.submit(EngineRequest("a", 1600, 1), 0.0)
    warm.submit(EngineRequest("a", 1600, 1, cached_input_tokens=1200), 0.0)
    for model in (cold, warm):
        model.advance(60)
    assert warm.take_finished()[0].first_token_at < cold.take_finished()[0].first_token_at
    assert (warm.counters.prefix_cache_queries, warm.counters.prefix_cache_hits) == (1600, 1200)


def test_a_request_that_wants_no_answer_is_only_read():
    model = engine()
    model.submit(EngineRequest("a", 800, 0), 0.0)
    model.advance(60)
    assert model.take_finished()[0].output_tokens == 0
    assert model.generation_tokens() == 0


def test_a_dying_engine_tells_who_had_streamed_and_who_had_not():
    model = engine(max_num_seqs=1)
    model.submit(EngineRequest("streaming", 100, 1000), 0.0)
    model.submit(EngineRequest("waiting", 100, 1000), 0.0)
    model.advance(2.0)
    lost = {item.request.id: item for item in model.abort_all()}
    assert lost["streaming"].output_tokens == model.generation_tokens() > 0
    assert lost["waiting"].first_token_at is None
    assert model.in_flight == 0


def test_latency_histograms_count_one_gap_less_than_tokens_of_each_request():
    model, arrivals = engine(), crowd(50, seconds=10)
    serve(model, arrivals)
    gaps = sum(request.output_tokens - 1 for _, request in arrivals)
    assert model.counters.histograms["inter_token_latency_seconds"].cumulative()[-1] == gaps
    assert model.counters.histograms["time_to_first_token_seconds"].cumulative()[-1] == 50
    assert model.counters.histograms["e2e_request_latency_seconds"].cumulative()[-1] == 50


def test_no_bucket_of_a_histogram_ever_falls():
    histogram = Histogram((0.1, 0.2))
    looks = []
    for value, weight in [(0.05, 0.9), (0.15, 0.4), (0.05, 0.3), (0.25, 0.7), (0.15, 0.9)] * 5:
        histogram.observe(value, weight)
        looks.append(tuple(histogram.counts))
    assert all(now >= before for one, next_one in pairwise(looks) for before, now in zip(one, next_one, strict=True))
    assert histogram.cumulative()[-1] == 16

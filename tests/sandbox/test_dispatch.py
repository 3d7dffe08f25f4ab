"""The router's bookkeeping: who gets a request, what is retried, what is cut, and that nothing is lost."""

from dataclasses import dataclass, field

import pytest

from sandbox.balancer import Balancer
from sandbox.dispatch import EndpointQueue
from sandbox.engines import Engine, EngineRequest, Performance


@dataclass
class Replica:
    engine: Engine = field(default_factory=lambda: Engine(Performance(8000, 0.02, 0.0005, 40_000), 32, 8000))
    accepts: bool = True
    machine_id: str = "i-1"
    model: str = "tiny"


@dataclass
class Fleet:
    replicas: dict[str, Replica]

    def host(self, replica):
        return self.replicas.get(replica)


def fleet(*names):
    return Fleet({name: Replica() for name in names})


def queue_on(machines, **weights):
    queue = EndpointQueue("ep", machines)
    queue.publish(weights)
    return queue


def accept(queue, count, *, at=0.0, output_tokens=200, input_tokens=100):
    start = queue.counts.accepted
    for n in range(start, start + count):
        queue.accept(EngineRequest(f"r{n}", input_tokens, output_tokens), at)


def run(queue, machines, until):
    for replica in machines.replicas.values():
        replica.engine.advance(until)
        for done in replica.engine.take_finished():
            queue.on_finished(done)


def kill(queue, machines, name, at):
    replica = machines.replicas.pop(name)
    replica.engine.advance(at)
    for done in replica.engine.take_finished():
        queue.on_finished(done)
    queue.on_lost(replica.engine.abort_all(), at)


def balanced(queue):
    counts = queue.counts
    return counts.accepted == counts.finished + counts.cut + counts.rejected + len(queue.queue) + len(queue.in_flight)


def test_work_is_spread_in_proportion_to_the_weights():
    machines = fleet("a", "b")
    queue = queue_on(machines, a=1, b=3)
    accept(queue, 40)
    assert machines.replicas["a"].engine.in_flight == pytest.approx(10, abs=1)
    assert machines.replicas["b"].engine.in_flight == pytest.approx(30, abs=1)


def test_equal_loads_are_served_in_turn():
    balancer = Balancer()
    chosen = [balancer.choose({"a": 1, "b": 1, "c": 1}, {"a": 0, "b": 0, "c": 0}) for _ in range(6)]
    assert chosen == ["a", "b", "c", "a", "b", "c"]


def test_a_newcomer_does_not_have_to_catch_up():
    balancer = Balancer()
    for _ in range(10):
        balancer.choose({"a": 1}, {"a": 0})
    balancer.keep({"a": 1, "b": 1})
    assert {balancer.choose({"a": 1, "b": 1}, {"a": 0, "b": 0}) for _ in range(2)} == {"a", "b"}


def test_without_a_backend_requests_wait_and_go_out_in_order_when_one_comes():
    machines = fleet("a")
    queue = queue_on(machines)
    accept(queue, 3)
    assert len(queue.queue) == 3
    queue.publish({"a": 1})
    queue.dispatch(5.0)
    run(queue, machines, 100)
    outcomes = queue.take_outcomes()
    assert [o.routed.request.id for o in outcomes] == ["r0", "r1", "r2"]
    assert all(o.first_token_at > 5.0 and o.routed.accepted_at == 0.0 for o in outcomes)


def test_a_backend_with_weight_zero_gets_nothing_new_and_finishes_what_it_has():
    machines = fleet("a", "b")
    queue = queue_on(machines, a=1, b=1)
    accept(queue, 10)
    before = machines.replicas["a"].engine.in_flight
    queue.publish({"a": 0, "b": 1})
    accept(queue, 10, at=0.5)
    assert machines.replicas["a"].engine.in_flight <= before
    run(queue, machines, 200)
    assert machines.replicas["a"].engine.in_flight == 0
    assert (queue.counts.finished, queue.counts.cut, queue.counts.retried) == (20, 0, 0)


def test_a_backend_that_takes_no_work_is_passed_over_whatever_its_weight():
    machines = fleet("a", "b")
    machines.replicas["a"].accepts = False
    queue = queue_on(machines, a=100, b=1, unknown=50)
    accept(queue, 5)
    assert machines.replicas["a"].engine.in_flight == 0
    assert machines.replicas["b"].engine.in_flight == 5


def test_a_request_without_a_token_is_sent_elsewhere_and_one_that_streamed_is_cut():
    machines = fleet("a", "b")
    machines.replicas["a"].engine.max_num_seqs = 1
    queue = queue_on(machines, a=1)
    accept(queue, 2)
    queue.publish({"b": 1})
    kill(queue, machines, "a", at=2.0)
    assert (queue.counts.cut, queue.counts.retried) == (1, 1)
    (cut,) = queue.take_outcomes()
    assert (cut.kind, cut.finished_at) == ("cut", 2.0)
    assert 0 < cut.output_tokens < 200
    run(queue, machines, 100)
    (again,) = queue.take_outcomes()
    assert (again.kind, again.routed.replica, again.routed.retries) == ("ok", "b", 1)


def test_every_accepted_request_has_exactly_one_place_through_deaths_and_changes():
    machines = fleet("a", "b", "c")
    queue = queue_on(machines, a=1, b=1, c=1)
    for moment in range(60):
        accept(queue, 3, at=moment * 0.2)
        if moment == 20:
            kill(queue, machines, "a", at=moment * 0.2)
        if moment == 40:
            kill(queue, machines, "b", at=moment * 0.2)
        assert balanced(queue)
    run(queue, machines, 1000)
    assert balanced(queue)
    assert queue.counts.finished + queue.counts.cut == 180
    assert len({o.routed.request.id for o in queue.take_outcomes()}) == 180


def test_tokens_counted_are_those_that_left_the_engines():
    machines = fleet("a")
    queue = queue_on(machines, a=1)
    accept(queue, 4, output_tokens=50)
    run(queue, machines, 100)
    assert (queue.counts.input_tokens, queue.counts.output_tokens) == (400, 200)
    assert machines.replicas["a"].engine.generation_tokens() == 200


def test_a_prompt_no_engine_can_hold_is_rejected_and_counted():
    machines = fleet("a")
    queue = queue_on(machines, a=1)
    accept(queue, 1, input_tokens=9000)
    (refused,) = queue.take_outcomes()
    assert (refused.kind, refused.output_tokens, queue.counts.rejected) == ("error", 0, 1)
    assert balanced(queue)


def test_giving_up_accounts_for_what_still_waits():
    queue = queue_on(fleet())
    accept(queue, 3)
    queue.give_up(9.0)
    assert [o.kind for o in queue.take_outcomes()] == ["error"] * 3
    assert balanced(queue)

"""The queue model of one continuous-batching engine, in business time.

The engine works in iterations. One iteration decodes one token of every decoding sequence and prefills a chunk of the
prompts that are being read (chunked prefill), so it lasts

    decode_step_seconds + decode_step_seconds_per_sequence × decoding + chunk / prefill_tokens_per_second

Between two events (an arrival, a prompt read, a sequence finished, the KV cache full) nothing of that changes, so the
model jumps from event to event: about three steps a request, whatever the number of tokens. Times are seconds since an
origin the caller chooses; results do not depend on how often the caller looks.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from sandbox.engine_counters import EngineCounters

CHUNK_TOKENS = 2048  # vLLM's default max_num_batched_tokens
WATERMARK_RATIO = 0.01  # kept free at admission, so that a newcomer does not preempt at once
FinishedReason = Literal["stop", "length"]
EventKind = Literal["prompt read", "last token", "cache full"]


@dataclass(frozen=True, slots=True)
class Performance:
    """What one replica can do on its accelerators; computed by the caller, never guessed here."""

    prefill_tokens_per_second: float
    decode_step_seconds: float
    decode_step_seconds_per_sequence: float
    kv_capacity_tokens: int


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """One request as the router hands it over. Cached tokens are part of the input and cost no prefill."""

    id: str
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """A served request: when its first and last token left."""

    request: EngineRequest
    first_token_at: float
    finished_at: float
    output_tokens: int
    reason: FinishedReason


@dataclass(frozen=True, slots=True)
class Aborted:
    """A request the engine lost when its process ended. Without a first token it can be sent elsewhere."""

    request: EngineRequest
    first_token_at: float | None
    output_tokens: int


class PromptTooLong(ValueError):
    """The prompt does not fit the context window; vLLM answers 400."""


@dataclass(slots=True, eq=False)
class _Sequence:
    request: EngineRequest
    output_limit: int
    arrived_at: float
    admitted_at: float = -1.0
    first_token_at: float | None = None
    prefill_left: float = 0.0
    generated: int = 0
    joined_iteration: float = 0.0
    ends_iteration: float = 0.0
    preemptions: int = 0
    decoding: bool = False

    @property
    def context_tokens(self) -> int:
        return self.request.input_tokens + self.generated


@dataclass(slots=True)
class Engine:
    """One engine process. Call `submit` and `advance` with times that never go back."""

    performance: Performance
    max_num_seqs: int
    max_model_len: int
    started_at: float = 0.0
    counters: EngineCounters = field(default_factory=EngineCounters)
    finished: list[Finished] = field(default_factory=list)
    now: float = field(init=False)
    _waiting: deque[_Sequence] = field(default_factory=deque)
    _running: dict[str, _Sequence] = field(default_factory=dict)  # in order of admission
    _prefilling: deque[_Sequence] = field(default_factory=deque)
    _decoding: list[tuple[float, int, _Sequence]] = field(default_factory=list)  # heap by last iteration
    _decoding_count: int = 0
    _joined: int = 0
    _iteration: float = 0.0
    _iteration_seconds: float = 0.0
    _chunk_tokens: float = 0.0
    _kv_prefilling: int = 0
    _kv_offset: float = 0.0  # KV tokens of the decoding = offset + decoding × iteration
    _next_at: float = math.inf
    _next_event: EventKind = "prompt read"

    def __post_init__(self) -> None:
        self.now = self.started_at

    # What others see -------------------------------------------------------------------------------------------------

    @property
    def running(self) -> int:
        return len(self._running)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def in_flight(self) -> int:
        return len(self._running) + len(self._waiting)

    @property
    def decoding(self) -> int:
        return self._decoding_count

    @property
    def context_limit_tokens(self) -> int:
        """Longest prompt plus answer: the context window, or the whole KV cache when that is smaller."""
        return min(self.max_model_len, self.performance.kv_capacity_tokens)

    @property
    def kv_used_tokens(self) -> float:
        return max(0.0, self._kv_prefilling + self._kv_offset + self._decoding_count * self._iteration)

    @property
    def kv_cache_usage_ratio(self) -> float:
        return min(1.0, self.kv_used_tokens / self.performance.kv_capacity_tokens)

    def generation_tokens(self) -> int:
        """Tokens that have left this process, those of unfinished requests included. Never goes back."""
        streaming = sum(self._generated(sequence) for sequence in self._running.values())
        return self.counters.generation_tokens_done + streaming + sum(s.generated for s in self._waiting)

    def next_event_at(self) -> float:
        """When something will happen without further arrivals; infinity when idle."""
        return self._next_at

    # What others do --------------------------------------------------------------------------------------------------

    def submit(self, request: EngineRequest, at: float) -> None:
        """Accept a request that arrived `at` (taken as now when the engine is already further).

        Raises PromptTooLong when the prompt leaves no room for one token.
        """
        room = self.context_limit_tokens - request.input_tokens
        if room < min(1, request.output_tokens):
            raise PromptTooLong(
                f"The prompt has {request.input_tokens} tokens and the context window {self.context_limit_tokens}."
            )
        self.advance(at)
        sequence = _Sequence(request, min(request.output_tokens, room), arrived_at=self.now)
        self._waiting.append(sequence)
        self._admit_and_plan()

    def advance(self, until: float) -> None:
        """Let time pass. Finished requests are appended to `finished`, in order."""
        while self._next_at <= until:
            self._settle(self._next_at)
            self._fire()
            self._admit_and_plan()
        self._settle(max(until, self.now))

    def take_finished(self) -> list[Finished]:
        """The requests finished since the last call."""
        taken, self.finished = self.finished, []
        return taken

    def abort_all(self) -> list[Aborted]:
        """The process ends now: give back everything that was under way."""
        aborted = [
            Aborted(s.request, s.first_token_at, self._generated(s)) for s in (*self._running.values(), *self._waiting)
        ]
        self.counters.generation_tokens_done = self.generation_tokens()
        self._waiting.clear()
        self._running.clear()
        self._prefilling.clear()
        self._decoding.clear()
        self._decoding_count, self._kv_prefilling, self._kv_offset = 0, 0, 0.0
        self._next_at = math.inf
        return aborted

    # Time ------------------------------------------------------------------------------------------------------------

    def _settle(self, at: float) -> None:
        """Bring counters and the batch to `at`; nothing may have happened in between."""
        elapsed = at - self.now
        self.now = at
        if elapsed <= 0 or not self._running:
            return
        iterations = elapsed / self._iteration_seconds
        self._iteration += iterations
        self._observe_iterations(iterations, elapsed)
        if self._prefilling:
            head = self._prefilling[0]
            head.prefill_left = max(0.0, head.prefill_left - iterations * self._chunk_tokens)

    def _observe_iterations(self, iterations: float, elapsed: float) -> None:
        counters, seconds = self.counters, self._iteration_seconds
        if self._decoding_count:
            counters.observe("inter_token_latency_seconds", seconds, iterations * self._decoding_count)
        counters.observe("iteration_tokens_total", self._decoding_count + self._chunk_tokens, iterations)
        prefill_share = (self._chunk_tokens / self.performance.prefill_tokens_per_second) / seconds
        counters.busy_seconds += elapsed
        counters.prefill_seconds += elapsed * prefill_share
        counters.batch_seconds += elapsed * self._decoding_count

    def _fire(self) -> None:
        """The planned event happens; it sets the planned quantity exactly, so rounding cannot repeat or miss it."""
        if self._next_event == "prompt read":
            self._end_prefill(self._prefilling.popleft())
        elif self._next_event == "last token":
            self._end_sequence(heapq.heappop(self._decoding)[2])
        else:
            self._preempt_youngest()

    def _plan(self) -> None:
        """Compute the iteration's length and the next event. Called after every event, never by mere looking."""
        if not self._running:
            self._next_at = math.inf
            return
        performance = self.performance
        self._chunk_tokens = self._next_chunk()
        self._iteration_seconds = (
            performance.decode_step_seconds
            + performance.decode_step_seconds_per_sequence * self._decoding_count
            + self._chunk_tokens / performance.prefill_tokens_per_second
        )
        iterations, self._next_event = min(self._coming_events(), key=lambda event: event[0])
        self._next_at = self.now + max(0.0, iterations) * self._iteration_seconds

    def _next_chunk(self) -> float:
        chunk = 0.0
        for sequence in self._prefilling:
            chunk += sequence.prefill_left
            if chunk >= CHUNK_TOKENS:
                return CHUNK_TOKENS
        return chunk

    def _coming_events(self) -> Iterator[tuple[float, EventKind]]:
        """(iterations from now, what happens); on a tie the first one named goes first."""
        if self._prefilling:
            left = self._prefilling[0].prefill_left
            yield (left / self._chunk_tokens if left > 0 else 0.0), "prompt read"
        if self._decoding_count:
            yield self._decoding[0][0] - self._iteration, "last token"
        if self._decoding_count and len(self._running) > 1:  # one sequence alone always fits: context_limit_tokens
            free = self.performance.kv_capacity_tokens - self.kv_used_tokens
            yield free / self._decoding_count, "cache full"

    # Sequences -------------------------------------------------------------------------------------------------------

    def _admit_and_plan(self) -> None:
        while self._waiting and self._fits(self._waiting[0]):
            self._admit(self._waiting.popleft())
        self._plan()

    def _fits(self, sequence: _Sequence) -> bool:
        if len(self._running) >= self.max_num_seqs:
            return False
        if not self._running:
            return True
        headroom = WATERMARK_RATIO * self.performance.kv_capacity_tokens
        return self.kv_used_tokens + sequence.context_tokens + headroom <= self.performance.kv_capacity_tokens

    def _admit(self, sequence: _Sequence) -> None:
        request = sequence.request
        if sequence.preemptions == 0:
            sequence.admitted_at = self.now
            self.counters.prefix_cache_queries += request.input_tokens
            self.counters.prefix_cache_hits += request.cached_input_tokens
        else:
            self.counters.recomputed_tokens += sequence.context_tokens - request.cached_input_tokens
        sequence.prefill_left = float(max(0, sequence.context_tokens - request.cached_input_tokens))
        self._running[request.id] = sequence
        self._prefilling.append(sequence)
        self._kv_prefilling += sequence.context_tokens

    def _end_prefill(self, sequence: _Sequence) -> None:
        """The iteration that reads the last of the prompt yields a token too."""
        self._kv_prefilling -= sequence.context_tokens
        if sequence.first_token_at is None:
            sequence.first_token_at = self.now
            self.counters.observe_first_token(sequence.request, self.now - sequence.arrived_at)
        sequence.generated = min(sequence.generated + 1, sequence.output_limit)
        if sequence.generated >= sequence.output_limit:
            self._finish(sequence)
            return
        sequence.decoding = True
        sequence.joined_iteration = self._iteration
        sequence.ends_iteration = self._iteration + sequence.output_limit - sequence.generated
        self._kv_offset += sequence.context_tokens - self._iteration
        self._decoding_count += 1
        self._joined += 1
        heapq.heappush(self._decoding, (sequence.ends_iteration, self._joined, sequence))

    def _end_sequence(self, sequence: _Sequence) -> None:
        self._iteration = sequence.ends_iteration
        self._leave_batch(sequence)
        sequence.generated = sequence.output_limit
        self._finish(sequence)

    def _leave_batch(self, sequence: _Sequence) -> None:
        self._kv_offset -= sequence.context_tokens - sequence.joined_iteration
        self._decoding_count -= 1
        sequence.decoding = False
        if not self._decoding_count:
            self._kv_offset = 0.0  # forget rounding whenever the batch empties

    def _finish(self, sequence: _Sequence) -> None:
        request = sequence.request
        del self._running[request.id]
        assert sequence.first_token_at is not None
        reason: FinishedReason = "length" if sequence.output_limit < request.output_tokens else "stop"
        done = Finished(request, sequence.first_token_at, self.now, sequence.output_limit, reason)
        self.finished.append(done)
        self.counters.observe_finished(
            done, arrived_at=sequence.arrived_at, admitted_at=sequence.admitted_at, preemptions=sequence.preemptions
        )

    def _preempt_youngest(self) -> None:
        """The KV cache is full: the last admitted gives its memory back and will be computed again."""
        sequence = self._running.popitem()[1]
        if sequence.decoding:
            generated = self._generated(sequence)
            self._decoding = [entry for entry in self._decoding if entry[2] is not sequence]
            heapq.heapify(self._decoding)
            self._leave_batch(sequence)
            sequence.generated = generated
        else:
            self._prefilling.remove(sequence)
            self._kv_prefilling -= sequence.context_tokens
        sequence.preemptions += 1
        self.counters.preemptions += 1
        self._waiting.appendleft(sequence)

    def _generated(self, sequence: _Sequence) -> int:
        if not sequence.decoding:
            return sequence.generated
        done = sequence.generated + math.floor(self._iteration - sequence.joined_iteration + 1e-9)
        return min(done, sequence.output_limit)

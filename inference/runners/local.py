"""Engines on owned hosts: real processes of this computer, each in a process group of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from ipaddress import ip_address

from django.conf import settings

from fleet.domain.addresses import LOOPBACK_ONLY, AddressPolicy, networks
from fleet.domain.refusals import Refused
from fleet.outbound import OutboundError, Response, fetch
from fleet.providers.local import engines
from fleet.providers.local.adapter import TROUBLES
from fleet.providers.local.book import Book, Claim
from fleet.providers.local.engines import DRAINING as LEAVING
from fleet.providers.local.engines import SERVED, Engine, NotStarted, Order, StillThere
from fleet.providers.local.engines import STOPPED as ENDED
from fleet.providers.local.options import HERE, LocalOptions, read
from inference.domain.engine_order import BadOrder, EngineOrder, arguments
from inference.runners.base import (
    DRAINING,
    LOADING,
    READY,
    STOPPED,
    Host,
    NotSupported,
    NotThere,
    ReplicaSpec,
    ReplicaStatus,
    RunnerFailed,
    StartRefused,
)
from inference.telemetry import engine_reader
from inference.telemetry.exposition import BadExposition

HEALTH_SECONDS, METRICS_SECONDS = 2.0, 3.0
FAILED_LOADS = 3  # in a row, after which it is not started again
REPLICA = re.compile(r"[A-Za-z0-9_-]{1,64}")
PASSED = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|TZ|TMPDIR|LD_LIBRARY_PATH|XDG_(CACHE|CONFIG|DATA)_HOME|SSL_CERT_(FILE|DIR)"
    r"|(LC|CUDA|NVIDIA|NCCL|VLLM|HF|HUGGINGFACE|TRANSFORMERS|TORCH|TORCHINDUCTOR|TRITON|OMP|MKL|RAY|HIP|ROCR|HSA|ROCM"
    r"|NEURON|TPU|JAX|XLA|HABANA|PT_HPU|ONEAPI|ZE)_\w+|(http|https|no)_proxy|(HTTP|HTTPS|NO)_PROXY"
)
"""Variables of the worker that an engine is given. Purser's own, and credentials of clouds, are none of them."""


class LocalRunner:
    """Starts real engine processes on hosts of your own, on the computer that the worker runs on."""

    capabilities = frozenset({"start", "status", "drain", "stop"})

    def __init__(self, host: Host) -> None:
        self._host = host

    def start(self, spec: ReplicaSpec) -> ReplicaStatus:
        """Once, however often it is asked: a process that runs, or is being started, is left as it is."""
        if spec.order is None:
            raise StartRefused("It is not known how the engine is to be started.")
        engine = self._engine(spec.replica)
        with self._reading():
            if engine.marked(ENDED):
                raise StartRefused("It was stopped before, and is not started again.")
            if not engine.alive:
                self._start(engine, spec.replica, spec.order)
        return self._look(engine)

    def status(self, replica: str) -> ReplicaStatus:
        engine = self._engine(replica)
        with self._reading():
            if engine.order is None or engine.marked(ENDED):
                raise NotThere(f"No engine was started for {replica}.")
        return self._look(engine)

    def drain(self, replica: str) -> ReplicaStatus:
        """Engines have no word for it: routers send nothing new by now, and what still runs is counted."""
        engine = self._engine(replica)
        with self._reading():
            if engine.order is None or engine.marked(ENDED):
                raise NotThere(f"No engine was started for {replica}.")
            engine.mark(LEAVING)
        return self._look(engine)

    def stop(self, replica: str) -> None:
        """Its whole group is asked to end, and made to at the deadline. It is never started again."""
        engine = self._engine(replica)
        with self._reading():
            engine.mark(ENDED)
            engine.stop(self._options.engine.stop_seconds)

    def load(self, replica: str, model: str) -> ReplicaStatus:
        raise NotSupported(f"Engines on owned hosts serve one model for life; {replica} cannot load {model}.")

    def sleep(self, replica: str, level: int) -> ReplicaStatus:
        raise NotSupported(f"The runner does not put engines to sleep; {replica} stays awake at level {level}.")

    def wake(self, replica: str) -> ReplicaStatus:
        raise NotSupported(f"The runner does not put engines to sleep; {replica} is awake.")

    # --- Starting ----------------------------------------------------------------------------------------------

    def _start(self, engine: Engine, replica: str, order: EngineOrder) -> None:
        """Under the lock of the host's claims, so that none starts on a machine that is being ended."""
        if engine.being_started:
            return
        if (failed := engine.failed_loads) >= FAILED_LOADS:
            raise StartRefused(f"The engine ended {failed} times before it served. {_how_it_ended(engine)}")
        options = self._options
        with self._book.locked(options.wait_seconds):
            claim = self._claim()
            if claim.ending_at is not None:
                raise NotThere(f"{claim.machine_id} is being ended.")
            engine.start(self._order(engine, claim, replica, order))

    def _order(self, engine: Engine, claim: Claim, replica: str, order: EngineOrder) -> Order:
        needed = order.tensor_parallel * order.pipeline_parallel
        if needed > len(claim.accelerators):
            held = f"{claim.machine_id} has {len(claim.accelerators)}"
            raise StartRefused(f"The configuration needs {needed} accelerators, and {held}.")
        options = self._options
        address = next((host.address for host in options.hosts if host.name == claim.host), HERE)
        before = (engine.order or {}).get("port", 0)
        try:
            said = arguments(order)
            port = engines.free_port(address, options.engine.ports, self._ports_of_others(engine), before)
            words = _words(options.engine.command, said, _filling(claim, replica, order, address, port))
            environment = _environment(options, _filling(claim, replica, order, address, port))
            if words[0] not in settings.LOCAL_ENGINES:
                raise NotStarted(f"{words[0]} is not among LOCAL_ENGINES, the programs that may be started here.")
            words[0] = engines.program(words, environment.get("PATH", os.defpath))
        except (BadOrder, NotStarted) as error:
            raise StartRefused(str(error)) from error
        return Order(tuple(words), environment, address, port, options.engine.log_bytes)

    def _ports_of_others(self, engine: Engine) -> Iterator[int]:
        """Those of engines that live, whether they listen already or not."""
        for machine in engines.machines(self._options.folder):
            for other in engines.all_of(machine):
                if other.folder != engine.folder and other.order and other.alive:
                    yield int(other.order["port"])

    # --- Looking -----------------------------------------------------------------------------------------------

    def _look(self, engine: Engine) -> ReplicaStatus:
        with self._reading():
            order, alive, began = engine.order, engine.alive, engine.began
            leaving = engine.marked(LEAVING)
        if order is None:
            return ReplicaStatus(LOADING, "", "", None, 0, 0)
        if not alive:
            return ReplicaStatus(LOADING if engine.being_started else STOPPED, "", "", began, 0, 0)
        base = f"http://{_in_url(order['host'])}:{order['port']}"
        healthy = self._get(f"{base}/health", order["host"], HEALTH_SECONDS)
        serves = healthy is not None and healthy.status == 200
        if serves and not engine.marked(SERVED):
            engine.mark(SERVED)
        if not serves and not leaving:
            return ReplicaStatus(LOADING, "", "", began, 0, 0)
        running, waiting = self._requests(base, order["host"], must_know=leaving)
        return ReplicaStatus(DRAINING if leaving else READY, base, f"{base}/metrics", began, running, waiting)

    def _requests(self, base: str, host: str, *, must_know: bool) -> tuple[int, int]:
        """Running and waiting. Raises RunnerFailed where not to know would pass for none."""
        page = self._get(f"{base}/metrics", host, METRICS_SECONDS)
        try:
            if page is None or page.status != 200:
                raise BadExposition("it did not answer")
            gauges = engine_reader("vllm")(page.body.decode(errors="replace")).gauges
        except BadExposition as error:
            if must_know:
                raise RunnerFailed(f"How many requests still run is not known: {error}.") from error
            return 0, 0
        return round(gauges.get("running", 0)), round(gauges.get("waiting", 0))

    def _get(self, url: str, host: str, seconds: float) -> Response | None:
        policy = LOOPBACK_ONLY if ip_address(host).is_loopback else AddressPolicy(networks=networks([host]))
        try:
            return fetch(url, policy=policy, total_seconds=seconds)
        except OutboundError:
            return None

    # --- Where -------------------------------------------------------------------------------------------------

    @cached_property
    def _options(self) -> LocalOptions:
        try:
            return read(self._host.options)
        except Refused as error:
            raise RunnerFailed(f"The account's options cannot be used: {error.sentence}") from error

    @property
    def _book(self) -> Book:
        return Book(self._options.folder, self._host.expected_ref)

    def _engine(self, replica: str) -> Engine:
        """Its folder under its machine, which has to be live. Raises NotThere."""
        if not REPLICA.fullmatch(replica):
            raise StartRefused(f"{replica[:70]!r} is no name of a replica.")
        with self._reading():
            self._claim()
        return Engine(engines.of_machine(self._options.folder, self._host.machine_id) / replica)

    def _claim(self) -> Claim:
        claim = self._book.get(self._host.machine_id)
        if claim is None or claim.ended_at is not None:
            raise NotThere(f"{self._host.machine_id} is no machine any more.")
        return claim

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (NotStarted, StillThere) as error:
            raise RunnerFailed(str(error)) from error
        except TROUBLES as error:
            raise RunnerFailed(f"The folder {self._options.folder} cannot be used: {error}") from error


def _how_it_ended(engine: Engine) -> str:
    ended = engine.ended or {}
    if ended.get("problem"):
        return str(ended["problem"])
    code = ended.get("code")
    how = "Nobody saw how." if code is None else f"Its last code was {code}."
    words = engine.last_words()
    return f"{how} It said last: {words}" if words else how


def _filling(claim: Claim, replica: str, order: EngineOrder, address: str, port: int) -> dict[str, str]:
    return {
        "host": address,
        "port": str(port),
        "model": order.model,
        "replica": replica,
        "devices": ",".join(str(index) for index in claim.accelerators),
        "tensor_parallel": str(order.tensor_parallel),
        "max_model_len": str(order.max_model_len),
        "max_num_seqs": str(order.max_num_seqs),
    }


def _words(template: Sequence[str], said: Sequence[str], filling: dict[str, str]) -> list[str]:
    """The command; `{arguments}` as a word of its own becomes as many as there are."""
    words: list[str] = []
    for word in template:
        words += said if word == "{arguments}" else [_filled(word, filling)]
    return words


def _filled(text: str, filling: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: filling.get(found[1], found[0]), text)


def _environment(options: LocalOptions, filling: dict[str, str]) -> dict[str, str]:
    """What an engine may know of the worker's environment, and what the account sets."""
    passed = {name: value for name, value in os.environ.items() if PASSED.fullmatch(name)}
    return passed | {name: _filled(text, filling) for name, text in options.engine.environment}


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host

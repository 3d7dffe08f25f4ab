"""Engines on a cluster's machines: the workload that holds the accelerators is told to serve (docs/howto)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from fleet.domain.refusals import Refused
from fleet.providers.kubernetes.engines import Engines, NoMachine, WillNotRun
from fleet.providers.kubernetes.errors import meaning_of
from inference.domain.engine_order import BadOrder, arguments
from inference.runners.base import (
    DRAINING,
    LOADING,
    READY,
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


class KubernetesRunner:
    """Starts vLLM in a machine's own pod, with a Service before it. Ready is what the kubelet and engine call so."""

    capabilities = frozenset({"start", "status", "drain", "stop"})

    def __init__(self, host: Host) -> None:
        self._host = host

    def start(self, spec: ReplicaSpec) -> ReplicaStatus:
        if spec.order is None:
            raise StartRefused("It is not known how the engine is to be started.")
        try:
            words = arguments(spec.order)
        except BadOrder as error:
            raise StartRefused(str(error)) from error
        needed = spec.order.tensor_parallel * spec.order.pipeline_parallel
        with self._calling():
            self._engines.start(self._host.machine_id, spec.replica, words, needed)
        return self._look(spec.replica)

    def status(self, replica: str) -> ReplicaStatus:
        return self._look(replica)

    def drain(self, replica: str) -> ReplicaStatus:
        """Engines have no word for it: routers send nothing new by now, and what still runs is counted."""
        with self._calling():
            self._engines.leave(self._host.machine_id, replica)
        return self._look(replica)

    def stop(self, replica: str) -> None:
        try:
            with self._calling():
                self._engines.stop(self._host.machine_id, replica)
        except NotThere:
            return  # not found is success

    def load(self, replica: str, model: str) -> ReplicaStatus:
        raise NotSupported(f"Engines on a cluster serve one model for life; {replica} cannot load {model}.")

    def sleep(self, replica: str, level: int) -> ReplicaStatus:
        raise NotSupported(f"The runner does not put engines to sleep; {replica} stays awake at level {level}.")

    def wake(self, replica: str) -> ReplicaStatus:
        raise NotSupported(f"The runner does not put engines to sleep; {replica} is awake.")

    @cached_property
    def _engines(self) -> Engines:
        return Engines(self._host.credential, self._host.options, self._host.expected_ref)

    def _look(self, replica: str) -> ReplicaStatus:
        with self._calling():
            seen = self._engines.look(self._host.machine_id, replica)
        began = seen.began.timestamp() if seen.began else None
        if not seen.leaving and not (seen.ready and self._healthy()):
            return ReplicaStatus(LOADING, "", "", began, 0, 0)
        if not seen.ready:
            raise RunnerFailed("The engine does not answer, so how many requests still run is not known.")
        began, running, waiting = self._work(began, must_know=seen.leaving)
        state = DRAINING if seen.leaving else READY
        return ReplicaStatus(state, seen.base_url, f"{seen.base_url}/metrics", began, running, waiting)

    def _healthy(self) -> bool:
        """Asked through the Service: a pod that is ready behind one that leads nowhere serves nobody."""
        try:
            with self._calling():
                self._engines.ask(self._host.machine_id, "health")
        except RunnerFailed:
            return False
        return True

    def _work(self, began: float | None, *, must_know: bool) -> tuple[float | None, int, int]:
        """When the process began, running and waiting requests. Raises where not to know would pass for none."""
        try:
            with self._calling():
                reading = engine_reader("vllm")(self._engines.ask(self._host.machine_id, "metrics"))
        except (RunnerFailed, BadExposition) as error:
            if must_know:
                raise RunnerFailed(f"How many requests still run is not known: {error}") from error
            return began, 0, 0
        gauges = reading.gauges
        return reading.process_start_time, round(gauges.get("running", 0)), round(gauges.get("waiting", 0))

    @contextmanager
    def _calling(self) -> Iterator[None]:
        """Turns whatever a call raises into what runners raise."""
        try:
            yield
        except (RunnerFailed, BadExposition):
            raise
        except NoMachine as error:
            raise NotThere(str(error)) from error
        except WillNotRun as error:
            raise StartRefused(str(error)) from error
        except Refused as error:
            raise RunnerFailed(error.sentence) from error
        except Exception as error:
            meaning = meaning_of(error)
            raise RunnerFailed(f"The cluster: {meaning.code}: {meaning.message}") from error

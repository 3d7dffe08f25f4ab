"""What runs on the rented machines: their exporter and SSH ports, and the engines Purser starts on them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import web

from sandbox.background import running
from sandbox.clock import iso
from sandbox.dcgm import Accelerator, Work, accelerators_of, dcgm_metrics
from sandbox.engines import Aborted
from sandbox.exposition import CONTENT_TYPE
from sandbox.faults import CallFacts, answer
from sandbox.http_input import json_object
from sandbox.ports import HttpPort, SshPort
from sandbox.replicas import BadStart, ReplicaProcess, ReplicaSpec
from sandbox.vendors import VendorError

if TYPE_CHECKING:
    from sandbox.machine import Machine
    from sandbox.world import World

TOTALS_SECONDS_REAL = 1.0
MIB_PER_GIB = 1024


class EngineListener(Protocol):
    """Who wants to know that an engine process ended (the router)."""

    def engine_ended(self, process: ReplicaProcess, lost: list[Aborted], at: float) -> None: ...


@dataclass(slots=True)
class RunningMachine:
    """The ports and accelerators of a machine that is on."""

    machine: Machine
    accelerators: list[Accelerator]
    dcgm: HttpPort = field(default_factory=HttpPort)
    ssh: SshPort = field(default_factory=SshPort)


class Machines:
    """Every machine that is on, and every replica since the sandbox started."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.running: dict[str, RunningMachine] = {}
        self.replicas: dict[str, ReplicaProcess] = {}
        self.listener: EngineListener | None = None

    # The router's view -----------------------------------------------------------------------------------------------

    def host(self, replica: str) -> ReplicaProcess | None:
        """The process of a replica while it can hold work."""
        process = self.replicas.get(replica)
        return process if process is not None and process.serving else None

    def serving(self) -> list[ReplicaProcess]:
        return [process for process in self.replicas.values() if process.serving]

    # The machine's life ----------------------------------------------------------------------------------------------

    async def machine_running(self, machine: Machine) -> None:
        """Open the machine's ports and tell their addresses."""
        if machine.id in self.running:
            return
        now = self.world.clock.since_epoch(self.world.clock.now())
        items = accelerators_of(machine.id, machine.accelerator, machine.accelerator_count, now)
        on = RunningMachine(machine, items)
        self.running[machine.id] = on
        await on.dcgm.open(self._exporter(on))
        await on.ssh.open()
        machine.endpoints |= {"dcgm": on.dcgm.url, "ssh": on.ssh.address}

    async def machine_ended(self, machine: Machine, reason: str) -> None:
        """The machine is gone with everything on it, at the moment its bill ended."""
        on = self.running.pop(machine.id, None)
        ended_at = machine.terminated_at or self.world.clock.now()
        at = self.world.clock.since_epoch(ended_at)
        for process in self._on(machine.id):
            await self._end(process, at)
        if on is not None:
            await on.dcgm.close()
            await on.ssh.close()

    async def shut_down(self) -> None:
        """The sandbox stops: machines stay rented (the ledger knows), their processes end."""
        now = self.world.clock.since_epoch(self.world.clock.now())
        for process in self.replicas.values():
            if process.state != "stopped":
                await self._end(process, now)
        for on in self.running.values():
            await on.dcgm.close()
            await on.ssh.close()
        self.running.clear()

    # Replicas --------------------------------------------------------------------------------------------------------

    def start(self, machine_id: str, body: Any) -> tuple[ReplicaProcess, bool]:
        """Start an engine; the same call again finds the first one. Returns it and whether it is new."""
        on = self._machine(machine_id)
        try:
            spec = ReplicaSpec.parse(body)
        except BadStart as error:
            raise VendorError("InvalidParameterValue", 400, f"{error}.") from error
        known = self.replicas.get(spec.replica)
        if known is not None:
            return self._same(known, machine_id, spec), False
        process = ReplicaProcess(
            spec,
            machine_id,
            self._free_accelerators(on, spec),
            self.world.clock,
            spec.load_seconds(self.world.draws.uniform("load", spec.replica)),
        )
        self.replicas[spec.replica] = process
        process.begin_loading()
        return process, True

    def find(self, machine_id: str, replica: str) -> ReplicaProcess:
        process = self.replicas.get(replica)
        if process is None or process.machine_id != machine_id:
            raise VendorError("ReplicaNotFound", 404, f"No replica {replica} was started on machine {machine_id}.")
        return process

    async def stop(self, process: ReplicaProcess) -> None:
        """Stop the process now; stopping it again changes nothing."""
        if process.state != "stopped":
            await self._end(process, process.now)

    async def crash(self, process: ReplicaProcess) -> None:
        """The process dies and is started again on the same port with its counters at zero."""
        if process.state == "stopped":
            raise VendorError("ReplicaStopped", 409, f"Replica {process.spec.replica} is stopped, so it cannot crash.")
        lost = await process.crash()
        self.write_totals([process])
        self._tell(process, lost, process.now)
        process.next_life()

    def write_totals(self, processes: Iterable[ReplicaProcess]) -> None:
        """Keep what each process has served so far, so that the sums survive it."""
        now = iso(self.world.clock.now())
        rows = [
            (
                process.spec.replica,
                process.process_start_time,
                process.engine.counters.prompt_tokens,
                process.engine.generation_tokens(),
                process.engine.counters.requests_done,
                now,
            )
            for process in processes
        ]
        if rows:
            self.world.ledger.write(
                "INSERT INTO engine_totals (replica, process_start_time, prompt_tokens, generation_tokens, requests,"
                " updated_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (replica, process_start_time) DO UPDATE SET"
                " prompt_tokens = excluded.prompt_tokens, generation_tokens = excluded.generation_tokens,"
                " requests = excluded.requests, updated_at = excluded.updated_at",
                rows,
            )

    async def keep_totals(self) -> None:
        """Runs for the life of the sandbox."""
        while True:
            await asyncio.sleep(TOTALS_SECONDS_REAL)
            now = self.world.clock.since_epoch(self.world.clock.now())
            serving = self.serving()
            for process in serving:
                process.engine.advance(now)
            self.write_totals(serving)

    def set_xid(self, machine_id: str, body: dict[str, Any]) -> None:
        """The exporter shows this XID as the accelerator's last one from now on."""
        on = self._machine(machine_id)
        if set(body) != {"gpu", "xid"} or not all(type(value) is int for value in body.values()):
            raise VendorError("InvalidParameterValue", 400, 'Send {"gpu": 0, "xid": 79}, both whole numbers.')
        if not 0 <= body["gpu"] < len(on.accelerators):
            last = len(on.accelerators) - 1
            raise VendorError("InvalidParameterValue", 400, f"gpu must be from 0 to {last} on machine {machine_id}.")
        on.accelerators[body["gpu"]].xid = body["xid"]

    # Inside ----------------------------------------------------------------------------------------------------------

    async def _end(self, process: ReplicaProcess, at: float) -> None:
        lost = await process.stop(at)
        self.write_totals([process])
        self._tell(process, lost, process.engine.now)

    def _tell(self, process: ReplicaProcess, lost: list[Aborted], at: float) -> None:
        if self.listener is not None:
            self.listener.engine_ended(process, lost, at)

    def _machine(self, machine_id: str) -> RunningMachine:
        on = self.running.get(machine_id)
        if on is not None:
            return on
        if self.world.machine(machine_id) is None:
            raise VendorError("MachineNotFound", 404, f"There is no machine {machine_id}.")
        raise VendorError("MachineNotRunning", 409, f"Machine {machine_id} is not running.")

    def _on(self, machine_id: str) -> list[ReplicaProcess]:
        return [p for p in self.replicas.values() if p.machine_id == machine_id and p.state != "stopped"]

    def _same(self, known: ReplicaProcess, machine_id: str, spec: ReplicaSpec) -> ReplicaProcess:
        if known.machine_id == machine_id and known.spec == spec:
            return known
        message = f"Replica {spec.replica} was started before with other parameters or on another machine."
        raise VendorError("IdempotentParameterMismatch", 409, message)

    def _free_accelerators(self, on: RunningMachine, spec: ReplicaSpec) -> tuple[int, ...]:
        taken = {index for process in self._on(on.machine.id) for index in process.accelerators}
        free = [item for item in on.accelerators if item.index not in taken][: spec.tensor_parallel]
        if len(free) < spec.tensor_parallel:
            message = f"The replica needs {spec.tensor_parallel} accelerators; {on.machine.id} has {len(free)} free."
            raise VendorError("InsufficientAccelerators", 409, message)
        memory_gib = sum(item.chip.memory_mib for item in free) / MIB_PER_GIB
        if spec.weights_gib > memory_gib:
            message = f"The weights take {spec.weights_gib:g} GiB and the accelerators hold {memory_gib:.0f} GiB."
            raise VendorError("OutOfMemory", 400, message)
        return tuple(item.index for item in free)

    def _exporter(self, on: RunningMachine) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            if request.path != "/metrics":
                return web.Response(status=404, text="dcgm-exporter serves /metrics\n")
            self._sample(on)
            page = dcgm_metrics(on.accelerators, on.machine.id)
            return web.Response(body=page.encode(), headers={"Content-Type": CONTENT_TYPE})

        return answer

    def _sample(self, on: RunningMachine) -> None:
        now = self.world.clock.since_epoch(self.world.clock.now())
        work = [Work()] * len(on.accelerators)
        for process in self._on(on.machine.id):
            process.engine.advance(now)
            for index in process.accelerators:
                work[index] = process.work()
        for item in on.accelerators:
            item.sample(work[item.index], now)


MACHINES: web.AppKey[Machines] = web.AppKey("machines", Machines)


Call = Callable[[Machines, web.Request], Awaitable[web.Response]]


def add_routes(app: web.Application, world: World) -> None:
    """The replica calls of docs/sandbox.md, and the listeners that open and close machines' ports."""
    machines = app[MACHINES] = Machines(world)
    world.on_machine_running.append(machines.machine_running)
    world.on_machine_ended.append(machines.machine_ended)
    base = "/v1/machines/{instance_id}"
    one = f"{base}/replicas/{{replica}}"
    app.router.add_post(f"{base}/replicas", _through_faults("start_replica", _start))
    app.router.add_get(one, _through_faults("describe_replica", _describe))
    app.router.add_post(f"{one}/drain", _through_faults("drain_replica", _drain))
    app.router.add_delete(one, _through_faults("stop_replica", _stop))
    app.router.add_post(f"{one}/crash", _through_faults("crash_replica", _crash))
    app.router.add_post(f"{base}/xid", _through_faults("xid", _xid))
    app.cleanup_ctx.append(_lifetime)


async def _lifetime(app: web.Application) -> AsyncIterator[None]:
    machines = app[MACHINES]
    async with running(machines.keep_totals()):
        yield
    await machines.shut_down()


def _through_faults(verb: str, call: Call) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        machines = request.app[MACHINES]
        # Replica calls look after a replica, not after the machine's bill: the audit must not take them for that.
        facts = CallFacts(known=dict(request.match_info))

        async def do() -> web.Response:
            return await call(machines, request)

        return await machines.world.faults.wrap(verb, None, request, do, facts)

    return handle


def _found(machines: Machines, request: web.Request) -> ReplicaProcess:
    return machines.find(request.match_info["instance_id"], request.match_info["replica"])


async def _start(machines: Machines, request: web.Request) -> web.Response:
    process, new = machines.start(request.match_info["instance_id"], await json_object(request))
    return answer(process.as_json(), 201 if new else 200)


async def _describe(machines: Machines, request: web.Request) -> web.Response:
    return answer(_found(machines, request).as_json())


async def _drain(machines: Machines, request: web.Request) -> web.Response:
    process = _found(machines, request)
    process.drain()
    return answer(process.as_json())


async def _stop(machines: Machines, request: web.Request) -> web.Response:
    process = _found(machines, request)
    await machines.stop(process)
    return answer(process.as_json())


async def _crash(machines: Machines, request: web.Request) -> web.Response:
    process = _found(machines, request)
    await machines.crash(process)
    return answer(process.as_json())


async def _xid(machines: Machines, request: web.Request) -> web.Response:
    machines.set_xid(request.match_info["instance_id"], await json_object(request))
    return answer({})

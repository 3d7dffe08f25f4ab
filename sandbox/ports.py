"""Loopback ports of machines and engines: reserved at once, refusing connections until opened, free after closing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

HOST = "127.0.0.1"
SHUTDOWN_SECONDS = 0.05  # a process that dies does not finish its answers
SSH_BANNER = b"SSH-2.0-OpenSSH_9.6 sandbox\r\n"
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class HttpPort:
    """One port of a simulated process that speaks HTTP."""

    def __init__(self) -> None:
        self._socket = _reserve(0)
        self.number: int = self._socket.getsockname()[1]
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.number}"

    async def open(self, handler: Handler) -> None:
        """Start to accept connections."""
        self._runner = web.ServerRunner(web.Server(handler, access_log=None), shutdown_timeout=SHUTDOWN_SECONDS)
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()

    async def close(self) -> None:
        """Refuse connections from now on, cut the open ones and give the number back."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()  # before the socket: the event loop still watches it
        self._socket.close()

    async def reset(self) -> None:
        """The process died and its successor keeps the port: refuse connections until it opens again."""
        await self.close()
        self._socket = _reserve(self.number)


class SshPort:
    """A port that greets as an SSH server and hangs up; enough to see that a machine is there."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self.address = ""

    async def open(self) -> None:
        self._server = await asyncio.start_server(_greet, HOST, 0)
        self.address = "{}:{}".format(*self._server.sockets[0].getsockname()[:2])

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


def _reserve(number: int) -> socket.socket:
    """Bound but not listening: the kernel refuses connections and gives the number to nobody else."""
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.setblocking(False)
    reserved.bind((HOST, number))
    return reserved


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(SSH_BANNER)
    writer.close()

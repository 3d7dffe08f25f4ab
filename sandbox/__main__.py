"""`python -m sandbox`: serve a ledger on a loopback address until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from aiohttp import web

from sandbox.app import build_app
from sandbox.beginning import Options
from sandbox.clock import parse
from sandbox.ledger import Ledger, LedgerError
from sandbox.world import World


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 after a clean stop, 2 with a sentence when it cannot start."""
    options = _parser().parse_args(arguments)
    try:
        ledger = Ledger(options.ledger)
    except LedgerError as error:
        return _refuse(str(error))
    try:
        asyncio.run(_serve(ledger, options))
    except OSError as error:
        return _refuse(
            f"Cannot listen on {options.host}:{options.port}: {error.strerror}. Choose another --port, or 0 for any."
        )
    finally:
        ledger.close()
    return 0


async def _serve(ledger: Ledger, options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    world = World(ledger, Options(options.seed, options.time_factor, options.epoch, options.calm))
    runner = web.AppRunner(build_app(world), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, options.host, options.port)
        await site.start()
        _announce(runner.addresses[0], options.announce)
        await stop.wait()
    finally:
        await runner.cleanup()


def _announce(address: tuple[str, int], announce: Path | None) -> None:
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    line = json.dumps({"url": f"http://{host}:{address[1]}", "pid": os.getpid()})
    if announce is not None:
        beside = announce.with_name(f"{announce.name}.{os.getpid()}")
        beside.write_text(line + "\n")
        beside.replace(announce)  # whole or not at all, for those who poll it
    print(line, flush=True)


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Fake clouds, engines and a router in one process."
    )
    parser.add_argument("--ledger", type=Path, required=True, help="the SQLite file that remembers everything")
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="a loopback address (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=0, help="0 takes any free port")
    parser.add_argument("--announce", type=Path, help="a file that gets the line which is printed when it listens")
    new = parser.add_argument_group("of a new ledger (an existing one keeps its own)")
    new.add_argument("--seed", type=int, default=1)
    new.add_argument("--time-factor", type=_factor, default=1.0, help="business seconds a real second")
    new.add_argument("--epoch", type=_moment, help="the business time at the start, ISO 8601 (default: now)")
    new.add_argument(
        "--calm", action="store_true", help="no boot failures, interruptions or stock-outs but those asked for"
    )
    return parser


def _loopback(text: str) -> str:
    try:
        if ipaddress.ip_address(text).is_loopback:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(
        f"{text!r} is not a loopback address; the sandbox listens only on those, e.g. 127.0.0.1"
    )


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; give 0 to 65535")
    return int(text)


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time factor; give a number above 0 and up to 100000")
    return factor


def _moment(text: str) -> datetime:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())

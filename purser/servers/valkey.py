"""A Valkey of our own: password, loopback port, append-only file."""

import secrets
import signal
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from purser.servers.place import Place
from purser.servers.postgres import EPHEMERAL_TRIES, free_port, port_taken
from purser.servers.process import Child, EmbeddedError, end_leftover, launch

STARTED_WITHIN_S = 30.0
STOP_GRACE_S = 10.0


class Valkey:
    """One server in `place.home/valkey`; `port` 0 asks for any free one."""

    def __init__(self, place: Place, *, fast: bool, port: int = 0) -> None:
        self.place = place
        self.fast = fast
        self.wanted_port = port
        self.port = port
        self.data = place.home / "valkey"
        self.password = secrets.token_urlsafe(24)
        self.child: Child | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start and wait until it answers. Raises EmbeddedError."""
        self.place.make_private(self.data)
        end_leftover(self.data / "valkey.pid", self.data, stop_signal=signal.SIGTERM)
        for attempt in range(1, EPHEMERAL_TRIES + 1):
            self._launch()
            if self._is_up():
                return
            self.stop()
            if self.wanted_port or attempt == EPHEMERAL_TRIES:
                raise port_taken("Valkey", self.port)

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop(STOP_GRACE_S)
            self.child = None

    def version(self) -> str:
        with self._client() as client:
            info = client.info("server")
        return str(info.get("valkey_version") or info["redis_version"])

    def _launch(self) -> None:
        self.port = self.wanted_port or free_port()
        self._write_config()
        self.child = launch(
            "valkey",
            [str(self.place.valkey_server), str(self.data / "valkey.conf")],
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            cwd=self.data,
            log=self.place.logs / "valkey.log",
            uid=self.place.uid,
        )
        (self.data / "valkey.pid").write_text(str(self.child.pid), encoding="utf-8")

    def _write_config(self) -> None:
        # In a file and not on the command line, where every user of the machine could read the password.
        config = self.data / "valkey.conf"
        config.unlink(missing_ok=True)
        config.touch(mode=0o600)
        self.place.give(config)
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "dir": self.data,
            "daemonize": "no",
            "save": '""',
            "appendonly": "no" if self.fast else "yes",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",  # an evicted queue is work lost in silence
        }
        config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()), encoding="utf-8")

    def _is_up(self) -> bool:
        """False when the port was taken; every other failure raises."""
        assert self.child is not None
        give_up_at = time.monotonic() + STARTED_WITHIN_S
        with self._client() as client:
            while True:
                if self.child.exit_code is not None:
                    return self._explain_exit()
                try:
                    client.ping()
                except (redis.ConnectionError, redis.TimeoutError) as error:
                    if time.monotonic() > give_up_at:
                        raise EmbeddedError(
                            f"Valkey did not answer within {STARTED_WITHIN_S:.0f} s; see {self.child.log}."
                        ) from error
                    time.sleep(0.02)
                    continue
                return True

    def _explain_exit(self) -> bool:
        assert self.child is not None
        output = self.child.output()
        if "Address already in use" in output:
            return False
        if "No space left on device" in output:
            raise EmbeddedError(f"The disk of {self.data} is full; make room and start again.")
        last = (output.strip().splitlines() or ["it said nothing."])[-1]
        raise EmbeddedError(f"Valkey did not start in {self.data}: {last}")

    def _client(self) -> redis.Redis:
        return redis.Redis(
            host="127.0.0.1",
            port=self.port,
            password=self.password,
            socket_timeout=5,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )

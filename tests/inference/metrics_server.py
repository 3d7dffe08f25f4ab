"""A metrics page on loopback that says what the test tells it to, misbehaving included."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.inference.telemetry.test_readers import VLLM

HANG, FLOOD = "hang", "flood"


class MetricsServer:
    """`page` is what /metrics answers; HANG never ends, FLOOD never stops."""

    def __init__(self) -> None:
        self.page = ""
        self.status = 200
        self.released = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/metrics"

    def engine(self, *, output_tokens: int, start: float = 1.0, running: int = 0, input_tokens: int = 1000) -> None:
        """Serve a vLLM page with these figures."""
        self.page = (
            VLLM.replace("1.7e+09", str(start))
            .replace("} 400.0", f"}} {output_tokens}")
            .replace("} 1000.0", f"}} {input_tokens}")
            .replace(
                'vllm:num_requests_running{engine="0",model_name="tiny"} 3.0', f"vllm:num_requests_running {running}"
            )
            .replace('vllm:num_requests_waiting{engine="0",model_name="tiny"} 2.0', "vllm:num_requests_waiting 0")
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(outer.status)
                self.end_headers()
                try:
                    if outer.page == HANG:
                        outer.released.wait(30)
                    while outer.page == FLOOD:
                        self.wfile.write(b"x" * 65_536)
                    self.wfile.write(outer.page.encode())
                except OSError:
                    return  # the client hung up, as it should

            def log_message(self, *_: object) -> None:
                return

        return Handler


@contextmanager
def metrics_server() -> Iterator[MetricsServer]:
    made = MetricsServer()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.released.set()
        made.page = ""
        made.server.shutdown()
        made.server.server_close()

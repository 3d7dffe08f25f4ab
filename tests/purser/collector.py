"""A stand-in for an OpenTelemetry collector: takes OTLP over HTTP on loopback and keeps the spans it was sent."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class Span:
    """One span as it came over the wire."""

    name: str
    trace: str
    id: str
    parent: str
    process: str
    attributes: dict[str, Any]


@dataclass
class Collector:
    url: str
    spans: list[Span] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def named(self, name: str, **attributes: Any) -> list[Span]:
        wanted = {f"purser.{key}": value for key, value in attributes.items()}
        return [span for span in self.spans if span.name == name and wanted.items() <= span.attributes.items()]

    def ancestors(self, span: Span) -> list[str]:
        """Names from the span's parent up to the root of its trace."""
        by_id = {one.id: one for one in self.spans}
        names = []
        while span.parent and span.parent in by_id:
            span = by_id[span.parent]
            names.append(span.name)
        return names


@contextmanager
def collector_process() -> Iterator[Collector]:
    """Listening until the end of the block."""
    collector = Collector("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            collector.bodies.append(body)
            collector.spans += _spans(ExportTraceServiceRequest.FromString(body)) if self.path == "/v1/traces" else []
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


def _spans(sent: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource in sent.resource_spans:
        process = {pair.key: _plain(pair.value) for pair in resource.resource.attributes}.get("purser.process", "")
        for scope in resource.scope_spans:
            for span in scope.spans:
                attributes = {pair.key: _plain(pair.value) for pair in span.attributes}
                ids = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
                yield Span(span.name, *ids, process, attributes)


def _plain(value: Any) -> Any:
    return getattr(value, value.WhichOneof("value") or "string_value")

"""OpenTelemetry traces, sent to the collector that OTLP_ENDPOINT names. Without it nothing of it is imported.

A trace goes from a request to the tasks its events became and on to each call of a cloud (docs/howto/read-the-logs.md).
The exporter sends from a thread, which it starts anew in a forked child.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from fleet import tracing

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_provider: TracerProvider | None = None


def start(process: str) -> None:
    """Trace this process and those forked from it, if a collector is named. `process` is web or worker."""
    global _provider
    if not settings.OTLP_ENDPOINT or _provider is not None:
        return
    _provider = _make_provider(process)
    _instrument(process, _provider)
    tracing.use(_provider.get_tracer("purser", settings.VERSION))


def stop() -> None:
    """Send what is left."""
    global _provider
    if _provider is not None:
        tracing.use(None)
        _provider.shutdown()
        _provider = None


def _make_provider(process: str) -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

    resource = Resource.create(
        {"service.name": "purser", "service.version": settings.VERSION, "purser.process": process}
    )
    provider = TracerProvider(
        resource=resource, sampler=ParentBasedTraceIdRatio(settings.OTLP_SAMPLE_RATIO), shutdown_on_exit=True
    )
    exporter = OTLPSpanExporter(endpoint=settings.OTLP_ENDPOINT, headers=_headers(), timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
    return provider


def _instrument(process: str, provider: TracerProvider) -> None:
    """Requests and tasks get their spans from the libraries' own instrumentation."""
    from opentelemetry.instrumentation.celery import CeleryInstrumentor

    CeleryInstrumentor().instrument(tracer_provider=provider)  # type: ignore[no-untyped-call]
    if process == "web":
        from opentelemetry.instrumentation.django import DjangoInstrumentor

        DjangoInstrumentor().instrument(tracer_provider=provider)


def _headers() -> dict[str, str]:
    """`name=value,name=value`, as OpenTelemetry's own variable has it."""
    pairs = (pair.partition("=") for pair in settings.OTLP_HEADERS.split(",") if "=" in pair)
    return {name.strip(): value.strip() for name, _, value in pairs}

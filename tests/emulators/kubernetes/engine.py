"""A tiny stand-in for vLLM's server: what it answers when it is asked through the API server."""

from __future__ import annotations

from typing import Any

from tests.emulators.faults import Reply
from tests.emulators.kubernetes.store import Cluster

BEGAN = 1_790_000_000.0


def starts(pod: dict[str, Any]) -> bool:
    """Whether what a pod is told to run becomes ready; a model called broken/… never does."""
    return not any("broken/" in word for container in pod["spec"]["containers"] for word in container.get("args") or ())


def answer(cluster: Cluster, pods: list[dict[str, Any]], path: str, requests: dict[str, int]) -> Reply:
    """`pods`: those behind the service that are ready; `requests`: running and waiting ones."""
    if not pods:
        return Reply(503, b'{"kind":"Status","status":"Failure","reason":"ServiceUnavailable","code":503}')
    if path == "health":
        return Reply(200, b"")
    if path == "metrics":
        told = {
            "vllm:num_requests_running": requests.get("running", 0),
            "vllm:num_requests_waiting": requests.get("waiting", 0),
            "vllm:prompt_tokens_total": 100,
            "vllm:generation_tokens_total": 200,
            "vllm:request_success_total": 3,
        }
        lines = [f'{name}{{engine="0",model_name="m"}} {float(value)}' for name, value in told.items()]
        text = "\n".join([*lines, f"process_start_time_seconds {BEGAN}", ""])
        return Reply(200, text.encode(), {"Content-Type": "text/plain"})
    return Reply(404, b"Not Found")

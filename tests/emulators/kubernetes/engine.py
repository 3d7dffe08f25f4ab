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
        text = (
            '# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{model_name="m"} '
            f"{requests.get('running', 0)}.0\n# TYPE vllm:num_requests_waiting gauge\nvllm:num_requests_waiting"
            f'{{model_name="m"}} {requests.get("waiting", 0)}.0\nprocess_start_time_seconds {BEGAN}\n'
        )
        return Reply(200, text.encode(), {"Content-Type": "text/plain"})
    return Reply(404, b"Not Found")

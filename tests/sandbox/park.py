"""Driving a sandbox process from a test: rented machines, engines on them, and the router's calls."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from itertools import count

from prometheus_client.parser import text_string_to_metric_families

from tests.deadline import wait_until
from tests.sandbox.fake_purser import TOKEN
from tests.sandbox_server import NO_PROXY, Sandbox

PERFORMANCE = {
    "prefill_tokens_per_second": 20_000,
    "decode_step_seconds": 0.01,
    "decode_step_seconds_per_sequence": 0.0002,
    "kv_capacity_tokens": 200_000,
}
_numbers = count(1)


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status}: {body}")
        self.status, self.body = status, body


def fetch(url, method="GET", body=None):
    """The text of an answer; Refused for an error status, OSError when nobody listens."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": "Bearer sandbox", "Content-Type": "application/json"}
    request = urllib.request.Request(url, method=method, data=data, headers=headers)
    try:
        with NO_PROXY.open(request, timeout=20) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        raise Refused(error.code, error.read().decode()) from None


def listens(url):
    """Whether anybody accepts connections there."""
    try:
        fetch(url)
    except Refused:
        return True
    except OSError:
        return False
    return True


@dataclass
class Park:
    """Machines and replicas of one sandbox; names are never used twice."""

    sandbox: Sandbox
    replicas: dict = field(default_factory=dict)

    def call(self, method, path, body=None):
        return json.loads(fetch(f"{self.sandbox.url}/v1/{path}", method, body) or "null")

    def rent(self):
        """A running machine with one L4."""
        return self.sandbox.running(token=f"park-{next(_numbers)}")

    def terminate(self, machine):
        return self.call("DELETE", f"clouds/aws/instances/{machine['id']}")

    def start(self, machine, replica=None, **changes):
        """Start an engine; its description is kept for `path`."""
        replica = replica or f"replica-{next(_numbers)}"
        body = {
            "replica": replica,
            "model": "tiny-llm",
            "weights_gib": 2,
            "max_num_seqs": 64,
            "tensor_parallel": 1,
            "max_model_len": 16_000,
            "performance": PERFORMANCE,
        } | changes
        started = self.call("POST", f"machines/{machine['id']}/replicas", body)
        self.replicas[replica] = f"machines/{machine['id']}/replicas/{replica}"
        return started

    def ready(self, machine, **changes):
        """A replica that serves; its id."""
        replica = self.start(machine, **changes)["replica"]
        wait_until(lambda: self.replica(replica)["state"] == "ready", f"{replica} ready")
        return replica

    def replica(self, replica):
        return self.call("GET", self.replicas[replica])

    def metric(self, replica, name):
        text = fetch(self.replica(replica)["metrics_url"])
        families = text_string_to_metric_families(text)
        return next(s.value for family in families for s in family.samples if s.name == name)

    def configure(self, purser, **traffic):
        """Serve the endpoints named by keyword, with their traffic."""
        endpoints = [{"endpoint": name, "name": name, "traffic": given} for name, given in traffic.items()]
        body = {"purser_url": purser.url, "api_token": TOKEN, "weights_poll_seconds_real": 0.05, "endpoints": endpoints}
        return self.call("PUT", "router/config", body)

    def state(self, endpoint):
        return self.call("GET", "router/state")["endpoints"][endpoint]

    def wait_for(self, endpoint, condition, what):
        wait_until(lambda: condition(self.state(endpoint)), what)
        return self.state(endpoint)

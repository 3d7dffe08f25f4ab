"""Calls of a cluster's API server over the SDK's transport: one attempt each, answers read strictly.

The SDK is imported when the first client is made. Bodies pass through its typed models, so that a misspelt field dies
here; answers are taken as they come, because its models accept what is no answer.
"""

from __future__ import annotations

import json
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from fleet.providers.kubernetes.errors import Garbled, Said
from fleet.providers.kubernetes.kubeconfig import Place

CONNECT_SECONDS = 5.0
MERGE = "application/merge-patch+json"
MOST_PAGES = 10_000
LONGEST_EVENT, LONGEST_TEXT = 4_000_000, 8_000_000  # bytes


@dataclass(frozen=True)
class Kind:
    """A kind of objects: where its paths are, and the SDK's model of its bodies."""

    name: str
    base: str
    plural: str
    model: str = ""
    namespaced: bool = True

    def path(self, namespace: str, name: str = "", sub: str = "") -> str:
        """Of one object, or of all of a namespace; of the whole cluster when the namespace is empty."""
        parts = ["namespaces", namespace] if self.namespaced and namespace else []
        parts += [self.plural, *([name] if name else []), *([sub] if sub else [])]
        return f"{self.base}/{'/'.join(quote(part, safe='/' if part is sub else '') for part in parts)}"


NODE = Kind("Node", "/api/v1", "nodes", namespaced=False)
NAMESPACE = Kind("Namespace", "/api/v1", "namespaces", namespaced=False)
POD = Kind("Pod", "/api/v1", "pods", "V1Pod")
SERVICE = Kind("Service", "/api/v1", "services", "V1Service")
RESOURCE_QUOTA = Kind("ResourceQuota", "/api/v1", "resourcequotas")
DEPLOYMENT = Kind("Deployment", "/apis/apps/v1", "deployments", "V1Deployment")
JOB = Kind("Job", "/apis/batch/v1", "jobs", "V1Job")
LEADER_WORKER_SET = Kind("LeaderWorkerSet", "/apis/leaderworkerset.x-k8s.io/v1", "leaderworkersets")
ACCESS_REVIEW = Kind(
    "SelfSubjectAccessReview",
    "/apis/authorization.k8s.io/v1",
    "selfsubjectaccessreviews",
    "V1SelfSubjectAccessReview",
    namespaced=False,
)


@dataclass(frozen=True)
class Api:
    """One cluster. Every verb makes one attempt. Raises Said, Garbled, and what the SDK and its transport raise."""

    place: Place
    seconds: float

    def get(self, kind: Kind, namespace: str, name: str) -> dict[str, Any]:
        return self._one(kind, name, self._call("GET", kind.path(namespace, name)))

    def pages(self, kind: Kind, namespace: str, size: int, **query: str) -> Iterator[tuple[list[dict[str, Any]], str]]:
        """Rows and the version of the list, a page at a time. A list that changed under our pages fails (410)."""
        following, seen = "", 0
        while True:
            asked = {**query, "limit": str(size), **({"continue": following} if following else {})}
            body = self._call("GET", kind.path(namespace), asked)
            rows, about = body.get("items"), body.get("metadata")
            if body.get("kind") != f"{kind.name}List" or not isinstance(rows, list) or not isinstance(about, dict):
                raise Garbled(f"no list of {kind.plural}")
            if not all(isinstance(row, dict) and isinstance(row.get("metadata"), dict) for row in rows):
                raise Garbled(f"a list of {kind.plural} with rows that are none")
            yield rows, str(about.get("resourceVersion") or "")
            before, following, seen = following, str(about.get("continue") or ""), seen + 1
            if not following:
                return
            if following == before or seen > MOST_PAGES:
                raise Garbled(f"a list of {kind.plural} that leads round in a circle")

    def list(self, kind: Kind, namespace: str, size: int, **query: str) -> list[dict[str, Any]]:
        """Every row, through all pages."""
        return [row for rows, _ in self.pages(kind, namespace, size, **query) for row in rows]

    def create(self, kind: Kind, namespace: str, body: Mapping[str, Any], **query: str) -> dict[str, Any]:
        name = str((body.get("metadata") or {}).get("name") or "")
        return self._one(kind, name, self._call("POST", kind.path(namespace), query, _typed(kind, body)))

    def patch(self, kind: Kind, namespace: str, name: str, body: Mapping[str, Any], how: str = MERGE) -> dict[str, Any]:
        return self._one(kind, name, self._call("PATCH", kind.path(namespace, name), {}, body, how))

    def delete(self, kind: Kind, namespace: str, name: str) -> None:
        """With all that belongs to it, which goes first: the object is there until then."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"}
        answer = self._call("DELETE", kind.path(namespace, name), {}, body)
        if answer.get("kind") != kind.name and (answer.get("kind"), answer.get("status")) != ("Status", "Success"):
            raise Garbled(f"no answer to the end of one of {kind.plural}")

    def evict(self, namespace: str, pod: str) -> None:
        """Asks a pod to leave its node. A disruption budget that keeps it there is Said."""
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": namespace}}
        answer = self._call("POST", POD.path(namespace, pod, "eviction"), {}, body)
        if (answer.get("kind"), answer.get("status")) not in (("Status", "Success"), ("Eviction", None)):
            raise Garbled("no answer to an eviction")

    def text(self, path: str) -> str:
        """What something behind the API server answers, as text."""
        answer = self._sent("GET", path, {}, None, "")
        body = answer.read()
        if len(body) > LONGEST_TEXT:
            raise Garbled("more text than anybody says")
        if answer.status != 200:
            raise Garbled(f"status {answer.status} from behind the API server")
        return str(body.decode("utf-8", "replace"))

    def watch(self, kind: Kind, namespace: str, version: str, seconds: float, **query: str) -> Iterator[dict[str, Any]]:
        """Events since a version of a list, until the server ends or has been silent for so long. Raises Said."""
        import urllib3.exceptions

        asked = {**query, "watch": "true", "allowWatchBookmarks": "true", "resourceVersion": version}
        asked["timeoutSeconds"] = str(max(1, round(seconds)))
        answer = None
        try:
            answer = self._sent("GET", kind.path(namespace), asked, None, "", silent_seconds=seconds)
            if answer.status != 200:
                _read(answer.status, answer.read(), answer.headers)
                raise Garbled(f"status {answer.status} for a watch")
            for line in _lines(answer.response):
                yield _event(line)
        except urllib3.exceptions.ReadTimeoutError:
            return
        finally:
            if answer is not None:
                answer.response.close()  # whoever has seen enough leaves before its end

    def _one(self, kind: Kind, name: str, body: dict[str, Any]) -> dict[str, Any]:
        about = body.get("metadata")
        named = not name or (isinstance(about, dict) and about.get("name") == name)
        if body.get("kind") != kind.name or not named:
            raise Garbled(f"no {kind.name} of that name")
        return body

    def _call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, how: str = ""
    ) -> dict[str, Any]:
        answer = self._sent(method, path, query or {}, body, how)
        return _read(answer.status, answer.read(), answer.headers)

    def _sent(
        self, method: str, path: str, query: Mapping[str, str], body: Any, how: str, silent_seconds: float = 0
    ) -> Any:
        client = _client(self.place)
        headers = {"Accept": "application/json", **({"Content-Type": how or "application/json"} if body else {})}
        prepared = client.param_serialize(
            method, path, query_params=list(query.items()), header_params=headers, body=body,
            auth_settings=["BearerToken"] if self.place.token else [],
        )  # fmt: skip
        seconds = silent_seconds or self.seconds
        return client.call_api(*prepared, _request_timeout=(min(CONNECT_SECONDS, seconds), seconds))


def _typed(kind: Kind, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body, once the SDK's model of it has let it through. Raises ValueError for a field that there is not."""
    if not kind.model:
        return body
    from kubernetes import client

    getattr(client, kind.model).model_validate(dict(body))
    return body


def _read(status: int, data: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """Raises Said for a Status that is no success, Garbled for what is no answer."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Garbled(f"status {status} with something that is no JSON") from error
    if not isinstance(body, dict):
        raise Garbled(f"status {status} with something that is no object")
    if 200 <= status < 300:
        return body
    if status < 400 or body.get("kind") != "Status" or body.get("status") != "Failure":
        raise Garbled(f"status {status} without a Status")
    raise Said(status, body, _retry_after(headers))


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    said = str(headers.get("Retry-After") or "")
    return timedelta(seconds=int(said)) if said.isascii() and said.isdigit() and len(said) < 7 else None


def _lines(response: Any) -> Iterator[bytes]:
    left = b""
    for chunk in response.stream(65_536, decode_content=True):
        *whole, left = (left + chunk).split(b"\n")
        if len(left) > LONGEST_EVENT:
            raise Garbled("an event without an end")
        yield from filter(None, whole)


def _event(line: bytes) -> dict[str, Any]:
    """One event of a watch. Raises Said for an error that came as one."""
    try:
        event = json.loads(line)
    except ValueError as error:
        raise Garbled("an event that is no JSON") from error
    if not isinstance(event, dict) or not isinstance(event.get("object"), dict):
        raise Garbled("an event without an object")
    if event.get("type") == "ERROR":
        raise Said(int(event["object"].get("code") or 500), event["object"], None)
    return event


@lru_cache(maxsize=64)
def _client(place: Place) -> Any:
    """The SDK's client: no attempt twice, no redirect followed, no proxy of the environment, no file with a secret."""
    import urllib3
    from kubernetes.client import ApiClient, Configuration

    configuration = Configuration(host=place.server, retries=False)
    configuration.proxy = None
    if place.token:
        configuration.api_key = {"BearerToken": f"Bearer {place.token}"}
    client = ApiClient(configuration)
    client.user_agent = "purser"
    pool: dict[str, Any] = {"retries": False, "maxsize": 8}
    if place.server.startswith("https:"):
        pool["ssl_context"] = _context(place)
        if place.server_name:
            pool |= {"server_hostname": place.server_name, "assert_hostname": place.server_name}
    client.rest_client.pool_manager = urllib3.PoolManager(**pool)
    return client


def _context(place: Place) -> ssl.SSLContext:
    """Trusts the kubeconfig's authority alone, when it names one. Raises ssl.SSLError for what is no PEM."""
    context = ssl.create_default_context(cadata=place.ca_pem or None)
    if place.certificate_pem:
        # OpenSSL reads certificates from files only: this one is gone again at once, and nobody else may read it.
        with tempfile.NamedTemporaryFile("w", encoding="ascii") as file:
            file.write(f"{place.certificate_pem}\n{place.key_pem}\n")
            file.flush()
            context.load_cert_chain(file.name)
    return context

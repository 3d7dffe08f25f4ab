"""Clients of Google's APIs that make one attempt.

google-cloud-compute is imported when the first client is made: it costs four seconds and 120 MB.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
COMPUTE_ENGINE = "6F81-5844-456A"
MOST_SKUS = 5000


class UnreadableCredential(Exception):
    """The credential is not what is asked for. The sentence says what is, and holds nothing of it."""


class Garbled(Exception):
    """An answer that Google does not give; something between us and Google may have given it."""


class SaidNo(Exception):
    """A no of one of Google's APIs that are called without the SDK."""

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.error = error


@dataclass(frozen=True)
class Clients:
    """One of each, for one credential and one address."""

    instances: Any
    zone_operations: Any
    global_operations: Any
    machine_types: Any
    zones: Any
    regions: Any
    reservations: Any
    future_reservations: Any
    advice: Any
    projects: Any
    session: Any


@lru_cache(maxsize=64)
def clients(secret: str, api_endpoint: str) -> Clients:
    """Raises UnreadableCredential, or what google.auth raises where the machine has no identity."""
    # Read first: a credential that is none needs no SDK.
    found = _read(secret)
    from google.api_core.client_options import ClientOptions
    from google.auth.transport.requests import AuthorizedSession
    from google.cloud import compute_v1

    credentials = _credentials(found)
    options = ClientOptions(api_endpoint=api_endpoint or None)

    def client(kind: Any) -> Any:
        return kind(credentials=credentials, client_options=options)

    return Clients(
        instances=client(compute_v1.InstancesClient),
        zone_operations=client(compute_v1.ZoneOperationsClient),
        global_operations=client(compute_v1.GlobalOperationsClient),
        machine_types=client(compute_v1.MachineTypesClient),
        zones=client(compute_v1.ZonesClient),
        regions=client(compute_v1.RegionsClient),
        reservations=client(compute_v1.ReservationsClient),
        future_reservations=client(compute_v1.FutureReservationsClient),
        advice=client(compute_v1.AdviceClient),
        projects=client(compute_v1.ProjectsClient),
        session=AuthorizedSession(credentials),
    )


@lru_cache(maxsize=64)
def tpu_client(secret: str, endpoint: str, looked_at: Callable[..., None]) -> Any:
    """The client of Cloud TPU, over REST. `looked_at`: called with every response before it is read."""
    found = _read(secret)
    from google.api_core.client_options import ClientOptions
    from google.cloud import tpu_v2

    options = ClientOptions(api_endpoint=endpoint or None)
    client = tpu_v2.TpuClient(credentials=_credentials(found), transport="rest", client_options=options)
    client.transport._session.hooks["response"].append(looked_at)
    return client


def _read(secret: str) -> dict[str, Any]:
    """Empty for an empty secret."""
    if not secret:
        return {}
    try:
        found = json.loads(secret)
        token = found.get("access_token", "")
        if isinstance(token, str) and token.isascii() and token.isprintable() and (token or "private_key" in found):
            return dict(found)
    except (ValueError, TypeError, AttributeError):
        pass
    raise UnreadableCredential(
        "The credential of a Google account is the JSON of a service account's key, or"
        ' {"access_token": "…"}; leave it empty to use the identity of the machine.'
    )


def _credentials(found: dict[str, Any]) -> Any:
    import google.auth
    from google.oauth2 import credentials, service_account

    if not found:
        return google.auth.default(scopes=SCOPES)[0]
    if "access_token" in found:
        return credentials.Credentials(found["access_token"])
    try:
        return service_account.Credentials.from_service_account_info(found, scopes=SCOPES)
    except Exception as error:
        # Its own text may hold a piece of the key.
        raise UnreadableCredential("The key of the service account cannot be read; make a new one.") from error


def sku_pages(session: Any, address: str, page_size: int, seconds: float) -> Iterator[tuple[list[Any], datetime]]:
    """Every page of Compute Engine's price list in US dollars, with the time of its answer, one call each.

    Raises SaidNo, Garbled, or what the session raises.
    """
    following = ""
    while True:
        asked = {"currencyCode": "USD", "pageSize": str(min(page_size, MOST_SKUS))}
        answer = session.get(
            f"{address}/v1/services/{COMPUTE_ENGINE}/skus",
            params={**asked, **({"pageToken": following} if following else {})},
            timeout=seconds,
            allow_redirects=False,
        )
        page = _json(answer)
        skus = page.get("skus")
        if not isinstance(skus, list) or not skus:
            raise Garbled("a page of the price list has no prices")
        yield skus, parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC)
        before, following = following, str(page.get("nextPageToken") or "")
        if not following:
            return
        if following == before:
            raise Garbled("the price list goes round in a circle")


def granted(session: Any, address: str, project: str, permissions: Sequence[str], seconds: float) -> list[str]:
    """Those of the permissions that the credential has in the project. Raises as sku_pages does."""
    url = f"{address}/v3/projects/{project}:testIamPermissions"
    answer = session.post(url, json={"permissions": list(permissions)}, timeout=seconds, allow_redirects=False)
    return [str(permission) for permission in _json(answer).get("permissions") or ()]


def _json(answer: Any) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError as error:
        raise Garbled("the answer is not JSON") from error
    if not isinstance(said, dict):
        raise Garbled("the answer is not an object")
    if answer.status_code != 200:
        told = said.get("error")
        raise SaidNo(answer.status_code, told if isinstance(told, dict) else {})
    return said

import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.gap_page import GapPage
from ...models.get_telemetry_gaps_ordering import GetTelemetryGapsOrdering
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    loses_counts: bool | Unset = UNSET,
    open_: bool | Unset = UNSET,
    ordering: GetTelemetryGapsOrdering | Unset = UNSET,
    replica: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    json_end: str | Unset = UNSET
    if not isinstance(end, Unset):
        json_end = end.isoformat()
    params["end"] = json_end

    params["endpoint"] = endpoint

    params["kind"] = kind

    params["limit"] = limit

    params["loses_counts"] = loses_counts

    params["open"] = open_

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["replica"] = replica

    json_start: str | Unset = UNSET
    if not isinstance(start, Unset):
        json_start = start.isoformat()
    params["start"] = json_start

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/telemetry-gaps",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> GapPage | None:
    if response.status_code == 200:
        response_200 = GapPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[GapPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    loses_counts: bool | Unset = UNSET,
    open_: bool | Unset = UNSET,
    ordering: GetTelemetryGapsOrdering | Unset = UNSET,
    replica: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> Response[GapPage]:
    """Stretches nobody watched, newest first

    Args:
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.
        loses_counts (bool | Unset):
        open_ (bool | Unset):
        ordering (GetTelemetryGapsOrdering | Unset):
        replica (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[GapPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        kind=kind,
        limit=limit,
        loses_counts=loses_counts,
        open_=open_,
        ordering=ordering,
        replica=replica,
        start=start,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    loses_counts: bool | Unset = UNSET,
    open_: bool | Unset = UNSET,
    ordering: GetTelemetryGapsOrdering | Unset = UNSET,
    replica: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> GapPage | None:
    """Stretches nobody watched, newest first

    Args:
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.
        loses_counts (bool | Unset):
        open_ (bool | Unset):
        ordering (GetTelemetryGapsOrdering | Unset):
        replica (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        GapPage
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        kind=kind,
        limit=limit,
        loses_counts=loses_counts,
        open_=open_,
        ordering=ordering,
        replica=replica,
        start=start,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    loses_counts: bool | Unset = UNSET,
    open_: bool | Unset = UNSET,
    ordering: GetTelemetryGapsOrdering | Unset = UNSET,
    replica: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> Response[GapPage]:
    """Stretches nobody watched, newest first

    Args:
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.
        loses_counts (bool | Unset):
        open_ (bool | Unset):
        ordering (GetTelemetryGapsOrdering | Unset):
        replica (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[GapPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        kind=kind,
        limit=limit,
        loses_counts=loses_counts,
        open_=open_,
        ordering=ordering,
        replica=replica,
        start=start,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    loses_counts: bool | Unset = UNSET,
    open_: bool | Unset = UNSET,
    ordering: GetTelemetryGapsOrdering | Unset = UNSET,
    replica: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> GapPage | None:
    """Stretches nobody watched, newest first

    Args:
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.
        loses_counts (bool | Unset):
        open_ (bool | Unset):
        ordering (GetTelemetryGapsOrdering | Unset):
        replica (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        GapPage
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            end=end,
            endpoint=endpoint,
            kind=kind,
            limit=limit,
            loses_counts=loses_counts,
            open_=open_,
            ordering=ordering,
            replica=replica,
            start=start,
        )
    ).parsed

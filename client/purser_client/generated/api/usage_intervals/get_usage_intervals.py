import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_usage_intervals_kind import GetUsageIntervalsKind
from ...models.get_usage_intervals_ordering import GetUsageIntervalsOrdering
from ...models.usage_interval_page import UsageIntervalPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    instance: str | Unset = UNSET,
    kind: GetUsageIntervalsKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetUsageIntervalsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cloud"] = cloud

    params["cursor"] = cursor

    json_end: str | Unset = UNSET
    if not isinstance(end, Unset):
        json_end = end.isoformat()
    params["end"] = json_end

    params["endpoint"] = endpoint

    params["instance"] = instance

    json_kind: str | Unset = UNSET
    if not isinstance(kind, Unset):
        json_kind = kind

    params["kind"] = json_kind

    params["limit"] = limit

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["project"] = project

    json_start: str | Unset = UNSET
    if not isinstance(start, Unset):
        json_start = start.isoformat()
    params["start"] = json_start

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/usage-intervals",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> UsageIntervalPage | None:
    if response.status_code == 200:
        response_200 = UsageIntervalPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[UsageIntervalPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    instance: str | Unset = UNSET,
    kind: GetUsageIntervalsKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetUsageIntervalsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> Response[UsageIntervalPage]:
    """Stretches of each machine's bill, the last metered first

    Args:
        cloud (str | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        instance (str | Unset):
        kind (GetUsageIntervalsKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetUsageIntervalsOrdering | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[UsageIntervalPage]
    """

    kwargs = _get_kwargs(
        cloud=cloud,
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        instance=instance,
        kind=kind,
        limit=limit,
        ordering=ordering,
        project=project,
        start=start,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    instance: str | Unset = UNSET,
    kind: GetUsageIntervalsKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetUsageIntervalsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> UsageIntervalPage | None:
    """Stretches of each machine's bill, the last metered first

    Args:
        cloud (str | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        instance (str | Unset):
        kind (GetUsageIntervalsKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetUsageIntervalsOrdering | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        UsageIntervalPage
    """

    return sync_detailed(
        client=client,
        cloud=cloud,
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        instance=instance,
        kind=kind,
        limit=limit,
        ordering=ordering,
        project=project,
        start=start,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    instance: str | Unset = UNSET,
    kind: GetUsageIntervalsKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetUsageIntervalsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> Response[UsageIntervalPage]:
    """Stretches of each machine's bill, the last metered first

    Args:
        cloud (str | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        instance (str | Unset):
        kind (GetUsageIntervalsKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetUsageIntervalsOrdering | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[UsageIntervalPage]
    """

    kwargs = _get_kwargs(
        cloud=cloud,
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        instance=instance,
        kind=kind,
        limit=limit,
        ordering=ordering,
        project=project,
        start=start,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    instance: str | Unset = UNSET,
    kind: GetUsageIntervalsKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetUsageIntervalsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> UsageIntervalPage | None:
    """Stretches of each machine's bill, the last metered first

    Args:
        cloud (str | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        instance (str | Unset):
        kind (GetUsageIntervalsKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetUsageIntervalsOrdering | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        UsageIntervalPage
    """

    return (
        await asyncio_detailed(
            client=client,
            cloud=cloud,
            cursor=cursor,
            end=end,
            endpoint=endpoint,
            instance=instance,
            kind=kind,
            limit=limit,
            ordering=ordering,
            project=project,
            start=start,
        )
    ).parsed

import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_shares_kind import GetSharesKind
from ...models.share_page import SharePage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    allocation: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    kind: GetSharesKind | Unset = UNSET,
    limit: int | Unset = 50,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["allocation"] = allocation

    params["cloud"] = cloud

    params["cursor"] = cursor

    json_end: str | Unset = UNSET
    if not isinstance(end, Unset):
        json_end = end.isoformat()
    params["end"] = json_end

    params["endpoint"] = endpoint

    json_kind: str | Unset = UNSET
    if not isinstance(kind, Unset):
        json_kind = kind

    params["kind"] = json_kind

    params["limit"] = limit

    params["project"] = project

    json_start: str | Unset = UNSET
    if not isinstance(start, Unset):
        json_start = start.isoformat()
    params["start"] = json_start

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/shares",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> SharePage | None:
    if response.status_code == 200:
        response_200 = SharePage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[SharePage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    allocation: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    kind: GetSharesKind | Unset = UNSET,
    limit: int | Unset = 50,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> Response[SharePage]:
    """What each hour's bill was for, by allocation and kind, newest hour first

    Args:
        allocation (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        kind (GetSharesKind | Unset):
        limit (int | Unset):  Default: 50.
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SharePage]
    """

    kwargs = _get_kwargs(
        allocation=allocation,
        cloud=cloud,
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        kind=kind,
        limit=limit,
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
    allocation: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    kind: GetSharesKind | Unset = UNSET,
    limit: int | Unset = 50,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> SharePage | None:
    """What each hour's bill was for, by allocation and kind, newest hour first

    Args:
        allocation (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        kind (GetSharesKind | Unset):
        limit (int | Unset):  Default: 50.
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SharePage
    """

    return sync_detailed(
        client=client,
        allocation=allocation,
        cloud=cloud,
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        kind=kind,
        limit=limit,
        project=project,
        start=start,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    allocation: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    kind: GetSharesKind | Unset = UNSET,
    limit: int | Unset = 50,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> Response[SharePage]:
    """What each hour's bill was for, by allocation and kind, newest hour first

    Args:
        allocation (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        kind (GetSharesKind | Unset):
        limit (int | Unset):  Default: 50.
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SharePage]
    """

    kwargs = _get_kwargs(
        allocation=allocation,
        cloud=cloud,
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        kind=kind,
        limit=limit,
        project=project,
        start=start,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    allocation: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    kind: GetSharesKind | Unset = UNSET,
    limit: int | Unset = 50,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> SharePage | None:
    """What each hour's bill was for, by allocation and kind, newest hour first

    Args:
        allocation (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        kind (GetSharesKind | Unset):
        limit (int | Unset):  Default: 50.
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SharePage
    """

    return (
        await asyncio_detailed(
            client=client,
            allocation=allocation,
            cloud=cloud,
            cursor=cursor,
            end=end,
            endpoint=endpoint,
            kind=kind,
            limit=limit,
            project=project,
            start=start,
        )
    ).parsed

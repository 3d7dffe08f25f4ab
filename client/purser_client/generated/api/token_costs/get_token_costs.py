import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.token_cost_page import TokenCostPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    priced: bool | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    json_end: str | Unset = UNSET
    if not isinstance(end, Unset):
        json_end = end.isoformat()
    params["end"] = json_end

    params["endpoint"] = endpoint

    params["limit"] = limit

    params["priced"] = priced

    params["project"] = project

    json_start: str | Unset = UNSET
    if not isinstance(start, Unset):
        json_start = start.isoformat()
    params["start"] = json_start

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/token-costs",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> TokenCostPage | None:
    if response.status_code == 200:
        response_200 = TokenCostPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[TokenCostPage]:
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
    limit: int | Unset = 50,
    priced: bool | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> Response[TokenCostPage]:
    """What a million tokens cost, by endpoint and hour, newest hour first

    Args:
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        priced (bool | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[TokenCostPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        limit=limit,
        priced=priced,
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
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    priced: bool | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> TokenCostPage | None:
    """What a million tokens cost, by endpoint and hour, newest hour first

    Args:
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        priced (bool | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        TokenCostPage
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        limit=limit,
        priced=priced,
        project=project,
        start=start,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    priced: bool | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> Response[TokenCostPage]:
    """What a million tokens cost, by endpoint and hour, newest hour first

    Args:
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        priced (bool | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[TokenCostPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        limit=limit,
        priced=priced,
        project=project,
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
    limit: int | Unset = 50,
    priced: bool | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> TokenCostPage | None:
    """What a million tokens cost, by endpoint and hour, newest hour first

    Args:
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        priced (bool | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        TokenCostPage
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            end=end,
            endpoint=endpoint,
            limit=limit,
            priced=priced,
            project=project,
            start=start,
        )
    ).parsed

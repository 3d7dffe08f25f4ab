from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_sweeps_ordering import GetSweepsOrdering
from ...models.sweep_page import SweepPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    account: str | Unset = UNSET,
    complete: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetSweepsOrdering | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["account"] = account

    params["complete"] = complete

    params["cursor"] = cursor

    params["limit"] = limit

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/sweeps",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> SweepPage | None:
    if response.status_code == 200:
        response_200 = SweepPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[SweepPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    complete: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetSweepsOrdering | Unset = UNSET,
) -> Response[SweepPage]:
    """List sweeps, newest first

    Args:
        account (str | Unset):
        complete (bool | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetSweepsOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SweepPage]
    """

    kwargs = _get_kwargs(
        account=account,
        complete=complete,
        cursor=cursor,
        limit=limit,
        ordering=ordering,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    complete: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetSweepsOrdering | Unset = UNSET,
) -> SweepPage | None:
    """List sweeps, newest first

    Args:
        account (str | Unset):
        complete (bool | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetSweepsOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SweepPage
    """

    return sync_detailed(
        client=client,
        account=account,
        complete=complete,
        cursor=cursor,
        limit=limit,
        ordering=ordering,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    complete: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetSweepsOrdering | Unset = UNSET,
) -> Response[SweepPage]:
    """List sweeps, newest first

    Args:
        account (str | Unset):
        complete (bool | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetSweepsOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SweepPage]
    """

    kwargs = _get_kwargs(
        account=account,
        complete=complete,
        cursor=cursor,
        limit=limit,
        ordering=ordering,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    complete: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetSweepsOrdering | Unset = UNSET,
) -> SweepPage | None:
    """List sweeps, newest first

    Args:
        account (str | Unset):
        complete (bool | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetSweepsOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SweepPage
    """

    return (
        await asyncio_detailed(
            client=client,
            account=account,
            complete=complete,
            cursor=cursor,
            limit=limit,
            ordering=ordering,
        )
    ).parsed

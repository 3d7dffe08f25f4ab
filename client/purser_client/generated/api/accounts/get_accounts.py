from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.account_page import AccountPage
from ...models.get_accounts_ordering import GetAccountsOrdering
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    enabled: bool | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = UNSET,
    ordering: GetAccountsOrdering | Unset = UNSET,
    provider: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cloud"] = cloud

    params["cursor"] = cursor

    params["enabled"] = enabled

    params["limit"] = limit

    params["name"] = name

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["provider"] = provider

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/accounts",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> AccountPage | None:
    if response.status_code == 200:
        response_200 = AccountPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[AccountPage]:
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
    enabled: bool | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = UNSET,
    ordering: GetAccountsOrdering | Unset = UNSET,
    provider: str | Unset = UNSET,
) -> Response[AccountPage]:
    """Cloud accounts, without their secrets

    Args:
        cloud (str | Unset):
        cursor (str | Unset):
        enabled (bool | Unset):
        limit (int | Unset):  Default: 50.
        name (str | Unset):
        ordering (GetAccountsOrdering | Unset):
        provider (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AccountPage]
    """

    kwargs = _get_kwargs(
        cloud=cloud,
        cursor=cursor,
        enabled=enabled,
        limit=limit,
        name=name,
        ordering=ordering,
        provider=provider,
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
    enabled: bool | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = UNSET,
    ordering: GetAccountsOrdering | Unset = UNSET,
    provider: str | Unset = UNSET,
) -> AccountPage | None:
    """Cloud accounts, without their secrets

    Args:
        cloud (str | Unset):
        cursor (str | Unset):
        enabled (bool | Unset):
        limit (int | Unset):  Default: 50.
        name (str | Unset):
        ordering (GetAccountsOrdering | Unset):
        provider (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AccountPage
    """

    return sync_detailed(
        client=client,
        cloud=cloud,
        cursor=cursor,
        enabled=enabled,
        limit=limit,
        name=name,
        ordering=ordering,
        provider=provider,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    enabled: bool | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = UNSET,
    ordering: GetAccountsOrdering | Unset = UNSET,
    provider: str | Unset = UNSET,
) -> Response[AccountPage]:
    """Cloud accounts, without their secrets

    Args:
        cloud (str | Unset):
        cursor (str | Unset):
        enabled (bool | Unset):
        limit (int | Unset):  Default: 50.
        name (str | Unset):
        ordering (GetAccountsOrdering | Unset):
        provider (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AccountPage]
    """

    kwargs = _get_kwargs(
        cloud=cloud,
        cursor=cursor,
        enabled=enabled,
        limit=limit,
        name=name,
        ordering=ordering,
        provider=provider,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    enabled: bool | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = UNSET,
    ordering: GetAccountsOrdering | Unset = UNSET,
    provider: str | Unset = UNSET,
) -> AccountPage | None:
    """Cloud accounts, without their secrets

    Args:
        cloud (str | Unset):
        cursor (str | Unset):
        enabled (bool | Unset):
        limit (int | Unset):  Default: 50.
        name (str | Unset):
        ordering (GetAccountsOrdering | Unset):
        provider (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AccountPage
    """

    return (
        await asyncio_detailed(
            client=client,
            cloud=cloud,
            cursor=cursor,
            enabled=enabled,
            limit=limit,
            name=name,
            ordering=ordering,
            provider=provider,
        )
    ).parsed

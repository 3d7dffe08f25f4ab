from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_unclassified_signals_ordering import (
    GetUnclassifiedSignalsOrdering,
)
from ...models.signal_page import SignalPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cloud: str | Unset = UNSET,
    code: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetUnclassifiedSignalsOrdering | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cloud"] = cloud

    params["code"] = code

    params["cursor"] = cursor

    params["limit"] = limit

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/unclassified-signals",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> SignalPage | None:
    if response.status_code == 200:
        response_200 = SignalPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[SignalPage]:
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
    code: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetUnclassifiedSignalsOrdering | Unset = UNSET,
) -> Response[SignalPage]:
    """Answers of clouds that no rule covers, counted by code

    Args:
        cloud (str | Unset):
        code (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetUnclassifiedSignalsOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SignalPage]
    """

    kwargs = _get_kwargs(
        cloud=cloud,
        code=code,
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
    cloud: str | Unset = UNSET,
    code: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetUnclassifiedSignalsOrdering | Unset = UNSET,
) -> SignalPage | None:
    """Answers of clouds that no rule covers, counted by code

    Args:
        cloud (str | Unset):
        code (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetUnclassifiedSignalsOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SignalPage
    """

    return sync_detailed(
        client=client,
        cloud=cloud,
        code=code,
        cursor=cursor,
        limit=limit,
        ordering=ordering,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cloud: str | Unset = UNSET,
    code: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetUnclassifiedSignalsOrdering | Unset = UNSET,
) -> Response[SignalPage]:
    """Answers of clouds that no rule covers, counted by code

    Args:
        cloud (str | Unset):
        code (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetUnclassifiedSignalsOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SignalPage]
    """

    kwargs = _get_kwargs(
        cloud=cloud,
        code=code,
        cursor=cursor,
        limit=limit,
        ordering=ordering,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cloud: str | Unset = UNSET,
    code: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetUnclassifiedSignalsOrdering | Unset = UNSET,
) -> SignalPage | None:
    """Answers of clouds that no rule covers, counted by code

    Args:
        cloud (str | Unset):
        code (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetUnclassifiedSignalsOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SignalPage
    """

    return (
        await asyncio_detailed(
            client=client,
            cloud=cloud,
            code=code,
            cursor=cursor,
            limit=limit,
            ordering=ordering,
        )
    ).parsed

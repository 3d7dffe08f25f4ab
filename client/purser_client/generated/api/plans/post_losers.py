from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.demand_in_request import DemandInRequest
from ...models.rejected_page import RejectedPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: DemandInRequest | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 100,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/plans/rejected",
        "params": params,
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> RejectedPage | None:
    if response.status_code == 200:
        response_200 = RejectedPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[RejectedPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: DemandInRequest | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[RejectedPage]:
    """Every offering that would not do, and why

     In the order they came into the catalogue. Send the same demand with each cursor; every offering is
    told at
            most once, with the reason of the moment it is told.

    Args:
        cursor (str | Unset):
        limit (int | Unset):  Default: 100.
        body (DemandInRequest | Unset): By `accelerator` name and count, or by `need`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[RejectedPage]
    """

    kwargs = _get_kwargs(
        body=body,
        cursor=cursor,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: DemandInRequest | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 100,
) -> RejectedPage | None:
    """Every offering that would not do, and why

     In the order they came into the catalogue. Send the same demand with each cursor; every offering is
    told at
            most once, with the reason of the moment it is told.

    Args:
        cursor (str | Unset):
        limit (int | Unset):  Default: 100.
        body (DemandInRequest | Unset): By `accelerator` name and count, or by `need`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        RejectedPage
    """

    return sync_detailed(
        client=client,
        body=body,
        cursor=cursor,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: DemandInRequest | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[RejectedPage]:
    """Every offering that would not do, and why

     In the order they came into the catalogue. Send the same demand with each cursor; every offering is
    told at
            most once, with the reason of the moment it is told.

    Args:
        cursor (str | Unset):
        limit (int | Unset):  Default: 100.
        body (DemandInRequest | Unset): By `accelerator` name and count, or by `need`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[RejectedPage]
    """

    kwargs = _get_kwargs(
        body=body,
        cursor=cursor,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: DemandInRequest | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 100,
) -> RejectedPage | None:
    """Every offering that would not do, and why

     In the order they came into the catalogue. Send the same demand with each cursor; every offering is
    told at
            most once, with the reason of the moment it is told.

    Args:
        cursor (str | Unset):
        limit (int | Unset):  Default: 100.
        body (DemandInRequest | Unset): By `accelerator` name and count, or by `need`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        RejectedPage
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            cursor=cursor,
            limit=limit,
        )
    ).parsed

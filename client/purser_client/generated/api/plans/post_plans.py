from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.demand_in_request import DemandInRequest
from ...models.weighed_out import WeighedOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: DemandInRequest | Unset = UNSET,
    candidates: int | Unset = 20,
    rejected: int | Unset = 20,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    params["candidates"] = candidates

    params["rejected"] = rejected

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/plans",
        "params": params,
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> WeighedOut | None:
    if response.status_code == 200:
        response_200 = WeighedOut.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[WeighedOut]:
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
    candidates: int | Unset = 20,
    rejected: int | Unset = 20,
) -> Response[WeighedOut]:
    """What asking for this would get right now

     Nothing is written and nothing is asked of a cloud. Every offering is weighed; all losers one by one
    are
            under `plans/rejected`.

    Args:
        candidates (int | Unset):  Default: 20.
        rejected (int | Unset):  Default: 20.
        body (DemandInRequest | Unset): By `accelerator` name and count, or by `need`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[WeighedOut]
    """

    kwargs = _get_kwargs(
        body=body,
        candidates=candidates,
        rejected=rejected,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: DemandInRequest | Unset = UNSET,
    candidates: int | Unset = 20,
    rejected: int | Unset = 20,
) -> WeighedOut | None:
    """What asking for this would get right now

     Nothing is written and nothing is asked of a cloud. Every offering is weighed; all losers one by one
    are
            under `plans/rejected`.

    Args:
        candidates (int | Unset):  Default: 20.
        rejected (int | Unset):  Default: 20.
        body (DemandInRequest | Unset): By `accelerator` name and count, or by `need`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        WeighedOut
    """

    return sync_detailed(
        client=client,
        body=body,
        candidates=candidates,
        rejected=rejected,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: DemandInRequest | Unset = UNSET,
    candidates: int | Unset = 20,
    rejected: int | Unset = 20,
) -> Response[WeighedOut]:
    """What asking for this would get right now

     Nothing is written and nothing is asked of a cloud. Every offering is weighed; all losers one by one
    are
            under `plans/rejected`.

    Args:
        candidates (int | Unset):  Default: 20.
        rejected (int | Unset):  Default: 20.
        body (DemandInRequest | Unset): By `accelerator` name and count, or by `need`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[WeighedOut]
    """

    kwargs = _get_kwargs(
        body=body,
        candidates=candidates,
        rejected=rejected,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: DemandInRequest | Unset = UNSET,
    candidates: int | Unset = 20,
    rejected: int | Unset = 20,
) -> WeighedOut | None:
    """What asking for this would get right now

     Nothing is written and nothing is asked of a cloud. Every offering is weighed; all losers one by one
    are
            under `plans/rejected`.

    Args:
        candidates (int | Unset):  Default: 20.
        rejected (int | Unset):  Default: 20.
        body (DemandInRequest | Unset): By `accelerator` name and count, or by `need`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        WeighedOut
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            candidates=candidates,
            rejected=rejected,
        )
    ).parsed

from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.sweep_in_request import SweepInRequest
from ...models.sweep_requested_out import SweepRequestedOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: SweepInRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/sweeps",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> SweepRequestedOut | None:
    if response.status_code == 202:
        response_202 = SweepRequestedOut.from_dict(response.json())

        return response_202

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[SweepRequestedOut]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: SweepInRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[SweepRequestedOut]:
    """Look at one account as soon as possible

    Args:
        idempotency_key (str | Unset):
        body (SweepInRequest): Refuses fields it does not have, in bodies and in query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SweepRequestedOut]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: SweepInRequest,
    idempotency_key: str | Unset = UNSET,
) -> SweepRequestedOut | None:
    """Look at one account as soon as possible

    Args:
        idempotency_key (str | Unset):
        body (SweepInRequest): Refuses fields it does not have, in bodies and in query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SweepRequestedOut
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: SweepInRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[SweepRequestedOut]:
    """Look at one account as soon as possible

    Args:
        idempotency_key (str | Unset):
        body (SweepInRequest): Refuses fields it does not have, in bodies and in query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SweepRequestedOut]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: SweepInRequest,
    idempotency_key: str | Unset = UNSET,
) -> SweepRequestedOut | None:
    """Look at one account as soon as possible

    Args:
        idempotency_key (str | Unset):
        body (SweepInRequest): Refuses fields it does not have, in bodies and in query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SweepRequestedOut
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed

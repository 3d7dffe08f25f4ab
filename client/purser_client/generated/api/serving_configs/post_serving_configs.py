from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.serving_config_in_request import ServingConfigInRequest
from ...models.serving_config_out import ServingConfigOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: ServingConfigInRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/serving-configs",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ServingConfigOut | None:
    if response.status_code == 201:
        response_201 = ServingConfigOut.from_dict(response.json())

        return response_201

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ServingConfigOut]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: ServingConfigInRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[ServingConfigOut]:
    """Add a way to serve a model of your own

    Args:
        idempotency_key (str | Unset):
        body (ServingConfigInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ServingConfigOut]
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
    body: ServingConfigInRequest,
    idempotency_key: str | Unset = UNSET,
) -> ServingConfigOut | None:
    """Add a way to serve a model of your own

    Args:
        idempotency_key (str | Unset):
        body (ServingConfigInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ServingConfigOut
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: ServingConfigInRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[ServingConfigOut]:
    """Add a way to serve a model of your own

    Args:
        idempotency_key (str | Unset):
        body (ServingConfigInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ServingConfigOut]
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
    body: ServingConfigInRequest,
    idempotency_key: str | Unset = UNSET,
) -> ServingConfigOut | None:
    """Add a way to serve a model of your own

    Args:
        idempotency_key (str | Unset):
        body (ServingConfigInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ServingConfigOut
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed

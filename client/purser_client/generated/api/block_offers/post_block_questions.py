from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.block_question_out import BlockQuestionOut
from ...models.block_wanted_in_request import BlockWantedInRequest
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: BlockWantedInRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/block-offers",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> BlockQuestionOut | None:
    if response.status_code == 202:
        response_202 = BlockQuestionOut.from_dict(response.json())

        return response_202

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[BlockQuestionOut]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: BlockWantedInRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[BlockQuestionOut]:
    """Have the clouds asked which capacity blocks are for sale

     Nothing is bought. A worker asks; read `Location` until `finished_at` is set, usually within
    seconds.

    Args:
        idempotency_key (str | Unset):
        body (BlockWantedInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BlockQuestionOut]
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
    body: BlockWantedInRequest,
    idempotency_key: str | Unset = UNSET,
) -> BlockQuestionOut | None:
    """Have the clouds asked which capacity blocks are for sale

     Nothing is bought. A worker asks; read `Location` until `finished_at` is set, usually within
    seconds.

    Args:
        idempotency_key (str | Unset):
        body (BlockWantedInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BlockQuestionOut
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: BlockWantedInRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[BlockQuestionOut]:
    """Have the clouds asked which capacity blocks are for sale

     Nothing is bought. A worker asks; read `Location` until `finished_at` is set, usually within
    seconds.

    Args:
        idempotency_key (str | Unset):
        body (BlockWantedInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BlockQuestionOut]
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
    body: BlockWantedInRequest,
    idempotency_key: str | Unset = UNSET,
) -> BlockQuestionOut | None:
    """Have the clouds asked which capacity blocks are for sale

     Nothing is bought. A worker asks; read `Location` until `finished_at` is set, usually within
    seconds.

    Args:
        idempotency_key (str | Unset):
        body (BlockWantedInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BlockQuestionOut
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed

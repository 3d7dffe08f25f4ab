from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.block_purchase_accepted_out import BlockPurchaseAcceptedOut
from ...models.block_purchase_in_request import BlockPurchaseInRequest
from ...models.block_trial_out import BlockTrialOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: BlockPurchaseInRequest,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    params: dict[str, Any] = {}

    params["dry_run"] = dry_run

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/paid-capacity",
        "params": params,
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> BlockPurchaseAcceptedOut | BlockTrialOut | None:
    if response.status_code == 200:
        response_200 = BlockTrialOut.from_dict(response.json())

        return response_200

    if response.status_code == 202:
        response_202 = BlockPurchaseAcceptedOut.from_dict(response.json())

        return response_202

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[BlockPurchaseAcceptedOut | BlockTrialOut]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: BlockPurchaseInRequest,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
) -> Response[BlockPurchaseAcceptedOut | BlockTrialOut]:
    """Buy the capacity block of an offer, or see whether it could be bought

     Its whole fee is kept aside of the budgets first, and owed once it is bought. It is ordered at most
    once:
            `operation` tells how it ended. Where two pairs of eyes are asked for it is `waiting` until
    another person
            approves its `change_request`, while the offer holds; cancelling the operation takes it
    back.

    Args:
        dry_run (bool | Unset):  Default: False.
        idempotency_key (str | Unset):
        body (BlockPurchaseInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BlockPurchaseAcceptedOut | BlockTrialOut]
    """

    kwargs = _get_kwargs(
        body=body,
        dry_run=dry_run,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: BlockPurchaseInRequest,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
) -> BlockPurchaseAcceptedOut | BlockTrialOut | None:
    """Buy the capacity block of an offer, or see whether it could be bought

     Its whole fee is kept aside of the budgets first, and owed once it is bought. It is ordered at most
    once:
            `operation` tells how it ended. Where two pairs of eyes are asked for it is `waiting` until
    another person
            approves its `change_request`, while the offer holds; cancelling the operation takes it
    back.

    Args:
        dry_run (bool | Unset):  Default: False.
        idempotency_key (str | Unset):
        body (BlockPurchaseInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BlockPurchaseAcceptedOut | BlockTrialOut
    """

    return sync_detailed(
        client=client,
        body=body,
        dry_run=dry_run,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: BlockPurchaseInRequest,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
) -> Response[BlockPurchaseAcceptedOut | BlockTrialOut]:
    """Buy the capacity block of an offer, or see whether it could be bought

     Its whole fee is kept aside of the budgets first, and owed once it is bought. It is ordered at most
    once:
            `operation` tells how it ended. Where two pairs of eyes are asked for it is `waiting` until
    another person
            approves its `change_request`, while the offer holds; cancelling the operation takes it
    back.

    Args:
        dry_run (bool | Unset):  Default: False.
        idempotency_key (str | Unset):
        body (BlockPurchaseInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BlockPurchaseAcceptedOut | BlockTrialOut]
    """

    kwargs = _get_kwargs(
        body=body,
        dry_run=dry_run,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: BlockPurchaseInRequest,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
) -> BlockPurchaseAcceptedOut | BlockTrialOut | None:
    """Buy the capacity block of an offer, or see whether it could be bought

     Its whole fee is kept aside of the budgets first, and owed once it is bought. It is ordered at most
    once:
            `operation` tells how it ended. Where two pairs of eyes are asked for it is `waiting` until
    another person
            approves its `change_request`, while the offer holds; cancelling the operation takes it
    back.

    Args:
        dry_run (bool | Unset):  Default: False.
        idempotency_key (str | Unset):
        body (BlockPurchaseInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BlockPurchaseAcceptedOut | BlockTrialOut
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            dry_run=dry_run,
            idempotency_key=idempotency_key,
        )
    ).parsed

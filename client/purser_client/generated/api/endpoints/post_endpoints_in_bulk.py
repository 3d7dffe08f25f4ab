from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.bulk_change_in_request import BulkChangeInRequest
from ...models.bulk_result_out import BulkResultOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: BulkChangeInRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/endpoints/bulk",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> BulkResultOut | None:
    if response.status_code == 200:
        response_200 = BulkResultOut.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[BulkResultOut]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: BulkChangeInRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[BulkResultOut]:
    """Change bounds, objectives or policy of many endpoints, each judged alone

     An item that is refused leaves its endpoint as it was; the others are changed.

    Args:
        idempotency_key (str | Unset):
        body (BulkChangeInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BulkResultOut]
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
    body: BulkChangeInRequest,
    idempotency_key: str | Unset = UNSET,
) -> BulkResultOut | None:
    """Change bounds, objectives or policy of many endpoints, each judged alone

     An item that is refused leaves its endpoint as it was; the others are changed.

    Args:
        idempotency_key (str | Unset):
        body (BulkChangeInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BulkResultOut
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: BulkChangeInRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[BulkResultOut]:
    """Change bounds, objectives or policy of many endpoints, each judged alone

     An item that is refused leaves its endpoint as it was; the others are changed.

    Args:
        idempotency_key (str | Unset):
        body (BulkChangeInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BulkResultOut]
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
    body: BulkChangeInRequest,
    idempotency_key: str | Unset = UNSET,
) -> BulkResultOut | None:
    """Change bounds, objectives or policy of many endpoints, each judged alone

     An item that is refused leaves its endpoint as it was; the others are changed.

    Args:
        idempotency_key (str | Unset):
        body (BulkChangeInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BulkResultOut
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed

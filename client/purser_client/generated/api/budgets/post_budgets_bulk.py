from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.budgets_bulk_in_request import BudgetsBulkInRequest
from ...models.limit_lines_out import LimitLinesOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: BudgetsBulkInRequest,
    dry_run: bool | Unset = False,
    together: bool | Unset = True,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    params: dict[str, Any] = {}

    params["dry_run"] = dry_run

    params["together"] = together

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/budgets/bulk",
        "params": params,
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> LimitLinesOut | None:
    if response.status_code == 200:
        response_200 = LimitLinesOut.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[LimitLinesOut]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: BudgetsBulkInRequest,
    dry_run: bool | Unset = False,
    together: bool | Unset = True,
    idempotency_key: str | Unset = UNSET,
) -> Response[LimitLinesOut]:
    """Set many budgets, or see what would be

    Args:
        dry_run (bool | Unset):  Default: False.
        together (bool | Unset):  Default: True.
        idempotency_key (str | Unset):
        body (BudgetsBulkInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LimitLinesOut]
    """

    kwargs = _get_kwargs(
        body=body,
        dry_run=dry_run,
        together=together,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: BudgetsBulkInRequest,
    dry_run: bool | Unset = False,
    together: bool | Unset = True,
    idempotency_key: str | Unset = UNSET,
) -> LimitLinesOut | None:
    """Set many budgets, or see what would be

    Args:
        dry_run (bool | Unset):  Default: False.
        together (bool | Unset):  Default: True.
        idempotency_key (str | Unset):
        body (BudgetsBulkInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LimitLinesOut
    """

    return sync_detailed(
        client=client,
        body=body,
        dry_run=dry_run,
        together=together,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: BudgetsBulkInRequest,
    dry_run: bool | Unset = False,
    together: bool | Unset = True,
    idempotency_key: str | Unset = UNSET,
) -> Response[LimitLinesOut]:
    """Set many budgets, or see what would be

    Args:
        dry_run (bool | Unset):  Default: False.
        together (bool | Unset):  Default: True.
        idempotency_key (str | Unset):
        body (BudgetsBulkInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LimitLinesOut]
    """

    kwargs = _get_kwargs(
        body=body,
        dry_run=dry_run,
        together=together,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: BudgetsBulkInRequest,
    dry_run: bool | Unset = False,
    together: bool | Unset = True,
    idempotency_key: str | Unset = UNSET,
) -> LimitLinesOut | None:
    """Set many budgets, or see what would be

    Args:
        dry_run (bool | Unset):  Default: False.
        together (bool | Unset):  Default: True.
        idempotency_key (str | Unset):
        body (BudgetsBulkInRequest): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LimitLinesOut
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            dry_run=dry_run,
            together=together,
            idempotency_key=idempotency_key,
        )
    ).parsed

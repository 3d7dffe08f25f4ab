from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.allocation_accepted_out import AllocationAcceptedOut
from ...models.allocation_in_request import AllocationInRequest
from ...models.plan_out import PlanOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: AllocationInRequest,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    if not isinstance(prefer, Unset):
        headers["Prefer"] = prefer

    params: dict[str, Any] = {}

    params["dry_run"] = dry_run

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/allocations",
        "params": params,
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AllocationAcceptedOut | PlanOut | None:
    if response.status_code == 200:
        response_200 = PlanOut.from_dict(response.json())

        return response_200

    if response.status_code == 202:
        response_202 = AllocationAcceptedOut.from_dict(response.json())

        return response_202

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AllocationAcceptedOut | PlanOut]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: AllocationInRequest,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
) -> Response[AllocationAcceptedOut | PlanOut]:
    """Ask for capacity, or see what asking would get

     Nothing is bought yet when this is answered: `operation` tells how far it is. With dry_run the
    answer is
            the plan, with the reason why each other offering loses.

    Args:
        dry_run (bool | Unset):  Default: False.
        idempotency_key (str | Unset):
        prefer (str | Unset):
        body (AllocationInRequest): A demand, and what its machines are given.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AllocationAcceptedOut | PlanOut]
    """

    kwargs = _get_kwargs(
        body=body,
        dry_run=dry_run,
        idempotency_key=idempotency_key,
        prefer=prefer,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: AllocationInRequest,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
) -> AllocationAcceptedOut | PlanOut | None:
    """Ask for capacity, or see what asking would get

     Nothing is bought yet when this is answered: `operation` tells how far it is. With dry_run the
    answer is
            the plan, with the reason why each other offering loses.

    Args:
        dry_run (bool | Unset):  Default: False.
        idempotency_key (str | Unset):
        prefer (str | Unset):
        body (AllocationInRequest): A demand, and what its machines are given.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AllocationAcceptedOut | PlanOut
    """

    return sync_detailed(
        client=client,
        body=body,
        dry_run=dry_run,
        idempotency_key=idempotency_key,
        prefer=prefer,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: AllocationInRequest,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
) -> Response[AllocationAcceptedOut | PlanOut]:
    """Ask for capacity, or see what asking would get

     Nothing is bought yet when this is answered: `operation` tells how far it is. With dry_run the
    answer is
            the plan, with the reason why each other offering loses.

    Args:
        dry_run (bool | Unset):  Default: False.
        idempotency_key (str | Unset):
        prefer (str | Unset):
        body (AllocationInRequest): A demand, and what its machines are given.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AllocationAcceptedOut | PlanOut]
    """

    kwargs = _get_kwargs(
        body=body,
        dry_run=dry_run,
        idempotency_key=idempotency_key,
        prefer=prefer,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: AllocationInRequest,
    dry_run: bool | Unset = False,
    idempotency_key: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
) -> AllocationAcceptedOut | PlanOut | None:
    """Ask for capacity, or see what asking would get

     Nothing is bought yet when this is answered: `operation` tells how far it is. With dry_run the
    answer is
            the plan, with the reason why each other offering loses.

    Args:
        dry_run (bool | Unset):  Default: False.
        idempotency_key (str | Unset):
        prefer (str | Unset):
        body (AllocationInRequest): A demand, and what its machines are given.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AllocationAcceptedOut | PlanOut
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            prefer=prefer,
        )
    ).parsed

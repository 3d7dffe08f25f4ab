from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.allocation_page import AllocationPage
from ...models.get_allocations_ordering import GetAllocationsOrdering
from ...models.get_allocations_state import GetAllocationsState
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    accelerator: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    living: bool | Unset = UNSET,
    ordering: GetAllocationsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetAllocationsState | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["accelerator"] = accelerator

    params["cursor"] = cursor

    params["endpoint"] = endpoint

    params["limit"] = limit

    params["living"] = living

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["project"] = project

    json_state: str | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = state

    params["state"] = json_state

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/allocations",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> AllocationPage | None:
    if response.status_code == 200:
        response_200 = AllocationPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[AllocationPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    living: bool | Unset = UNSET,
    ordering: GetAllocationsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetAllocationsState | Unset = UNSET,
) -> Response[AllocationPage]:
    """List allocations, newest first

    Args:
        accelerator (str | Unset):
        cursor (str | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        living (bool | Unset):
        ordering (GetAllocationsOrdering | Unset):
        project (str | Unset):
        state (GetAllocationsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AllocationPage]
    """

    kwargs = _get_kwargs(
        accelerator=accelerator,
        cursor=cursor,
        endpoint=endpoint,
        limit=limit,
        living=living,
        ordering=ordering,
        project=project,
        state=state,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    living: bool | Unset = UNSET,
    ordering: GetAllocationsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetAllocationsState | Unset = UNSET,
) -> AllocationPage | None:
    """List allocations, newest first

    Args:
        accelerator (str | Unset):
        cursor (str | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        living (bool | Unset):
        ordering (GetAllocationsOrdering | Unset):
        project (str | Unset):
        state (GetAllocationsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AllocationPage
    """

    return sync_detailed(
        client=client,
        accelerator=accelerator,
        cursor=cursor,
        endpoint=endpoint,
        limit=limit,
        living=living,
        ordering=ordering,
        project=project,
        state=state,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    living: bool | Unset = UNSET,
    ordering: GetAllocationsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetAllocationsState | Unset = UNSET,
) -> Response[AllocationPage]:
    """List allocations, newest first

    Args:
        accelerator (str | Unset):
        cursor (str | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        living (bool | Unset):
        ordering (GetAllocationsOrdering | Unset):
        project (str | Unset):
        state (GetAllocationsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AllocationPage]
    """

    kwargs = _get_kwargs(
        accelerator=accelerator,
        cursor=cursor,
        endpoint=endpoint,
        limit=limit,
        living=living,
        ordering=ordering,
        project=project,
        state=state,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    living: bool | Unset = UNSET,
    ordering: GetAllocationsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetAllocationsState | Unset = UNSET,
) -> AllocationPage | None:
    """List allocations, newest first

    Args:
        accelerator (str | Unset):
        cursor (str | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        living (bool | Unset):
        ordering (GetAllocationsOrdering | Unset):
        project (str | Unset):
        state (GetAllocationsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AllocationPage
    """

    return (
        await asyncio_detailed(
            client=client,
            accelerator=accelerator,
            cursor=cursor,
            endpoint=endpoint,
            limit=limit,
            living=living,
            ordering=ordering,
            project=project,
            state=state,
        )
    ).parsed

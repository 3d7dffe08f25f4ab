from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_replicas_ordering import GetReplicasOrdering
from ...models.get_replicas_state import GetReplicasState
from ...models.replica_page import ReplicaPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetReplicasOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetReplicasState | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["endpoint"] = endpoint

    params["limit"] = limit

    params["open"] = open_

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
        "url": "/api/v1/replicas",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ReplicaPage | None:
    if response.status_code == 200:
        response_200 = ReplicaPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ReplicaPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetReplicasOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetReplicasState | Unset = UNSET,
) -> Response[ReplicaPage]:
    """Replicas of all your endpoints, newest first

    Args:
        cursor (str | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetReplicasOrdering | Unset):
        project (str | Unset):
        state (GetReplicasState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ReplicaPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        endpoint=endpoint,
        limit=limit,
        open_=open_,
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
    cursor: str | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetReplicasOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetReplicasState | Unset = UNSET,
) -> ReplicaPage | None:
    """Replicas of all your endpoints, newest first

    Args:
        cursor (str | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetReplicasOrdering | Unset):
        project (str | Unset):
        state (GetReplicasState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ReplicaPage
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        endpoint=endpoint,
        limit=limit,
        open_=open_,
        ordering=ordering,
        project=project,
        state=state,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetReplicasOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetReplicasState | Unset = UNSET,
) -> Response[ReplicaPage]:
    """Replicas of all your endpoints, newest first

    Args:
        cursor (str | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetReplicasOrdering | Unset):
        project (str | Unset):
        state (GetReplicasState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ReplicaPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        endpoint=endpoint,
        limit=limit,
        open_=open_,
        ordering=ordering,
        project=project,
        state=state,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetReplicasOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetReplicasState | Unset = UNSET,
) -> ReplicaPage | None:
    """Replicas of all your endpoints, newest first

    Args:
        cursor (str | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetReplicasOrdering | Unset):
        project (str | Unset):
        state (GetReplicasState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ReplicaPage
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            endpoint=endpoint,
            limit=limit,
            open_=open_,
            ordering=ordering,
            project=project,
            state=state,
        )
    ).parsed

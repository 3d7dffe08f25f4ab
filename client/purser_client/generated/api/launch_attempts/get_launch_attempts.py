from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_launch_attempts_ordering import GetLaunchAttemptsOrdering
from ...models.get_launch_attempts_state import GetLaunchAttemptsState
from ...models.launch_attempt_page import LaunchAttemptPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    allocation: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    error_class: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetLaunchAttemptsOrdering | Unset = UNSET,
    slot: str | Unset = UNSET,
    state: GetLaunchAttemptsState | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["allocation"] = allocation

    params["cursor"] = cursor

    params["error_class"] = error_class

    params["limit"] = limit

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["slot"] = slot

    json_state: str | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = state

    params["state"] = json_state

    params["zone"] = zone

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/launch-attempts",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> LaunchAttemptPage | None:
    if response.status_code == 200:
        response_200 = LaunchAttemptPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[LaunchAttemptPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    allocation: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    error_class: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetLaunchAttemptsOrdering | Unset = UNSET,
    slot: str | Unset = UNSET,
    state: GetLaunchAttemptsState | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> Response[LaunchAttemptPage]:
    """List launches that were tried, newest first

    Args:
        allocation (str | Unset):
        cursor (str | Unset):
        error_class (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetLaunchAttemptsOrdering | Unset):
        slot (str | Unset):
        state (GetLaunchAttemptsState | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LaunchAttemptPage]
    """

    kwargs = _get_kwargs(
        allocation=allocation,
        cursor=cursor,
        error_class=error_class,
        limit=limit,
        ordering=ordering,
        slot=slot,
        state=state,
        zone=zone,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    allocation: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    error_class: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetLaunchAttemptsOrdering | Unset = UNSET,
    slot: str | Unset = UNSET,
    state: GetLaunchAttemptsState | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> LaunchAttemptPage | None:
    """List launches that were tried, newest first

    Args:
        allocation (str | Unset):
        cursor (str | Unset):
        error_class (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetLaunchAttemptsOrdering | Unset):
        slot (str | Unset):
        state (GetLaunchAttemptsState | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LaunchAttemptPage
    """

    return sync_detailed(
        client=client,
        allocation=allocation,
        cursor=cursor,
        error_class=error_class,
        limit=limit,
        ordering=ordering,
        slot=slot,
        state=state,
        zone=zone,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    allocation: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    error_class: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetLaunchAttemptsOrdering | Unset = UNSET,
    slot: str | Unset = UNSET,
    state: GetLaunchAttemptsState | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> Response[LaunchAttemptPage]:
    """List launches that were tried, newest first

    Args:
        allocation (str | Unset):
        cursor (str | Unset):
        error_class (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetLaunchAttemptsOrdering | Unset):
        slot (str | Unset):
        state (GetLaunchAttemptsState | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LaunchAttemptPage]
    """

    kwargs = _get_kwargs(
        allocation=allocation,
        cursor=cursor,
        error_class=error_class,
        limit=limit,
        ordering=ordering,
        slot=slot,
        state=state,
        zone=zone,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    allocation: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    error_class: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetLaunchAttemptsOrdering | Unset = UNSET,
    slot: str | Unset = UNSET,
    state: GetLaunchAttemptsState | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> LaunchAttemptPage | None:
    """List launches that were tried, newest first

    Args:
        allocation (str | Unset):
        cursor (str | Unset):
        error_class (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetLaunchAttemptsOrdering | Unset):
        slot (str | Unset):
        state (GetLaunchAttemptsState | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LaunchAttemptPage
    """

    return (
        await asyncio_detailed(
            client=client,
            allocation=allocation,
            cursor=cursor,
            error_class=error_class,
            limit=limit,
            ordering=ordering,
            slot=slot,
            state=state,
            zone=zone,
        )
    ).parsed

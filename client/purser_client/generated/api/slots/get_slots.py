from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_slots_ordering import GetSlotsOrdering
from ...models.get_slots_state import GetSlotsState
from ...models.slot_page import SlotPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    accelerator: str | Unset = UNSET,
    allocation: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetSlotsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetSlotsState | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["accelerator"] = accelerator

    params["allocation"] = allocation

    params["cursor"] = cursor

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

    params["zone"] = zone

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/slots",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> SlotPage | None:
    if response.status_code == 200:
        response_200 = SlotPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[SlotPage]:
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
    allocation: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetSlotsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetSlotsState | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> Response[SlotPage]:
    """List slots, newest first

    Args:
        accelerator (str | Unset):
        allocation (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetSlotsOrdering | Unset):
        project (str | Unset):
        state (GetSlotsState | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SlotPage]
    """

    kwargs = _get_kwargs(
        accelerator=accelerator,
        allocation=allocation,
        cursor=cursor,
        limit=limit,
        open_=open_,
        ordering=ordering,
        project=project,
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
    accelerator: str | Unset = UNSET,
    allocation: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetSlotsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetSlotsState | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> SlotPage | None:
    """List slots, newest first

    Args:
        accelerator (str | Unset):
        allocation (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetSlotsOrdering | Unset):
        project (str | Unset):
        state (GetSlotsState | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SlotPage
    """

    return sync_detailed(
        client=client,
        accelerator=accelerator,
        allocation=allocation,
        cursor=cursor,
        limit=limit,
        open_=open_,
        ordering=ordering,
        project=project,
        state=state,
        zone=zone,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    allocation: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetSlotsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetSlotsState | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> Response[SlotPage]:
    """List slots, newest first

    Args:
        accelerator (str | Unset):
        allocation (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetSlotsOrdering | Unset):
        project (str | Unset):
        state (GetSlotsState | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SlotPage]
    """

    kwargs = _get_kwargs(
        accelerator=accelerator,
        allocation=allocation,
        cursor=cursor,
        limit=limit,
        open_=open_,
        ordering=ordering,
        project=project,
        state=state,
        zone=zone,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    allocation: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetSlotsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetSlotsState | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> SlotPage | None:
    """List slots, newest first

    Args:
        accelerator (str | Unset):
        allocation (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetSlotsOrdering | Unset):
        project (str | Unset):
        state (GetSlotsState | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SlotPage
    """

    return (
        await asyncio_detailed(
            client=client,
            accelerator=accelerator,
            allocation=allocation,
            cursor=cursor,
            limit=limit,
            open_=open_,
            ordering=ordering,
            project=project,
            state=state,
            zone=zone,
        )
    ).parsed

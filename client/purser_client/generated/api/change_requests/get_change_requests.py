from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.change_request_page import ChangeRequestPage
from ...models.get_change_requests_state import GetChangeRequestsState
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    about: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    state: GetChangeRequestsState | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["about"] = about

    params["cursor"] = cursor

    params["limit"] = limit

    json_state: str | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = state

    params["state"] = json_state

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/change-requests",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ChangeRequestPage | None:
    if response.status_code == 200:
        response_200 = ChangeRequestPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ChangeRequestPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    about: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    state: GetChangeRequestsState | Unset = UNSET,
) -> Response[ChangeRequestPage]:
    """Changes that waited or wait for approval

    Args:
        about (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        state (GetChangeRequestsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ChangeRequestPage]
    """

    kwargs = _get_kwargs(
        about=about,
        cursor=cursor,
        limit=limit,
        state=state,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    about: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    state: GetChangeRequestsState | Unset = UNSET,
) -> ChangeRequestPage | None:
    """Changes that waited or wait for approval

    Args:
        about (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        state (GetChangeRequestsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ChangeRequestPage
    """

    return sync_detailed(
        client=client,
        about=about,
        cursor=cursor,
        limit=limit,
        state=state,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    about: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    state: GetChangeRequestsState | Unset = UNSET,
) -> Response[ChangeRequestPage]:
    """Changes that waited or wait for approval

    Args:
        about (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        state (GetChangeRequestsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ChangeRequestPage]
    """

    kwargs = _get_kwargs(
        about=about,
        cursor=cursor,
        limit=limit,
        state=state,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    about: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    state: GetChangeRequestsState | Unset = UNSET,
) -> ChangeRequestPage | None:
    """Changes that waited or wait for approval

    Args:
        about (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        state (GetChangeRequestsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ChangeRequestPage
    """

    return (
        await asyncio_detailed(
            client=client,
            about=about,
            cursor=cursor,
            limit=limit,
            state=state,
        )
    ).parsed

from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_incidents_ordering import GetIncidentsOrdering
from ...models.incident_page import IncidentPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    acknowledged: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetIncidentsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    subject: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["acknowledged"] = acknowledged

    params["cursor"] = cursor

    params["kind"] = kind

    params["limit"] = limit

    params["open"] = open_

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["project"] = project

    params["subject"] = subject

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/incidents",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> IncidentPage | None:
    if response.status_code == 200:
        response_200 = IncidentPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[IncidentPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    acknowledged: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetIncidentsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    subject: str | Unset = UNSET,
) -> Response[IncidentPage]:
    """List incidents, newest first

    Args:
        acknowledged (bool | Unset):
        cursor (str | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetIncidentsOrdering | Unset):
        project (str | Unset):
        subject (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[IncidentPage]
    """

    kwargs = _get_kwargs(
        acknowledged=acknowledged,
        cursor=cursor,
        kind=kind,
        limit=limit,
        open_=open_,
        ordering=ordering,
        project=project,
        subject=subject,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    acknowledged: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetIncidentsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    subject: str | Unset = UNSET,
) -> IncidentPage | None:
    """List incidents, newest first

    Args:
        acknowledged (bool | Unset):
        cursor (str | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetIncidentsOrdering | Unset):
        project (str | Unset):
        subject (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        IncidentPage
    """

    return sync_detailed(
        client=client,
        acknowledged=acknowledged,
        cursor=cursor,
        kind=kind,
        limit=limit,
        open_=open_,
        ordering=ordering,
        project=project,
        subject=subject,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    acknowledged: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetIncidentsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    subject: str | Unset = UNSET,
) -> Response[IncidentPage]:
    """List incidents, newest first

    Args:
        acknowledged (bool | Unset):
        cursor (str | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetIncidentsOrdering | Unset):
        project (str | Unset):
        subject (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[IncidentPage]
    """

    kwargs = _get_kwargs(
        acknowledged=acknowledged,
        cursor=cursor,
        kind=kind,
        limit=limit,
        open_=open_,
        ordering=ordering,
        project=project,
        subject=subject,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    acknowledged: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetIncidentsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    subject: str | Unset = UNSET,
) -> IncidentPage | None:
    """List incidents, newest first

    Args:
        acknowledged (bool | Unset):
        cursor (str | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetIncidentsOrdering | Unset):
        project (str | Unset):
        subject (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        IncidentPage
    """

    return (
        await asyncio_detailed(
            client=client,
            acknowledged=acknowledged,
            cursor=cursor,
            kind=kind,
            limit=limit,
            open_=open_,
            ordering=ordering,
            project=project,
            subject=subject,
        )
    ).parsed

from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.endpoint_page import EndpointPage
from ...models.get_endpoints_ordering import GetEndpointsOrdering
from ...models.get_endpoints_state import GetEndpointsState
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    living: bool | Unset = UNSET,
    model: str | Unset = UNSET,
    name: str | Unset = UNSET,
    ordering: GetEndpointsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    serving_config: str | Unset = UNSET,
    state: GetEndpointsState | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["limit"] = limit

    params["living"] = living

    params["model"] = model

    params["name"] = name

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["project"] = project

    params["serving_config"] = serving_config

    json_state: str | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = state

    params["state"] = json_state

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/endpoints",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> EndpointPage | None:
    if response.status_code == 200:
        response_200 = EndpointPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[EndpointPage]:
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
    limit: int | Unset = 50,
    living: bool | Unset = UNSET,
    model: str | Unset = UNSET,
    name: str | Unset = UNSET,
    ordering: GetEndpointsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    serving_config: str | Unset = UNSET,
    state: GetEndpointsState | Unset = UNSET,
) -> Response[EndpointPage]:
    """List endpoints, newest first

    Args:
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        living (bool | Unset):
        model (str | Unset):
        name (str | Unset):
        ordering (GetEndpointsOrdering | Unset):
        project (str | Unset):
        serving_config (str | Unset):
        state (GetEndpointsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EndpointPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        limit=limit,
        living=living,
        model=model,
        name=name,
        ordering=ordering,
        project=project,
        serving_config=serving_config,
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
    limit: int | Unset = 50,
    living: bool | Unset = UNSET,
    model: str | Unset = UNSET,
    name: str | Unset = UNSET,
    ordering: GetEndpointsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    serving_config: str | Unset = UNSET,
    state: GetEndpointsState | Unset = UNSET,
) -> EndpointPage | None:
    """List endpoints, newest first

    Args:
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        living (bool | Unset):
        model (str | Unset):
        name (str | Unset):
        ordering (GetEndpointsOrdering | Unset):
        project (str | Unset):
        serving_config (str | Unset):
        state (GetEndpointsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EndpointPage
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        limit=limit,
        living=living,
        model=model,
        name=name,
        ordering=ordering,
        project=project,
        serving_config=serving_config,
        state=state,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    living: bool | Unset = UNSET,
    model: str | Unset = UNSET,
    name: str | Unset = UNSET,
    ordering: GetEndpointsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    serving_config: str | Unset = UNSET,
    state: GetEndpointsState | Unset = UNSET,
) -> Response[EndpointPage]:
    """List endpoints, newest first

    Args:
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        living (bool | Unset):
        model (str | Unset):
        name (str | Unset):
        ordering (GetEndpointsOrdering | Unset):
        project (str | Unset):
        serving_config (str | Unset):
        state (GetEndpointsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EndpointPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        limit=limit,
        living=living,
        model=model,
        name=name,
        ordering=ordering,
        project=project,
        serving_config=serving_config,
        state=state,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    living: bool | Unset = UNSET,
    model: str | Unset = UNSET,
    name: str | Unset = UNSET,
    ordering: GetEndpointsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    serving_config: str | Unset = UNSET,
    state: GetEndpointsState | Unset = UNSET,
) -> EndpointPage | None:
    """List endpoints, newest first

    Args:
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        living (bool | Unset):
        model (str | Unset):
        name (str | Unset):
        ordering (GetEndpointsOrdering | Unset):
        project (str | Unset):
        serving_config (str | Unset):
        state (GetEndpointsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EndpointPage
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            limit=limit,
            living=living,
            model=model,
            name=name,
            ordering=ordering,
            project=project,
            serving_config=serving_config,
            state=state,
        )
    ).parsed

from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_instances_ordering import GetInstancesOrdering
from ...models.instance_page import InstancePage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    accelerator: str | Unset = UNSET,
    allocation: str | Unset = UNSET,
    capacity_type: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    live: bool | Unset = UNSET,
    ordering: GetInstancesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["accelerator"] = accelerator

    params["allocation"] = allocation

    params["capacity_type"] = capacity_type

    params["cloud"] = cloud

    params["cursor"] = cursor

    params["limit"] = limit

    params["live"] = live

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["project"] = project

    params["zone"] = zone

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/instances",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> InstancePage | None:
    if response.status_code == 200:
        response_200 = InstancePage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[InstancePage]:
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
    capacity_type: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    live: bool | Unset = UNSET,
    ordering: GetInstancesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> Response[InstancePage]:
    """List machines, newest first

    Args:
        accelerator (str | Unset):
        allocation (str | Unset):
        capacity_type (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        live (bool | Unset):
        ordering (GetInstancesOrdering | Unset):
        project (str | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[InstancePage]
    """

    kwargs = _get_kwargs(
        accelerator=accelerator,
        allocation=allocation,
        capacity_type=capacity_type,
        cloud=cloud,
        cursor=cursor,
        limit=limit,
        live=live,
        ordering=ordering,
        project=project,
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
    capacity_type: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    live: bool | Unset = UNSET,
    ordering: GetInstancesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> InstancePage | None:
    """List machines, newest first

    Args:
        accelerator (str | Unset):
        allocation (str | Unset):
        capacity_type (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        live (bool | Unset):
        ordering (GetInstancesOrdering | Unset):
        project (str | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        InstancePage
    """

    return sync_detailed(
        client=client,
        accelerator=accelerator,
        allocation=allocation,
        capacity_type=capacity_type,
        cloud=cloud,
        cursor=cursor,
        limit=limit,
        live=live,
        ordering=ordering,
        project=project,
        zone=zone,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    allocation: str | Unset = UNSET,
    capacity_type: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    live: bool | Unset = UNSET,
    ordering: GetInstancesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> Response[InstancePage]:
    """List machines, newest first

    Args:
        accelerator (str | Unset):
        allocation (str | Unset):
        capacity_type (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        live (bool | Unset):
        ordering (GetInstancesOrdering | Unset):
        project (str | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[InstancePage]
    """

    kwargs = _get_kwargs(
        accelerator=accelerator,
        allocation=allocation,
        capacity_type=capacity_type,
        cloud=cloud,
        cursor=cursor,
        limit=limit,
        live=live,
        ordering=ordering,
        project=project,
        zone=zone,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    allocation: str | Unset = UNSET,
    capacity_type: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    live: bool | Unset = UNSET,
    ordering: GetInstancesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> InstancePage | None:
    """List machines, newest first

    Args:
        accelerator (str | Unset):
        allocation (str | Unset):
        capacity_type (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        live (bool | Unset):
        ordering (GetInstancesOrdering | Unset):
        project (str | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        InstancePage
    """

    return (
        await asyncio_detailed(
            client=client,
            accelerator=accelerator,
            allocation=allocation,
            capacity_type=capacity_type,
            cloud=cloud,
            cursor=cursor,
            limit=limit,
            live=live,
            ordering=ordering,
            project=project,
            zone=zone,
        )
    ).parsed

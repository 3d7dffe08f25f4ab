from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.capacity_memory_page import CapacityMemoryPage
from ...models.get_capacity_memories_ordering import GetCapacityMemoriesOrdering
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    account: str | Unset = UNSET,
    capacity_type: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cooling: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetCapacityMemoriesOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["account"] = account

    params["capacity_type"] = capacity_type

    params["cloud"] = cloud

    params["cooling"] = cooling

    params["cursor"] = cursor

    params["instance_type"] = instance_type

    params["limit"] = limit

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["region"] = region

    params["zone"] = zone

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/capacity-memory",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> CapacityMemoryPage | None:
    if response.status_code == 200:
        response_200 = CapacityMemoryPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[CapacityMemoryPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    capacity_type: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cooling: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetCapacityMemoriesOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> Response[CapacityMemoryPage]:
    """What is remembered of each capacity pool

    Args:
        account (str | Unset):
        capacity_type (str | Unset):
        cloud (str | Unset):
        cooling (bool | Unset):
        cursor (str | Unset):
        instance_type (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetCapacityMemoriesOrdering | Unset):
        region (str | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CapacityMemoryPage]
    """

    kwargs = _get_kwargs(
        account=account,
        capacity_type=capacity_type,
        cloud=cloud,
        cooling=cooling,
        cursor=cursor,
        instance_type=instance_type,
        limit=limit,
        ordering=ordering,
        region=region,
        zone=zone,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    capacity_type: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cooling: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetCapacityMemoriesOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> CapacityMemoryPage | None:
    """What is remembered of each capacity pool

    Args:
        account (str | Unset):
        capacity_type (str | Unset):
        cloud (str | Unset):
        cooling (bool | Unset):
        cursor (str | Unset):
        instance_type (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetCapacityMemoriesOrdering | Unset):
        region (str | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CapacityMemoryPage
    """

    return sync_detailed(
        client=client,
        account=account,
        capacity_type=capacity_type,
        cloud=cloud,
        cooling=cooling,
        cursor=cursor,
        instance_type=instance_type,
        limit=limit,
        ordering=ordering,
        region=region,
        zone=zone,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    capacity_type: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cooling: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetCapacityMemoriesOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> Response[CapacityMemoryPage]:
    """What is remembered of each capacity pool

    Args:
        account (str | Unset):
        capacity_type (str | Unset):
        cloud (str | Unset):
        cooling (bool | Unset):
        cursor (str | Unset):
        instance_type (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetCapacityMemoriesOrdering | Unset):
        region (str | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CapacityMemoryPage]
    """

    kwargs = _get_kwargs(
        account=account,
        capacity_type=capacity_type,
        cloud=cloud,
        cooling=cooling,
        cursor=cursor,
        instance_type=instance_type,
        limit=limit,
        ordering=ordering,
        region=region,
        zone=zone,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    capacity_type: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cooling: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetCapacityMemoriesOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> CapacityMemoryPage | None:
    """What is remembered of each capacity pool

    Args:
        account (str | Unset):
        capacity_type (str | Unset):
        cloud (str | Unset):
        cooling (bool | Unset):
        cursor (str | Unset):
        instance_type (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetCapacityMemoriesOrdering | Unset):
        region (str | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CapacityMemoryPage
    """

    return (
        await asyncio_detailed(
            client=client,
            account=account,
            capacity_type=capacity_type,
            cloud=cloud,
            cooling=cooling,
            cursor=cursor,
            instance_type=instance_type,
            limit=limit,
            ordering=ordering,
            region=region,
            zone=zone,
        )
    ).parsed

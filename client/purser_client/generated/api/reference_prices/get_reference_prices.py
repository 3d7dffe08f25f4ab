from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_reference_prices_capacity_type import (
    GetReferencePricesCapacityType,
)
from ...models.get_reference_prices_ordering import GetReferencePricesOrdering
from ...models.reference_price_page import ReferencePricePage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    capacity_type: GetReferencePricesCapacityType | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetReferencePricesOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_capacity_type: str | Unset = UNSET
    if not isinstance(capacity_type, Unset):
        json_capacity_type = capacity_type

    params["capacity_type"] = json_capacity_type

    params["cloud"] = cloud

    params["cursor"] = cursor

    params["instance_type"] = instance_type

    params["limit"] = limit

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["region"] = region

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/reference-prices",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ReferencePricePage | None:
    if response.status_code == 200:
        response_200 = ReferencePricePage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ReferencePricePage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    capacity_type: GetReferencePricesCapacityType | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetReferencePricesOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
) -> Response[ReferencePricePage]:
    """Prices that were read in from files

    Args:
        capacity_type (GetReferencePricesCapacityType | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        instance_type (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetReferencePricesOrdering | Unset):
        region (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ReferencePricePage]
    """

    kwargs = _get_kwargs(
        capacity_type=capacity_type,
        cloud=cloud,
        cursor=cursor,
        instance_type=instance_type,
        limit=limit,
        ordering=ordering,
        region=region,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    capacity_type: GetReferencePricesCapacityType | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetReferencePricesOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
) -> ReferencePricePage | None:
    """Prices that were read in from files

    Args:
        capacity_type (GetReferencePricesCapacityType | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        instance_type (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetReferencePricesOrdering | Unset):
        region (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ReferencePricePage
    """

    return sync_detailed(
        client=client,
        capacity_type=capacity_type,
        cloud=cloud,
        cursor=cursor,
        instance_type=instance_type,
        limit=limit,
        ordering=ordering,
        region=region,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    capacity_type: GetReferencePricesCapacityType | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetReferencePricesOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
) -> Response[ReferencePricePage]:
    """Prices that were read in from files

    Args:
        capacity_type (GetReferencePricesCapacityType | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        instance_type (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetReferencePricesOrdering | Unset):
        region (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ReferencePricePage]
    """

    kwargs = _get_kwargs(
        capacity_type=capacity_type,
        cloud=cloud,
        cursor=cursor,
        instance_type=instance_type,
        limit=limit,
        ordering=ordering,
        region=region,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    capacity_type: GetReferencePricesCapacityType | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetReferencePricesOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
) -> ReferencePricePage | None:
    """Prices that were read in from files

    Args:
        capacity_type (GetReferencePricesCapacityType | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        instance_type (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetReferencePricesOrdering | Unset):
        region (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ReferencePricePage
    """

    return (
        await asyncio_detailed(
            client=client,
            capacity_type=capacity_type,
            cloud=cloud,
            cursor=cursor,
            instance_type=instance_type,
            limit=limit,
            ordering=ordering,
            region=region,
        )
    ).parsed

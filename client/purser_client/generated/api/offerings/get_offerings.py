from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_offerings_capacity_type import GetOfferingsCapacityType
from ...models.get_offerings_ordering import GetOfferingsOrdering
from ...models.offering_page import OfferingPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    accelerator: str | Unset = UNSET,
    account: str | Unset = UNSET,
    capacity_type: GetOfferingsCapacityType | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    offered: bool | Unset = True,
    ordering: GetOfferingsOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["accelerator"] = accelerator

    params["account"] = account

    json_capacity_type: str | Unset = UNSET
    if not isinstance(capacity_type, Unset):
        json_capacity_type = capacity_type

    params["capacity_type"] = json_capacity_type

    params["cloud"] = cloud

    params["cursor"] = cursor

    params["instance_type"] = instance_type

    params["limit"] = limit

    params["offered"] = offered

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["region"] = region

    params["zone"] = zone

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/offerings",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> OfferingPage | None:
    if response.status_code == 200:
        response_200 = OfferingPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[OfferingPage]:
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
    account: str | Unset = UNSET,
    capacity_type: GetOfferingsCapacityType | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    offered: bool | Unset = True,
    ordering: GetOfferingsOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> Response[OfferingPage]:
    """What is on sale, with the price last seen

    Args:
        accelerator (str | Unset):
        account (str | Unset):
        capacity_type (GetOfferingsCapacityType | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        instance_type (str | Unset):
        limit (int | Unset):  Default: 50.
        offered (bool | Unset):  Default: True.
        ordering (GetOfferingsOrdering | Unset):
        region (str | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OfferingPage]
    """

    kwargs = _get_kwargs(
        accelerator=accelerator,
        account=account,
        capacity_type=capacity_type,
        cloud=cloud,
        cursor=cursor,
        instance_type=instance_type,
        limit=limit,
        offered=offered,
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
    accelerator: str | Unset = UNSET,
    account: str | Unset = UNSET,
    capacity_type: GetOfferingsCapacityType | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    offered: bool | Unset = True,
    ordering: GetOfferingsOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> OfferingPage | None:
    """What is on sale, with the price last seen

    Args:
        accelerator (str | Unset):
        account (str | Unset):
        capacity_type (GetOfferingsCapacityType | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        instance_type (str | Unset):
        limit (int | Unset):  Default: 50.
        offered (bool | Unset):  Default: True.
        ordering (GetOfferingsOrdering | Unset):
        region (str | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OfferingPage
    """

    return sync_detailed(
        client=client,
        accelerator=accelerator,
        account=account,
        capacity_type=capacity_type,
        cloud=cloud,
        cursor=cursor,
        instance_type=instance_type,
        limit=limit,
        offered=offered,
        ordering=ordering,
        region=region,
        zone=zone,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    account: str | Unset = UNSET,
    capacity_type: GetOfferingsCapacityType | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    offered: bool | Unset = True,
    ordering: GetOfferingsOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> Response[OfferingPage]:
    """What is on sale, with the price last seen

    Args:
        accelerator (str | Unset):
        account (str | Unset):
        capacity_type (GetOfferingsCapacityType | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        instance_type (str | Unset):
        limit (int | Unset):  Default: 50.
        offered (bool | Unset):  Default: True.
        ordering (GetOfferingsOrdering | Unset):
        region (str | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OfferingPage]
    """

    kwargs = _get_kwargs(
        accelerator=accelerator,
        account=account,
        capacity_type=capacity_type,
        cloud=cloud,
        cursor=cursor,
        instance_type=instance_type,
        limit=limit,
        offered=offered,
        ordering=ordering,
        region=region,
        zone=zone,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    account: str | Unset = UNSET,
    capacity_type: GetOfferingsCapacityType | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    instance_type: str | Unset = UNSET,
    limit: int | Unset = 50,
    offered: bool | Unset = True,
    ordering: GetOfferingsOrdering | Unset = UNSET,
    region: str | Unset = UNSET,
    zone: str | Unset = UNSET,
) -> OfferingPage | None:
    """What is on sale, with the price last seen

    Args:
        accelerator (str | Unset):
        account (str | Unset):
        capacity_type (GetOfferingsCapacityType | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        instance_type (str | Unset):
        limit (int | Unset):  Default: 50.
        offered (bool | Unset):  Default: True.
        ordering (GetOfferingsOrdering | Unset):
        region (str | Unset):
        zone (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OfferingPage
    """

    return (
        await asyncio_detailed(
            client=client,
            accelerator=accelerator,
            account=account,
            capacity_type=capacity_type,
            cloud=cloud,
            cursor=cursor,
            instance_type=instance_type,
            limit=limit,
            offered=offered,
            ordering=ordering,
            region=region,
            zone=zone,
        )
    ).parsed

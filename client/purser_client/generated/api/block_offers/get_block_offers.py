import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.block_offers_out import BlockOffersOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    accelerator: str | Unset = UNSET,
    accelerator_count: int | Unset = UNSET,
    account: str | Unset = UNSET,
    earliest: datetime.datetime | Unset = UNSET,
    hours: int,
    instance_type: str | Unset = UNSET,
    latest: datetime.datetime | Unset = UNSET,
    machines: int | Unset = UNSET,
    region: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["accelerator"] = accelerator

    params["accelerator_count"] = accelerator_count

    params["account"] = account

    json_earliest: str | Unset = UNSET
    if not isinstance(earliest, Unset):
        json_earliest = earliest.isoformat()
    params["earliest"] = json_earliest

    params["hours"] = hours

    params["instance_type"] = instance_type

    json_latest: str | Unset = UNSET
    if not isinstance(latest, Unset):
        json_latest = latest.isoformat()
    params["latest"] = json_latest

    params["machines"] = machines

    params["region"] = region

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/block-offers",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> BlockOffersOut | None:
    if response.status_code == 200:
        response_200 = BlockOffersOut.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[BlockOffersOut]:
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
    accelerator_count: int | Unset = UNSET,
    account: str | Unset = UNSET,
    earliest: datetime.datetime | Unset = UNSET,
    hours: int,
    instance_type: str | Unset = UNSET,
    latest: datetime.datetime | Unset = UNSET,
    machines: int | Unset = UNSET,
    region: str | Unset = UNSET,
) -> Response[BlockOffersOut]:
    """Capacity blocks for sale, the cheapest first

     The clouds are asked now, and nothing is bought.

    Args:
        accelerator (str | Unset):
        accelerator_count (int | Unset):
        account (str | Unset):
        earliest (datetime.datetime | Unset):
        hours (int):
        instance_type (str | Unset):
        latest (datetime.datetime | Unset):
        machines (int | Unset):
        region (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BlockOffersOut]
    """

    kwargs = _get_kwargs(
        accelerator=accelerator,
        accelerator_count=accelerator_count,
        account=account,
        earliest=earliest,
        hours=hours,
        instance_type=instance_type,
        latest=latest,
        machines=machines,
        region=region,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    accelerator_count: int | Unset = UNSET,
    account: str | Unset = UNSET,
    earliest: datetime.datetime | Unset = UNSET,
    hours: int,
    instance_type: str | Unset = UNSET,
    latest: datetime.datetime | Unset = UNSET,
    machines: int | Unset = UNSET,
    region: str | Unset = UNSET,
) -> BlockOffersOut | None:
    """Capacity blocks for sale, the cheapest first

     The clouds are asked now, and nothing is bought.

    Args:
        accelerator (str | Unset):
        accelerator_count (int | Unset):
        account (str | Unset):
        earliest (datetime.datetime | Unset):
        hours (int):
        instance_type (str | Unset):
        latest (datetime.datetime | Unset):
        machines (int | Unset):
        region (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BlockOffersOut
    """

    return sync_detailed(
        client=client,
        accelerator=accelerator,
        accelerator_count=accelerator_count,
        account=account,
        earliest=earliest,
        hours=hours,
        instance_type=instance_type,
        latest=latest,
        machines=machines,
        region=region,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    accelerator_count: int | Unset = UNSET,
    account: str | Unset = UNSET,
    earliest: datetime.datetime | Unset = UNSET,
    hours: int,
    instance_type: str | Unset = UNSET,
    latest: datetime.datetime | Unset = UNSET,
    machines: int | Unset = UNSET,
    region: str | Unset = UNSET,
) -> Response[BlockOffersOut]:
    """Capacity blocks for sale, the cheapest first

     The clouds are asked now, and nothing is bought.

    Args:
        accelerator (str | Unset):
        accelerator_count (int | Unset):
        account (str | Unset):
        earliest (datetime.datetime | Unset):
        hours (int):
        instance_type (str | Unset):
        latest (datetime.datetime | Unset):
        machines (int | Unset):
        region (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BlockOffersOut]
    """

    kwargs = _get_kwargs(
        accelerator=accelerator,
        accelerator_count=accelerator_count,
        account=account,
        earliest=earliest,
        hours=hours,
        instance_type=instance_type,
        latest=latest,
        machines=machines,
        region=region,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    accelerator_count: int | Unset = UNSET,
    account: str | Unset = UNSET,
    earliest: datetime.datetime | Unset = UNSET,
    hours: int,
    instance_type: str | Unset = UNSET,
    latest: datetime.datetime | Unset = UNSET,
    machines: int | Unset = UNSET,
    region: str | Unset = UNSET,
) -> BlockOffersOut | None:
    """Capacity blocks for sale, the cheapest first

     The clouds are asked now, and nothing is bought.

    Args:
        accelerator (str | Unset):
        accelerator_count (int | Unset):
        account (str | Unset):
        earliest (datetime.datetime | Unset):
        hours (int):
        instance_type (str | Unset):
        latest (datetime.datetime | Unset):
        machines (int | Unset):
        region (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BlockOffersOut
    """

    return (
        await asyncio_detailed(
            client=client,
            accelerator=accelerator,
            accelerator_count=accelerator_count,
            account=account,
            earliest=earliest,
            hours=hours,
            instance_type=instance_type,
            latest=latest,
            machines=machines,
            region=region,
        )
    ).parsed

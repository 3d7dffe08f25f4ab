import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_offering_prices_ordering import GetOfferingPricesOrdering
from ...models.price_page import PricePage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    public_id: str,
    *,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetOfferingPricesOrdering | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    json_end: str | Unset = UNSET
    if not isinstance(end, Unset):
        json_end = end.isoformat()
    params["end"] = json_end

    params["limit"] = limit

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    json_start: str | Unset = UNSET
    if not isinstance(start, Unset):
        json_start = start.isoformat()
    params["start"] = json_start

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/offerings/{public_id}/prices".format(
            public_id=quote(str(public_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> PricePage | None:
    if response.status_code == 200:
        response_200 = PricePage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[PricePage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    public_id: str,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetOfferingPricesOrdering | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> Response[PricePage]:
    """What one offering has cost, newest first

    Args:
        public_id (str):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetOfferingPricesOrdering | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PricePage]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        cursor=cursor,
        end=end,
        limit=limit,
        ordering=ordering,
        start=start,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    public_id: str,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetOfferingPricesOrdering | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> PricePage | None:
    """What one offering has cost, newest first

    Args:
        public_id (str):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetOfferingPricesOrdering | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PricePage
    """

    return sync_detailed(
        public_id=public_id,
        client=client,
        cursor=cursor,
        end=end,
        limit=limit,
        ordering=ordering,
        start=start,
    ).parsed


async def asyncio_detailed(
    public_id: str,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetOfferingPricesOrdering | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> Response[PricePage]:
    """What one offering has cost, newest first

    Args:
        public_id (str):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetOfferingPricesOrdering | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PricePage]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        cursor=cursor,
        end=end,
        limit=limit,
        ordering=ordering,
        start=start,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    public_id: str,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetOfferingPricesOrdering | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> PricePage | None:
    """What one offering has cost, newest first

    Args:
        public_id (str):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetOfferingPricesOrdering | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PricePage
    """

    return (
        await asyncio_detailed(
            public_id=public_id,
            client=client,
            cursor=cursor,
            end=end,
            limit=limit,
            ordering=ordering,
            start=start,
        )
    ).parsed

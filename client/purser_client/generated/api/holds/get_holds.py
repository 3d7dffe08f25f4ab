from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_holds_ordering import GetHoldsOrdering
from ...models.hold_page import HoldPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    accelerator: str | Unset = UNSET,
    allocation: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetHoldsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["accelerator"] = accelerator

    params["allocation"] = allocation

    params["cloud"] = cloud

    params["cursor"] = cursor

    params["limit"] = limit

    params["open"] = open_

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["project"] = project

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/holds",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> HoldPage | None:
    if response.status_code == 200:
        response_200 = HoldPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[HoldPage]:
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
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetHoldsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
) -> Response[HoldPage]:
    """What is kept aside, newest first

    Args:
        accelerator (str | Unset):
        allocation (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetHoldsOrdering | Unset):
        project (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[HoldPage]
    """

    kwargs = _get_kwargs(
        accelerator=accelerator,
        allocation=allocation,
        cloud=cloud,
        cursor=cursor,
        limit=limit,
        open_=open_,
        ordering=ordering,
        project=project,
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
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetHoldsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
) -> HoldPage | None:
    """What is kept aside, newest first

    Args:
        accelerator (str | Unset):
        allocation (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetHoldsOrdering | Unset):
        project (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        HoldPage
    """

    return sync_detailed(
        client=client,
        accelerator=accelerator,
        allocation=allocation,
        cloud=cloud,
        cursor=cursor,
        limit=limit,
        open_=open_,
        ordering=ordering,
        project=project,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    allocation: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetHoldsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
) -> Response[HoldPage]:
    """What is kept aside, newest first

    Args:
        accelerator (str | Unset):
        allocation (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetHoldsOrdering | Unset):
        project (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[HoldPage]
    """

    kwargs = _get_kwargs(
        accelerator=accelerator,
        allocation=allocation,
        cloud=cloud,
        cursor=cursor,
        limit=limit,
        open_=open_,
        ordering=ordering,
        project=project,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    allocation: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    open_: bool | Unset = UNSET,
    ordering: GetHoldsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
) -> HoldPage | None:
    """What is kept aside, newest first

    Args:
        accelerator (str | Unset):
        allocation (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        open_ (bool | Unset):
        ordering (GetHoldsOrdering | Unset):
        project (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        HoldPage
    """

    return (
        await asyncio_detailed(
            client=client,
            accelerator=accelerator,
            allocation=allocation,
            cloud=cloud,
            cursor=cursor,
            limit=limit,
            open_=open_,
            ordering=ordering,
            project=project,
        )
    ).parsed

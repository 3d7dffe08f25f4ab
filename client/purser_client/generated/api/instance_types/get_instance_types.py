from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_instance_types_ordering import GetInstanceTypesOrdering
from ...models.instance_type_page import InstanceTypePage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    accelerator: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = UNSET,
    ordering: GetInstanceTypesOrdering | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["accelerator"] = accelerator

    params["cloud"] = cloud

    params["cursor"] = cursor

    params["limit"] = limit

    params["name"] = name

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/instance-types",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> InstanceTypePage | None:
    if response.status_code == 200:
        response_200 = InstanceTypePage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[InstanceTypePage]:
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
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = UNSET,
    ordering: GetInstanceTypesOrdering | Unset = UNSET,
) -> Response[InstanceTypePage]:
    """Machine shapes the clouds sell

    Args:
        accelerator (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        name (str | Unset):
        ordering (GetInstanceTypesOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[InstanceTypePage]
    """

    kwargs = _get_kwargs(
        accelerator=accelerator,
        cloud=cloud,
        cursor=cursor,
        limit=limit,
        name=name,
        ordering=ordering,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = UNSET,
    ordering: GetInstanceTypesOrdering | Unset = UNSET,
) -> InstanceTypePage | None:
    """Machine shapes the clouds sell

    Args:
        accelerator (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        name (str | Unset):
        ordering (GetInstanceTypesOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        InstanceTypePage
    """

    return sync_detailed(
        client=client,
        accelerator=accelerator,
        cloud=cloud,
        cursor=cursor,
        limit=limit,
        name=name,
        ordering=ordering,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = UNSET,
    ordering: GetInstanceTypesOrdering | Unset = UNSET,
) -> Response[InstanceTypePage]:
    """Machine shapes the clouds sell

    Args:
        accelerator (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        name (str | Unset):
        ordering (GetInstanceTypesOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[InstanceTypePage]
    """

    kwargs = _get_kwargs(
        accelerator=accelerator,
        cloud=cloud,
        cursor=cursor,
        limit=limit,
        name=name,
        ordering=ordering,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    accelerator: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = UNSET,
    ordering: GetInstanceTypesOrdering | Unset = UNSET,
) -> InstanceTypePage | None:
    """Machine shapes the clouds sell

    Args:
        accelerator (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        name (str | Unset):
        ordering (GetInstanceTypesOrdering | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        InstanceTypePage
    """

    return (
        await asyncio_detailed(
            client=client,
            accelerator=accelerator,
            cloud=cloud,
            cursor=cursor,
            limit=limit,
            name=name,
            ordering=ordering,
        )
    ).parsed

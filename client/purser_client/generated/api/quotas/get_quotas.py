from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.quota_page import QuotaPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    project: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cloud"] = cloud

    params["cursor"] = cursor

    params["limit"] = limit

    params["project"] = project

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/quotas",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> QuotaPage | None:
    if response.status_code == 200:
        response_200 = QuotaPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[QuotaPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    project: str | Unset = UNSET,
) -> Response[QuotaPage]:
    """Quotas of your projects, with what is held under each

    Args:
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        project (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[QuotaPage]
    """

    kwargs = _get_kwargs(
        cloud=cloud,
        cursor=cursor,
        limit=limit,
        project=project,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    project: str | Unset = UNSET,
) -> QuotaPage | None:
    """Quotas of your projects, with what is held under each

    Args:
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        project (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        QuotaPage
    """

    return sync_detailed(
        client=client,
        cloud=cloud,
        cursor=cursor,
        limit=limit,
        project=project,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    project: str | Unset = UNSET,
) -> Response[QuotaPage]:
    """Quotas of your projects, with what is held under each

    Args:
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        project (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[QuotaPage]
    """

    kwargs = _get_kwargs(
        cloud=cloud,
        cursor=cursor,
        limit=limit,
        project=project,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    project: str | Unset = UNSET,
) -> QuotaPage | None:
    """Quotas of your projects, with what is held under each

    Args:
        cloud (str | Unset):
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        project (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        QuotaPage
    """

    return (
        await asyncio_detailed(
            client=client,
            cloud=cloud,
            cursor=cursor,
            limit=limit,
            project=project,
        )
    ).parsed

from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_paid_capacities_kind import GetPaidCapacitiesKind
from ...models.get_paid_capacities_ordering import GetPaidCapacitiesOrdering
from ...models.paid_capacity_page import PaidCapacityPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    account: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    kind: GetPaidCapacitiesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetPaidCapacitiesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    usable: bool | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["account"] = account

    params["cursor"] = cursor

    json_kind: str | Unset = UNSET
    if not isinstance(kind, Unset):
        json_kind = kind

    params["kind"] = json_kind

    params["limit"] = limit

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["project"] = project

    params["usable"] = usable

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/paid-capacity",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> PaidCapacityPage | None:
    if response.status_code == 200:
        response_200 = PaidCapacityPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[PaidCapacityPage]:
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
    cursor: str | Unset = UNSET,
    kind: GetPaidCapacitiesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetPaidCapacitiesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    usable: bool | Unset = UNSET,
) -> Response[PaidCapacityPage]:
    """Reservations and capacity blocks, newest first

    Args:
        account (str | Unset):
        cursor (str | Unset):
        kind (GetPaidCapacitiesKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetPaidCapacitiesOrdering | Unset):
        project (str | Unset):
        usable (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaidCapacityPage]
    """

    kwargs = _get_kwargs(
        account=account,
        cursor=cursor,
        kind=kind,
        limit=limit,
        ordering=ordering,
        project=project,
        usable=usable,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    kind: GetPaidCapacitiesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetPaidCapacitiesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    usable: bool | Unset = UNSET,
) -> PaidCapacityPage | None:
    """Reservations and capacity blocks, newest first

    Args:
        account (str | Unset):
        cursor (str | Unset):
        kind (GetPaidCapacitiesKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetPaidCapacitiesOrdering | Unset):
        project (str | Unset):
        usable (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaidCapacityPage
    """

    return sync_detailed(
        client=client,
        account=account,
        cursor=cursor,
        kind=kind,
        limit=limit,
        ordering=ordering,
        project=project,
        usable=usable,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    kind: GetPaidCapacitiesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetPaidCapacitiesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    usable: bool | Unset = UNSET,
) -> Response[PaidCapacityPage]:
    """Reservations and capacity blocks, newest first

    Args:
        account (str | Unset):
        cursor (str | Unset):
        kind (GetPaidCapacitiesKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetPaidCapacitiesOrdering | Unset):
        project (str | Unset):
        usable (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaidCapacityPage]
    """

    kwargs = _get_kwargs(
        account=account,
        cursor=cursor,
        kind=kind,
        limit=limit,
        ordering=ordering,
        project=project,
        usable=usable,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    kind: GetPaidCapacitiesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetPaidCapacitiesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    usable: bool | Unset = UNSET,
) -> PaidCapacityPage | None:
    """Reservations and capacity blocks, newest first

    Args:
        account (str | Unset):
        cursor (str | Unset):
        kind (GetPaidCapacitiesKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetPaidCapacitiesOrdering | Unset):
        project (str | Unset):
        usable (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaidCapacityPage
    """

    return (
        await asyncio_detailed(
            client=client,
            account=account,
            cursor=cursor,
            kind=kind,
            limit=limit,
            ordering=ordering,
            project=project,
            usable=usable,
        )
    ).parsed

from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_operations_ordering import GetOperationsOrdering
from ...models.operation_page import OperationPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    done: bool | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetOperationsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    subject: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["done"] = done

    params["kind"] = kind

    params["limit"] = limit

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["project"] = project

    params["subject"] = subject

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/operations",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> OperationPage | None:
    if response.status_code == 200:
        response_200 = OperationPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[OperationPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    done: bool | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetOperationsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    subject: str | Unset = UNSET,
) -> Response[OperationPage]:
    """List operations, newest first

    Args:
        cursor (str | Unset):
        done (bool | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetOperationsOrdering | Unset):
        project (str | Unset):
        subject (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OperationPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        done=done,
        kind=kind,
        limit=limit,
        ordering=ordering,
        project=project,
        subject=subject,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    done: bool | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetOperationsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    subject: str | Unset = UNSET,
) -> OperationPage | None:
    """List operations, newest first

    Args:
        cursor (str | Unset):
        done (bool | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetOperationsOrdering | Unset):
        project (str | Unset):
        subject (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OperationPage
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        done=done,
        kind=kind,
        limit=limit,
        ordering=ordering,
        project=project,
        subject=subject,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    done: bool | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetOperationsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    subject: str | Unset = UNSET,
) -> Response[OperationPage]:
    """List operations, newest first

    Args:
        cursor (str | Unset):
        done (bool | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetOperationsOrdering | Unset):
        project (str | Unset):
        subject (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OperationPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        done=done,
        kind=kind,
        limit=limit,
        ordering=ordering,
        project=project,
        subject=subject,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    done: bool | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetOperationsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    subject: str | Unset = UNSET,
) -> OperationPage | None:
    """List operations, newest first

    Args:
        cursor (str | Unset):
        done (bool | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetOperationsOrdering | Unset):
        project (str | Unset):
        subject (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OperationPage
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            done=done,
            kind=kind,
            limit=limit,
            ordering=ordering,
            project=project,
            subject=subject,
        )
    ).parsed

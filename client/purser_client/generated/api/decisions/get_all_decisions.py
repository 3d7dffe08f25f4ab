import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.decision_page import DecisionPage
from ...models.get_all_decisions_action import GetAllDecisionsAction
from ...models.get_all_decisions_ordering import GetAllDecisionsOrdering
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    action: GetAllDecisionsAction | Unset = UNSET,
    applied: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetAllDecisionsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_action: str | Unset = UNSET
    if not isinstance(action, Unset):
        json_action = action

    params["action"] = json_action

    params["applied"] = applied

    params["cursor"] = cursor

    json_end: str | Unset = UNSET
    if not isinstance(end, Unset):
        json_end = end.isoformat()
    params["end"] = json_end

    params["endpoint"] = endpoint

    params["limit"] = limit

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["project"] = project

    json_start: str | Unset = UNSET
    if not isinstance(start, Unset):
        json_start = start.isoformat()
    params["start"] = json_start

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/decisions",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> DecisionPage | None:
    if response.status_code == 200:
        response_200 = DecisionPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[DecisionPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    action: GetAllDecisionsAction | Unset = UNSET,
    applied: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetAllDecisionsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> Response[DecisionPage]:
    """Decisions over all your endpoints, newest first

    Args:
        action (GetAllDecisionsAction | Unset):
        applied (bool | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetAllDecisionsOrdering | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DecisionPage]
    """

    kwargs = _get_kwargs(
        action=action,
        applied=applied,
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        limit=limit,
        ordering=ordering,
        project=project,
        start=start,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    action: GetAllDecisionsAction | Unset = UNSET,
    applied: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetAllDecisionsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> DecisionPage | None:
    """Decisions over all your endpoints, newest first

    Args:
        action (GetAllDecisionsAction | Unset):
        applied (bool | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetAllDecisionsOrdering | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DecisionPage
    """

    return sync_detailed(
        client=client,
        action=action,
        applied=applied,
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        limit=limit,
        ordering=ordering,
        project=project,
        start=start,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    action: GetAllDecisionsAction | Unset = UNSET,
    applied: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetAllDecisionsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> Response[DecisionPage]:
    """Decisions over all your endpoints, newest first

    Args:
        action (GetAllDecisionsAction | Unset):
        applied (bool | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetAllDecisionsOrdering | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DecisionPage]
    """

    kwargs = _get_kwargs(
        action=action,
        applied=applied,
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        limit=limit,
        ordering=ordering,
        project=project,
        start=start,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    action: GetAllDecisionsAction | Unset = UNSET,
    applied: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetAllDecisionsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
) -> DecisionPage | None:
    """Decisions over all your endpoints, newest first

    Args:
        action (GetAllDecisionsAction | Unset):
        applied (bool | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetAllDecisionsOrdering | Unset):
        project (str | Unset):
        start (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DecisionPage
    """

    return (
        await asyncio_detailed(
            client=client,
            action=action,
            applied=applied,
            cursor=cursor,
            end=end,
            endpoint=endpoint,
            limit=limit,
            ordering=ordering,
            project=project,
            start=start,
        )
    ).parsed

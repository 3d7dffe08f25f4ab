import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.audit_event_page import AuditEventPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    actor: str | Unset = UNSET,
    address: str | Unset = UNSET,
    changes_only: bool | Unset = True,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    request_id: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    subject: str | Unset = UNSET,
    topic: str | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["actor"] = actor

    params["address"] = address

    params["changes_only"] = changes_only

    params["cursor"] = cursor

    params["limit"] = limit

    params["request_id"] = request_id

    json_since: str | Unset = UNSET
    if not isinstance(since, Unset):
        json_since = since.isoformat()
    params["since"] = json_since

    params["subject"] = subject

    params["topic"] = topic

    json_until: str | Unset = UNSET
    if not isinstance(until, Unset):
        json_until = until.isoformat()
    params["until"] = json_until

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/audit-events",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> AuditEventPage | None:
    if response.status_code == 200:
        response_200 = AuditEventPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[AuditEventPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    actor: str | Unset = UNSET,
    address: str | Unset = UNSET,
    changes_only: bool | Unset = True,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    request_id: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    subject: str | Unset = UNSET,
    topic: str | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
) -> Response[AuditEventPage]:
    """Who changed what, newest first

    Args:
        actor (str | Unset):
        address (str | Unset):
        changes_only (bool | Unset):  Default: True.
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        request_id (str | Unset):
        since (datetime.datetime | Unset):
        subject (str | Unset):
        topic (str | Unset):
        until (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuditEventPage]
    """

    kwargs = _get_kwargs(
        actor=actor,
        address=address,
        changes_only=changes_only,
        cursor=cursor,
        limit=limit,
        request_id=request_id,
        since=since,
        subject=subject,
        topic=topic,
        until=until,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    actor: str | Unset = UNSET,
    address: str | Unset = UNSET,
    changes_only: bool | Unset = True,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    request_id: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    subject: str | Unset = UNSET,
    topic: str | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
) -> AuditEventPage | None:
    """Who changed what, newest first

    Args:
        actor (str | Unset):
        address (str | Unset):
        changes_only (bool | Unset):  Default: True.
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        request_id (str | Unset):
        since (datetime.datetime | Unset):
        subject (str | Unset):
        topic (str | Unset):
        until (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuditEventPage
    """

    return sync_detailed(
        client=client,
        actor=actor,
        address=address,
        changes_only=changes_only,
        cursor=cursor,
        limit=limit,
        request_id=request_id,
        since=since,
        subject=subject,
        topic=topic,
        until=until,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    actor: str | Unset = UNSET,
    address: str | Unset = UNSET,
    changes_only: bool | Unset = True,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    request_id: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    subject: str | Unset = UNSET,
    topic: str | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
) -> Response[AuditEventPage]:
    """Who changed what, newest first

    Args:
        actor (str | Unset):
        address (str | Unset):
        changes_only (bool | Unset):  Default: True.
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        request_id (str | Unset):
        since (datetime.datetime | Unset):
        subject (str | Unset):
        topic (str | Unset):
        until (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuditEventPage]
    """

    kwargs = _get_kwargs(
        actor=actor,
        address=address,
        changes_only=changes_only,
        cursor=cursor,
        limit=limit,
        request_id=request_id,
        since=since,
        subject=subject,
        topic=topic,
        until=until,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    actor: str | Unset = UNSET,
    address: str | Unset = UNSET,
    changes_only: bool | Unset = True,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    request_id: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    subject: str | Unset = UNSET,
    topic: str | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
) -> AuditEventPage | None:
    """Who changed what, newest first

    Args:
        actor (str | Unset):
        address (str | Unset):
        changes_only (bool | Unset):  Default: True.
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        request_id (str | Unset):
        since (datetime.datetime | Unset):
        subject (str | Unset):
        topic (str | Unset):
        until (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuditEventPage
    """

    return (
        await asyncio_detailed(
            client=client,
            actor=actor,
            address=address,
            changes_only=changes_only,
            cursor=cursor,
            limit=limit,
            request_id=request_id,
            since=since,
            subject=subject,
            topic=topic,
            until=until,
        )
    ).parsed

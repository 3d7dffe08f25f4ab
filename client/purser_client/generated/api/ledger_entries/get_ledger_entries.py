import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_ledger_entries_kind import GetLedgerEntriesKind
from ...models.get_ledger_entries_ordering import GetLedgerEntriesOrdering
from ...models.ledger_entry_page import LedgerEntryPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    account: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    instance: str | Unset = UNSET,
    kind: GetLedgerEntriesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetLedgerEntriesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    reversal: bool | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
    transaction: UUID | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["account"] = account

    params["cloud"] = cloud

    params["cursor"] = cursor

    json_end: str | Unset = UNSET
    if not isinstance(end, Unset):
        json_end = end.isoformat()
    params["end"] = json_end

    params["endpoint"] = endpoint

    params["instance"] = instance

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

    params["reversal"] = reversal

    json_start: str | Unset = UNSET
    if not isinstance(start, Unset):
        json_start = start.isoformat()
    params["start"] = json_start

    json_transaction: str | Unset = UNSET
    if not isinstance(transaction, Unset):
        json_transaction = str(transaction)
    params["transaction"] = json_transaction

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/ledger-entries",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> LedgerEntryPage | None:
    if response.status_code == 200:
        response_200 = LedgerEntryPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[LedgerEntryPage]:
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
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    instance: str | Unset = UNSET,
    kind: GetLedgerEntriesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetLedgerEntriesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    reversal: bool | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
    transaction: UUID | Unset = UNSET,
) -> Response[LedgerEntryPage]:
    """Entries of the ledger, the last recorded first

    Args:
        account (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        instance (str | Unset):
        kind (GetLedgerEntriesKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetLedgerEntriesOrdering | Unset):
        project (str | Unset):
        reversal (bool | Unset):
        start (datetime.datetime | Unset):
        transaction (UUID | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LedgerEntryPage]
    """

    kwargs = _get_kwargs(
        account=account,
        cloud=cloud,
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        instance=instance,
        kind=kind,
        limit=limit,
        ordering=ordering,
        project=project,
        reversal=reversal,
        start=start,
        transaction=transaction,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    instance: str | Unset = UNSET,
    kind: GetLedgerEntriesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetLedgerEntriesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    reversal: bool | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
    transaction: UUID | Unset = UNSET,
) -> LedgerEntryPage | None:
    """Entries of the ledger, the last recorded first

    Args:
        account (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        instance (str | Unset):
        kind (GetLedgerEntriesKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetLedgerEntriesOrdering | Unset):
        project (str | Unset):
        reversal (bool | Unset):
        start (datetime.datetime | Unset):
        transaction (UUID | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LedgerEntryPage
    """

    return sync_detailed(
        client=client,
        account=account,
        cloud=cloud,
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        instance=instance,
        kind=kind,
        limit=limit,
        ordering=ordering,
        project=project,
        reversal=reversal,
        start=start,
        transaction=transaction,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    instance: str | Unset = UNSET,
    kind: GetLedgerEntriesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetLedgerEntriesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    reversal: bool | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
    transaction: UUID | Unset = UNSET,
) -> Response[LedgerEntryPage]:
    """Entries of the ledger, the last recorded first

    Args:
        account (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        instance (str | Unset):
        kind (GetLedgerEntriesKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetLedgerEntriesOrdering | Unset):
        project (str | Unset):
        reversal (bool | Unset):
        start (datetime.datetime | Unset):
        transaction (UUID | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LedgerEntryPage]
    """

    kwargs = _get_kwargs(
        account=account,
        cloud=cloud,
        cursor=cursor,
        end=end,
        endpoint=endpoint,
        instance=instance,
        kind=kind,
        limit=limit,
        ordering=ordering,
        project=project,
        reversal=reversal,
        start=start,
        transaction=transaction,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    account: str | Unset = UNSET,
    cloud: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    end: datetime.datetime | Unset = UNSET,
    endpoint: str | Unset = UNSET,
    instance: str | Unset = UNSET,
    kind: GetLedgerEntriesKind | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetLedgerEntriesOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    reversal: bool | Unset = UNSET,
    start: datetime.datetime | Unset = UNSET,
    transaction: UUID | Unset = UNSET,
) -> LedgerEntryPage | None:
    """Entries of the ledger, the last recorded first

    Args:
        account (str | Unset):
        cloud (str | Unset):
        cursor (str | Unset):
        end (datetime.datetime | Unset):
        endpoint (str | Unset):
        instance (str | Unset):
        kind (GetLedgerEntriesKind | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetLedgerEntriesOrdering | Unset):
        project (str | Unset):
        reversal (bool | Unset):
        start (datetime.datetime | Unset):
        transaction (UUID | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LedgerEntryPage
    """

    return (
        await asyncio_detailed(
            client=client,
            account=account,
            cloud=cloud,
            cursor=cursor,
            end=end,
            endpoint=endpoint,
            instance=instance,
            kind=kind,
            limit=limit,
            ordering=ordering,
            project=project,
            reversal=reversal,
            start=start,
            transaction=transaction,
        )
    ).parsed

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.trial_page import TrialPage
from ...types import UNSET, Response, Unset


def _get_kwargs(
    public_id: str,
    *,
    cursor: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["kind"] = kind

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/accounts/{public_id}/trials".format(
            public_id=quote(str(public_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> TrialPage | None:
    if response.status_code == 200:
        response_200 = TrialPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[TrialPage]:
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
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
) -> Response[TrialPage]:
    """The last trials of an account, newest first

    Args:
        public_id (str):
        cursor (str | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[TrialPage]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        cursor=cursor,
        kind=kind,
        limit=limit,
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
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
) -> TrialPage | None:
    """The last trials of an account, newest first

    Args:
        public_id (str):
        cursor (str | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        TrialPage
    """

    return sync_detailed(
        public_id=public_id,
        client=client,
        cursor=cursor,
        kind=kind,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    public_id: str,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
) -> Response[TrialPage]:
    """The last trials of an account, newest first

    Args:
        public_id (str):
        cursor (str | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[TrialPage]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        cursor=cursor,
        kind=kind,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    public_id: str,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    limit: int | Unset = 50,
) -> TrialPage | None:
    """The last trials of an account, newest first

    Args:
        public_id (str):
        cursor (str | Unset):
        kind (str | Unset):
        limit (int | Unset):  Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        TrialPage
    """

    return (
        await asyncio_detailed(
            public_id=public_id,
            client=client,
            cursor=cursor,
            kind=kind,
            limit=limit,
        )
    ).parsed

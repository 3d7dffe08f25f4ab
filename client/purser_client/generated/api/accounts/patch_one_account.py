from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.account_out import AccountOut
from ...models.patched_account_changes_in_request import PatchedAccountChangesInRequest
from ...types import UNSET, Response, Unset


def _get_kwargs(
    public_id: str,
    *,
    body: PatchedAccountChangesInRequest | Unset = UNSET,
    if_match: str,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["If-Match"] = if_match

    _kwargs: dict[str, Any] = {
        "method": "patch",
        "url": "/api/v1/accounts/{public_id}".format(
            public_id=quote(str(public_id), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> AccountOut | None:
    if response.status_code == 200:
        response_200 = AccountOut.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[AccountOut]:
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
    body: PatchedAccountChangesInRequest | Unset = UNSET,
    if_match: str,
) -> Response[AccountOut]:
    """Change its name, options or credential, or switch it off

    Args:
        public_id (str):
        if_match (str):
        body (PatchedAccountChangesInRequest | Unset): Refuses fields it does not have, in bodies
            and in query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AccountOut]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        body=body,
        if_match=if_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    public_id: str,
    *,
    client: AuthenticatedClient,
    body: PatchedAccountChangesInRequest | Unset = UNSET,
    if_match: str,
) -> AccountOut | None:
    """Change its name, options or credential, or switch it off

    Args:
        public_id (str):
        if_match (str):
        body (PatchedAccountChangesInRequest | Unset): Refuses fields it does not have, in bodies
            and in query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AccountOut
    """

    return sync_detailed(
        public_id=public_id,
        client=client,
        body=body,
        if_match=if_match,
    ).parsed


async def asyncio_detailed(
    public_id: str,
    *,
    client: AuthenticatedClient,
    body: PatchedAccountChangesInRequest | Unset = UNSET,
    if_match: str,
) -> Response[AccountOut]:
    """Change its name, options or credential, or switch it off

    Args:
        public_id (str):
        if_match (str):
        body (PatchedAccountChangesInRequest | Unset): Refuses fields it does not have, in bodies
            and in query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AccountOut]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        body=body,
        if_match=if_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    public_id: str,
    *,
    client: AuthenticatedClient,
    body: PatchedAccountChangesInRequest | Unset = UNSET,
    if_match: str,
) -> AccountOut | None:
    """Change its name, options or credential, or switch it off

    Args:
        public_id (str):
        if_match (str):
        body (PatchedAccountChangesInRequest | Unset): Refuses fields it does not have, in bodies
            and in query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AccountOut
    """

    return (
        await asyncio_detailed(
            public_id=public_id,
            client=client,
            body=body,
            if_match=if_match,
        )
    ).parsed

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.allocation_accepted_out import AllocationAcceptedOut
from ...models.patched_allocation_changes_in_request import PatchedAllocationChangesInRequest
from ...types import UNSET, Response, Unset


def _get_kwargs(
    public_id: str,
    *,
    body: PatchedAllocationChangesInRequest | Unset = UNSET,
    if_match: str,
    prefer: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["If-Match"] = if_match

    if not isinstance(prefer, Unset):
        headers["Prefer"] = prefer

    _kwargs: dict[str, Any] = {
        "method": "patch",
        "url": "/api/v1/allocations/{public_id}".format(
            public_id=quote(str(public_id), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> AllocationAcceptedOut | None:
    if response.status_code == 200:
        response_200 = AllocationAcceptedOut.from_dict(response.json())

        return response_200

    if response.status_code == 202:
        response_202 = AllocationAcceptedOut.from_dict(response.json())

        return response_202

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AllocationAcceptedOut]:
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
    body: PatchedAllocationChangesInRequest | Unset = UNSET,
    if_match: str,
    prefer: str | Unset = UNSET,
) -> Response[AllocationAcceptedOut]:
    """Change its name, labels, end or size

     All of the body or nothing. Made smaller, the machines least missed go: those not ready first, then
    those
            without work, then the dearest, then the youngest. A size that would split a machine is
    refused with the
            nearest ones that would not. Another size is answered with 202 and an operation.

    Args:
        public_id (str):
        if_match (str):
        prefer (str | Unset):
        body (PatchedAllocationChangesInRequest | Unset): Only what is given changes. Growing is
            planned and bought as everything is; of fewer, whole machines end.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AllocationAcceptedOut]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        body=body,
        if_match=if_match,
        prefer=prefer,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    public_id: str,
    *,
    client: AuthenticatedClient,
    body: PatchedAllocationChangesInRequest | Unset = UNSET,
    if_match: str,
    prefer: str | Unset = UNSET,
) -> AllocationAcceptedOut | None:
    """Change its name, labels, end or size

     All of the body or nothing. Made smaller, the machines least missed go: those not ready first, then
    those
            without work, then the dearest, then the youngest. A size that would split a machine is
    refused with the
            nearest ones that would not. Another size is answered with 202 and an operation.

    Args:
        public_id (str):
        if_match (str):
        prefer (str | Unset):
        body (PatchedAllocationChangesInRequest | Unset): Only what is given changes. Growing is
            planned and bought as everything is; of fewer, whole machines end.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AllocationAcceptedOut
    """

    return sync_detailed(
        public_id=public_id,
        client=client,
        body=body,
        if_match=if_match,
        prefer=prefer,
    ).parsed


async def asyncio_detailed(
    public_id: str,
    *,
    client: AuthenticatedClient,
    body: PatchedAllocationChangesInRequest | Unset = UNSET,
    if_match: str,
    prefer: str | Unset = UNSET,
) -> Response[AllocationAcceptedOut]:
    """Change its name, labels, end or size

     All of the body or nothing. Made smaller, the machines least missed go: those not ready first, then
    those
            without work, then the dearest, then the youngest. A size that would split a machine is
    refused with the
            nearest ones that would not. Another size is answered with 202 and an operation.

    Args:
        public_id (str):
        if_match (str):
        prefer (str | Unset):
        body (PatchedAllocationChangesInRequest | Unset): Only what is given changes. Growing is
            planned and bought as everything is; of fewer, whole machines end.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AllocationAcceptedOut]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        body=body,
        if_match=if_match,
        prefer=prefer,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    public_id: str,
    *,
    client: AuthenticatedClient,
    body: PatchedAllocationChangesInRequest | Unset = UNSET,
    if_match: str,
    prefer: str | Unset = UNSET,
) -> AllocationAcceptedOut | None:
    """Change its name, labels, end or size

     All of the body or nothing. Made smaller, the machines least missed go: those not ready first, then
    those
            without work, then the dearest, then the youngest. A size that would split a machine is
    refused with the
            nearest ones that would not. Another size is answered with 202 and an operation.

    Args:
        public_id (str):
        if_match (str):
        prefer (str | Unset):
        body (PatchedAllocationChangesInRequest | Unset): Only what is given changes. Growing is
            planned and bought as everything is; of fewer, whole machines end.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AllocationAcceptedOut
    """

    return (
        await asyncio_detailed(
            public_id=public_id,
            client=client,
            body=body,
            if_match=if_match,
            prefer=prefer,
        )
    ).parsed

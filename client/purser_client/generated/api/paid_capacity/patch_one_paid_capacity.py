from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.paid_capacity_out import PaidCapacityOut
from ...models.patched_paid_capacity_change_request import PatchedPaidCapacityChangeRequest
from ...types import Response


def _get_kwargs(
    public_id: str,
    *,
    body: PatchedPaidCapacityChangeRequest,
    if_match: str,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["If-Match"] = if_match

    _kwargs: dict[str, Any] = {
        "method": "patch",
        "url": "/api/v1/paid-capacity/{public_id}".format(
            public_id=quote(str(public_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> PaidCapacityOut | None:
    if response.status_code == 200:
        response_200 = PaidCapacityOut.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[PaidCapacityOut]:
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
    body: PatchedPaidCapacityChangeRequest,
    if_match: str,
) -> Response[PaidCapacityOut]:
    """Share it with every project, or keep it for its own

     Taken back, what others run in it stays until it ends, and nothing more of theirs goes in.

    Args:
        public_id (str):
        if_match (str):
        body (PatchedPaidCapacityChangeRequest): Refuses fields it does not have, in bodies and in
            query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaidCapacityOut]
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
    body: PatchedPaidCapacityChangeRequest,
    if_match: str,
) -> PaidCapacityOut | None:
    """Share it with every project, or keep it for its own

     Taken back, what others run in it stays until it ends, and nothing more of theirs goes in.

    Args:
        public_id (str):
        if_match (str):
        body (PatchedPaidCapacityChangeRequest): Refuses fields it does not have, in bodies and in
            query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaidCapacityOut
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
    body: PatchedPaidCapacityChangeRequest,
    if_match: str,
) -> Response[PaidCapacityOut]:
    """Share it with every project, or keep it for its own

     Taken back, what others run in it stays until it ends, and nothing more of theirs goes in.

    Args:
        public_id (str):
        if_match (str):
        body (PatchedPaidCapacityChangeRequest): Refuses fields it does not have, in bodies and in
            query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaidCapacityOut]
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
    body: PatchedPaidCapacityChangeRequest,
    if_match: str,
) -> PaidCapacityOut | None:
    """Share it with every project, or keep it for its own

     Taken back, what others run in it stays until it ends, and nothing more of theirs goes in.

    Args:
        public_id (str):
        if_match (str):
        body (PatchedPaidCapacityChangeRequest): Refuses fields it does not have, in bodies and in
            query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaidCapacityOut
    """

    return (
        await asyncio_detailed(
            public_id=public_id,
            client=client,
            body=body,
            if_match=if_match,
        )
    ).parsed

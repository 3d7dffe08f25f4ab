from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.change_request_out import ChangeRequestOut
from ...models.why_request import WhyRequest
from ...types import UNSET, Response, Unset


def _get_kwargs(
    public_id: str,
    *,
    body: WhyRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/change-requests/{public_id}/approve".format(
            public_id=quote(str(public_id), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ChangeRequestOut | None:
    if response.status_code == 200:
        response_200 = ChangeRequestOut.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ChangeRequestOut]:
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
    body: WhyRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[ChangeRequestOut]:
    """Make the change somebody else asked for

     Once whoever asked may not ask for it any more, nothing is changed: the state is `outdated` then. A
    block
            whose offer has run out is not bought: 422 `offer-expired`.

    Args:
        public_id (str):
        idempotency_key (str | Unset):
        body (WhyRequest | Unset): A reason, for whoever approves and for the audit log.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ChangeRequestOut]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    public_id: str,
    *,
    client: AuthenticatedClient,
    body: WhyRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> ChangeRequestOut | None:
    """Make the change somebody else asked for

     Once whoever asked may not ask for it any more, nothing is changed: the state is `outdated` then. A
    block
            whose offer has run out is not bought: 422 `offer-expired`.

    Args:
        public_id (str):
        idempotency_key (str | Unset):
        body (WhyRequest | Unset): A reason, for whoever approves and for the audit log.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ChangeRequestOut
    """

    return sync_detailed(
        public_id=public_id,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    public_id: str,
    *,
    client: AuthenticatedClient,
    body: WhyRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[ChangeRequestOut]:
    """Make the change somebody else asked for

     Once whoever asked may not ask for it any more, nothing is changed: the state is `outdated` then. A
    block
            whose offer has run out is not bought: 422 `offer-expired`.

    Args:
        public_id (str):
        idempotency_key (str | Unset):
        body (WhyRequest | Unset): A reason, for whoever approves and for the audit log.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ChangeRequestOut]
    """

    kwargs = _get_kwargs(
        public_id=public_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    public_id: str,
    *,
    client: AuthenticatedClient,
    body: WhyRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> ChangeRequestOut | None:
    """Make the change somebody else asked for

     Once whoever asked may not ask for it any more, nothing is changed: the state is `outdated` then. A
    block
            whose offer has run out is not bought: 422 `offer-expired`.

    Args:
        public_id (str):
        idempotency_key (str | Unset):
        body (WhyRequest | Unset): A reason, for whoever approves and for the audit log.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ChangeRequestOut
    """

    return (
        await asyncio_detailed(
            public_id=public_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.rotation_in_request import RotationInRequest
from ...models.trial_out import TrialOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    public_id: str,
    *,
    body: RotationInRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/accounts/{public_id}/rotate".format(
            public_id=quote(str(public_id), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> TrialOut | None:
    if response.status_code == 202:
        response_202 = TrialOut.from_dict(response.json())

        return response_202

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[TrialOut]:
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
    body: RotationInRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[TrialOut]:
    """Put another credential in place, once a trial has shown that it will do

     The old one stays until then: it works, belongs to the same account of the cloud and lacks no
    permission.

    Args:
        public_id (str):
        idempotency_key (str | Unset):
        body (RotationInRequest | Unset): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[TrialOut]
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
    body: RotationInRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> TrialOut | None:
    """Put another credential in place, once a trial has shown that it will do

     The old one stays until then: it works, belongs to the same account of the cloud and lacks no
    permission.

    Args:
        public_id (str):
        idempotency_key (str | Unset):
        body (RotationInRequest | Unset): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        TrialOut
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
    body: RotationInRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[TrialOut]:
    """Put another credential in place, once a trial has shown that it will do

     The old one stays until then: it works, belongs to the same account of the cloud and lacks no
    permission.

    Args:
        public_id (str):
        idempotency_key (str | Unset):
        body (RotationInRequest | Unset): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[TrialOut]
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
    body: RotationInRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> TrialOut | None:
    """Put another credential in place, once a trial has shown that it will do

     The old one stays until then: it works, belongs to the same account of the cloud and lacks no
    permission.

    Args:
        public_id (str):
        idempotency_key (str | Unset):
        body (RotationInRequest | Unset): Refuses fields it does not have, in bodies and in query
            parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        TrialOut
    """

    return (
        await asyncio_detailed(
            public_id=public_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed

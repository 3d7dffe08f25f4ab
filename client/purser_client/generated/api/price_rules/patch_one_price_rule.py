from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.patched_price_rule_changes_in_request import PatchedPriceRuleChangesInRequest
from ...models.price_rule_out import PriceRuleOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    public_id: str,
    *,
    body: PatchedPriceRuleChangesInRequest | Unset = UNSET,
    if_match: str,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["If-Match"] = if_match

    _kwargs: dict[str, Any] = {
        "method": "patch",
        "url": "/api/v1/price-rules/{public_id}".format(
            public_id=quote(str(public_id), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> PriceRuleOut | None:
    if response.status_code == 200:
        response_200 = PriceRuleOut.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[PriceRuleOut]:
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
    body: PatchedPriceRuleChangesInRequest | Unset = UNSET,
    if_match: str,
) -> Response[PriceRuleOut]:
    """Call it otherwise, or end it

     What it costs does not change, so that past prices stay told: end it and add another.

    Args:
        public_id (str):
        if_match (str):
        body (PatchedPriceRuleChangesInRequest | Unset): Refuses fields it does not have, in
            bodies and in query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PriceRuleOut]
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
    body: PatchedPriceRuleChangesInRequest | Unset = UNSET,
    if_match: str,
) -> PriceRuleOut | None:
    """Call it otherwise, or end it

     What it costs does not change, so that past prices stay told: end it and add another.

    Args:
        public_id (str):
        if_match (str):
        body (PatchedPriceRuleChangesInRequest | Unset): Refuses fields it does not have, in
            bodies and in query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PriceRuleOut
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
    body: PatchedPriceRuleChangesInRequest | Unset = UNSET,
    if_match: str,
) -> Response[PriceRuleOut]:
    """Call it otherwise, or end it

     What it costs does not change, so that past prices stay told: end it and add another.

    Args:
        public_id (str):
        if_match (str):
        body (PatchedPriceRuleChangesInRequest | Unset): Refuses fields it does not have, in
            bodies and in query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PriceRuleOut]
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
    body: PatchedPriceRuleChangesInRequest | Unset = UNSET,
    if_match: str,
) -> PriceRuleOut | None:
    """Call it otherwise, or end it

     What it costs does not change, so that past prices stay told: end it and add another.

    Args:
        public_id (str):
        if_match (str):
        body (PatchedPriceRuleChangesInRequest | Unset): Refuses fields it does not have, in
            bodies and in query parameters.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PriceRuleOut
    """

    return (
        await asyncio_detailed(
            public_id=public_id,
            client=client,
            body=body,
            if_match=if_match,
        )
    ).parsed

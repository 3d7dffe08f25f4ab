from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.block_question_page import BlockQuestionPage
from ...models.get_block_questions_ordering import GetBlockQuestionsOrdering
from ...models.get_block_questions_state import GetBlockQuestionsState
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetBlockQuestionsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetBlockQuestionsState | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["limit"] = limit

    json_ordering: str | Unset = UNSET
    if not isinstance(ordering, Unset):
        json_ordering = ordering

    params["ordering"] = json_ordering

    params["project"] = project

    json_state: str | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = state

    params["state"] = json_state

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/block-offers",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> BlockQuestionPage | None:
    if response.status_code == 200:
        response_200 = BlockQuestionPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[BlockQuestionPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetBlockQuestionsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetBlockQuestionsState | Unset = UNSET,
) -> Response[BlockQuestionPage]:
    """Questions for capacity blocks, newest first

     Each is kept for a day. Asking one is a POST.

    Args:
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetBlockQuestionsOrdering | Unset):
        project (str | Unset):
        state (GetBlockQuestionsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BlockQuestionPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        limit=limit,
        ordering=ordering,
        project=project,
        state=state,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetBlockQuestionsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetBlockQuestionsState | Unset = UNSET,
) -> BlockQuestionPage | None:
    """Questions for capacity blocks, newest first

     Each is kept for a day. Asking one is a POST.

    Args:
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetBlockQuestionsOrdering | Unset):
        project (str | Unset):
        state (GetBlockQuestionsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BlockQuestionPage
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        limit=limit,
        ordering=ordering,
        project=project,
        state=state,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetBlockQuestionsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetBlockQuestionsState | Unset = UNSET,
) -> Response[BlockQuestionPage]:
    """Questions for capacity blocks, newest first

     Each is kept for a day. Asking one is a POST.

    Args:
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetBlockQuestionsOrdering | Unset):
        project (str | Unset):
        state (GetBlockQuestionsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BlockQuestionPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        limit=limit,
        ordering=ordering,
        project=project,
        state=state,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    limit: int | Unset = 50,
    ordering: GetBlockQuestionsOrdering | Unset = UNSET,
    project: str | Unset = UNSET,
    state: GetBlockQuestionsState | Unset = UNSET,
) -> BlockQuestionPage | None:
    """Questions for capacity blocks, newest first

     Each is kept for a day. Asking one is a POST.

    Args:
        cursor (str | Unset):
        limit (int | Unset):  Default: 50.
        ordering (GetBlockQuestionsOrdering | Unset):
        project (str | Unset):
        state (GetBlockQuestionsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BlockQuestionPage
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            limit=limit,
            ordering=ordering,
            project=project,
            state=state,
        )
    ).parsed

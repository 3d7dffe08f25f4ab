"""Many at once: each item is judged alone, and the answer says of each what came of it.

Each item is one savepoint: what is refused leaves nothing of itself behind, and the others stand. All of them share
one Idempotency-Key, so a repeat of the whole is answered with the whole first answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import transaction
from rest_framework import serializers

from fleet.api.base import ApiView
from fleet.api.operations import path_of
from fleet.api.problems import problem_of
from fleet.api.schema import ProblemOut
from fleet.models import Project
from fleet.services import operations
from fleet.services.idempotency import Answer

MOST_ITEMS = 50
Item = TypeVar("Item")


class BulkResultItemOut(serializers.Serializer[Any]):
    """What came of one item: a status as if it had been asked for alone, and an id or a problem."""

    index = serializers.IntegerField(help_text="Place in the request, from 0")
    status = serializers.IntegerField()
    id = serializers.CharField(allow_null=True)
    operation = serializers.CharField(allow_null=True)
    problem = ProblemOut(allow_null=True)


class BulkResultOut(serializers.Serializer[Any]):
    items = BulkResultItemOut(many=True)
    succeeded = serializers.IntegerField()
    refused = serializers.IntegerField()
    operation = serializers.CharField(allow_null=True, help_text="Of all that were accepted; empty: none was")


def done(view: ApiView, items: Sequence[Item], act: Callable[[Item], Answer]) -> Answer:
    """Do it for every item. An answer's body names `id` and, where it takes a while, `operation`.

    Call inside a transaction: each item is a savepoint of it.
    """
    results = [_one(index, item, act, view.request_id) for index, item in enumerate(items)]
    under_way = [result["operation"] for result in results if result["operation"]]
    operation = None
    if under_way:
        operation = operations.start(
            "bulk",
            subject=under_way[0],
            project=_project_of(under_way),
            target={"operations": under_way},
            **view.asked(),
        )
    succeeded = sum(result["problem"] is None for result in results)
    body = {
        "items": results,
        "succeeded": succeeded,
        "refused": len(results) - succeeded,
        "operation": operation.public_id if operation else None,
    }
    return Answer(200, body, headers={"Operation-Location": path_of(operation)} if operation else {})


def _one(index: int, item: Item, act: Callable[[Item], Answer], request_id: str) -> dict[str, Any]:
    try:
        with transaction.atomic():
            answer = act(item)
    except Exception as error:
        problem = problem_of(error, request_id=request_id)
        if problem["status"] >= 500:
            raise  # a fault of ours takes the whole request back
        return {"index": index, "status": problem["status"], "id": None, "operation": None, "problem": problem}
    told = {"id": answer.body["id"], "operation": answer.body.get("operation"), "problem": None}
    return {"index": index, "status": answer.status, **told}


def _project_of(under_way: Sequence[str]) -> Project | None:
    """Theirs, when all are of one; else whoever sees all projects sees the whole, and everybody their own part."""
    projects = list(Project.objects.filter(operations__public_id__in=under_way).distinct()[:2])
    return projects[0] if len(projects) == 1 else None

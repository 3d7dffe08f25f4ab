"""Quotas and budgets: list, read, create, change, delete, many at once.

Where two pairs of eyes are asked for, what would let more be held or spent answers 202 with the change request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.cursors import PageQuery, page, paged
from fleet.api.fields import Word
from fleet.api.limit_shapes import (
    BudgetChange,
    BudgetIn,
    BudgetOut,
    BudgetsBulkIn,
    ChangeRequestOut,
    LimitLinesOut,
    LimitLinesQuery,
    QuotaChange,
    QuotaIn,
    QuotaOut,
    QuotasBulkIn,
    budget_json,
    budget_terms,
    line_json,
    quota_json,
    quota_terms,
    request_json,
)
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, IF_MATCH, says
from fleet.models import Budget, ChangeRequest, ChangeState, Project, Quota
from fleet.services import budgets, bulk, limit_steps, limits
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer


class LimitQuery(PageQuery):
    project = Word(required=False, help_text="Slug")
    cloud = Word(required=False)


class LimitView(ApiView):
    """What quotas and budgets have in common."""

    resource = "limits"
    sensitive = True
    noun: str

    def filtered(self, query: dict[str, Any]) -> QuerySet[Any]:
        rows = self.visible(limits.MODELS[self.noun].objects.select_related("project"))
        for parameter, column in (("project", "project__slug"), ("cloud", "cloud")):
            if parameter in query:
                rows = rows.filter(**{column: query[parameter]})
        return rows

    def listed(self, request: Request, shown: Callable[[Sequence[int]], dict[int, dict[str, Any]]]) -> Response:
        """A page of ids, then everything about exactly those."""
        query = self.query(LimitQuery)
        found = page(request._request, self.filtered(query).values("pk", "public_id"), query, key="public_id", row=dict)
        rows = shown([item["pk"] for item in found["items"]])
        return Response({**found, "items": [rows[item["pk"]] for item in found["items"] if item["pk"] in rows]})

    def project_for(self, name: str | None) -> Project | None:
        """The project a body names; none for the whole installation, which is a superuser's."""
        if name:
            return self.project_named(name)
        if not limits.may_set(self.caller, None):
            return self.project_named(None)
        return None

    def row(self, public_id: str) -> Any:
        return self.one(limits.MODELS[self.noun].objects.select_related("project"), public_id)

    def answer(self, row: Quota | Budget, *, note: str = "", waiting: ChangeRequest | None = None) -> dict[str, Any]:
        """One limit as it is shown, read anew."""
        about: dict[str, Any] = {
            "note": note,
            "waiting": waiting.public_id if waiting else waiting_for([row.public_id]).get(row.public_id),
        }
        if isinstance(row, Quota):
            [(quota, held)] = budgets.quota_status([row])
            return quota_json(quota, held, **about)
        [status] = budgets.status(business_now(), only=[row.pk])
        return budget_json(status, **about)

    def shown_one(self, public_id: str) -> Response:
        row = self.row(public_id)
        return self.shown(self.answer(row), row.generation)

    def created(self, body: dict[str, Any], terms: dict[str, Any]) -> Response:
        project = self.project_for(body.get("project"))
        self.require(project.pk if project else None)
        make = limits.create_quota if self.noun == "quota" else limits.create_budget

        def run() -> Answer:
            now = business_now()
            made = make(project=project, by=self.caller, now=now, **terms)
            note = budgets.over_held(made, now=now)
            return Answer(201, self.answer(made, note=note), f"/api/v1/{self.noun}s/{made.public_id}")

        return self.once(run, spends=False)

    def changed(self, public_id: str, changes: dict[str, Any], why: str) -> Response:
        row = self.row(public_id)
        generation = self.unchanged(row.generation)
        outcome = limits.change_limit(
            public_id, changes=changes, by=self.caller, now=business_now(), generation=generation, why=why
        )
        assert outcome.limit is not None
        if outcome.waiting is not None:
            return Response(request_json(outcome.waiting), status=202, headers=_at(outcome.waiting))
        return self.shown(self.answer(outcome.limit, note=outcome.note), outcome.limit.generation)

    def deleted(self, public_id: str) -> Response:
        row = self.row(public_id)
        generation = self.unchanged(row.generation)
        outcome = limits.delete_limit(public_id, by=self.caller, now=business_now(), generation=generation)
        if outcome.waiting is not None:
            return Response(request_json(outcome.waiting), status=202, headers=_at(outcome.waiting))
        return Response(status=204)

    def set_many(self, items: list[dict[str, Any]], terms_of: Callable[[dict[str, Any]], dict[str, Any]]) -> Response:
        query = self.query(LimitLinesQuery)
        by, now = self.caller, business_now()
        steps = [
            limit_steps.setting(self.noun, terms_of(item), project=item.get("project"), by=by, now=now, place=index)
            for index, item in enumerate(items)
        ]

        def run(dry: bool = False) -> Answer:
            lines = bulk.run(steps, dry_run=dry, together=query["together"])
            refused = sum(line.refusal is not None for line in lines)
            applied = not dry and bulk.applied(lines, together=query["together"])
            body = {
                "applied": applied,
                "dry_run": dry,
                "refused": refused,
                "items": [line_json(line) for line in lines],
            }
            return Answer(200, body)

        return Response(run(dry=True).body) if query["dry_run"] else self.once(run, spends=False)


class Quotas(LimitView):
    noun = "quota"

    @says(paged(QuotaOut), query=LimitQuery, summary="Quotas of your projects, with what is held under each")
    def get(self, request: Request) -> Response:
        return self.listed(request, _quotas)

    @says(
        QuotaOut,
        status=201,
        body=QuotaIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Set a quota where there is none",
    )
    def post(self, request: Request) -> Response:
        body = self.body(QuotaIn)
        return self.created(body, quota_terms(body))


class OneQuota(LimitView):
    noun = "quota"

    @says(QuotaOut, path_id="quota", summary="One quota")
    def get(self, request: Request, public_id: str) -> Response:
        return self.shown_one(public_id)

    @says(
        QuotaOut,
        also={202: ChangeRequestOut},
        body=QuotaChange,
        path_id="quota",
        parameters=(IF_MATCH,),
        refuses=(409, 412),
        summary="Change a quota; raising it may wait for another person",
    )
    def patch(self, request: Request, public_id: str) -> Response:
        body = self.body(QuotaChange)
        return self.changed(public_id, quota_terms(body), body.get("why", ""))

    @says(
        None,
        status=204,
        also={202: ChangeRequestOut},
        path_id="quota",
        parameters=(IF_MATCH,),
        refuses=(409, 412),
        summary="Delete a quota; it may wait for another person",
    )
    def delete(self, request: Request, public_id: str) -> Response:
        return self.deleted(public_id)


class QuotasBulk(LimitView):
    noun = "quota"

    @says(
        LimitLinesOut,
        query=LimitLinesQuery,
        body=QuotasBulkIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Set many quotas, or see what would be",
    )
    def post(self, request: Request) -> Response:
        return self.set_many(self.body(QuotasBulkIn)["items"], quota_terms)


class Budgets(LimitView):
    noun = "budget"

    @says(paged(BudgetOut), query=LimitQuery, summary="Budgets of your projects, with what is held, spent and left")
    def get(self, request: Request) -> Response:
        return self.listed(request, _budgets)

    @says(
        BudgetOut,
        status=201,
        body=BudgetIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Set a budget where there is none",
    )
    def post(self, request: Request) -> Response:
        body = self.body(BudgetIn)
        return self.created(body, budget_terms(body))


class OneBudget(LimitView):
    noun = "budget"

    @says(BudgetOut, path_id="bud", summary="One budget, with what is held, spent and left")
    def get(self, request: Request, public_id: str) -> Response:
        return self.shown_one(public_id)

    @says(
        BudgetOut,
        also={202: ChangeRequestOut},
        body=BudgetChange,
        path_id="bud",
        parameters=(IF_MATCH,),
        refuses=(409, 412),
        summary="Change a budget; raising a cap may wait for another person",
    )
    def patch(self, request: Request, public_id: str) -> Response:
        body = self.body(BudgetChange)
        return self.changed(public_id, budget_terms(body), body.get("why", ""))

    @says(
        None,
        status=204,
        also={202: ChangeRequestOut},
        path_id="bud",
        parameters=(IF_MATCH,),
        refuses=(409, 412),
        summary="Delete a budget; it may wait for another person",
    )
    def delete(self, request: Request, public_id: str) -> Response:
        return self.deleted(public_id)


class BudgetsBulk(LimitView):
    noun = "budget"

    @says(
        LimitLinesOut,
        query=LimitLinesQuery,
        body=BudgetsBulkIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Set many budgets, or see what would be",
    )
    def post(self, request: Request) -> Response:
        return self.set_many(self.body(BudgetsBulkIn)["items"], budget_terms)


def waiting_for(subjects: Sequence[str]) -> dict[str, str]:
    """Public ids of limits with the change request that waits about each."""
    waiting = ChangeRequest.objects.filter(subject__in=subjects, state=ChangeState.WAITING)
    return dict(waiting.values_list("subject", "public_id"))


def _quotas(keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    rows = budgets.quota_status(Quota.objects.filter(pk__in=keys).select_related("project"))
    waiting = waiting_for([quota.public_id for quota, _ in rows])
    return {quota.pk: quota_json(quota, held, waiting=waiting.get(quota.public_id)) for quota, held in rows}


def _budgets(keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    rows = budgets.status(business_now(), only=keys)
    waiting = waiting_for([row["public_id"] for row in rows])
    return {row["id"]: budget_json(row, waiting=waiting.get(row["public_id"])) for row in rows}


def _at(request: ChangeRequest) -> dict[str, str]:
    return {"Location": f"/api/v1/change-requests/{request.public_id}"}

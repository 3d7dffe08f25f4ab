"""Capacity blocks for sale: a question is posted, a worker asks the clouds, and the answer is read when it is there."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.conditional import version_of
from fleet.api.fields import Instant, Strict, Whole, Word
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page, paged
from fleet.api.problems import Problem
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, says
from fleet.domain.outcomes import ErrorClass
from fleet.models import BlockQuestion, CloudAccount, QuestionState
from fleet.services import block_questions
from fleet.services.block_offers import Wanted
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer


class BlockWantedIn(Strict):
    hours = Whole(min_value=1, max_value=24 * 200)
    accelerator = Word(required=False, help_text="With accelerator_count; else instance_type with machines")
    accelerator_count = Whole(min_value=1, max_value=100_000, required=False)
    instance_type = Word(required=False)
    machines = Whole(min_value=1, max_value=10_000, required=False)
    region = Word(required=False, help_text="Without it: every region of the account")
    account = Word(required=False, help_text="Name; without it: every account")
    earliest = Instant(required=False, help_text="Begins then or later")
    latest = Instant(required=False, help_text="Ends then or earlier")
    project = Word(required=False, help_text="Slug or id of who would pay; needed when you act in several")


class BlockOfferOut(serializers.Serializer[Any]):
    offer = serializers.CharField(help_text="To name when it is to be bought, by whoever asked")
    account = serializers.CharField()
    cloud = serializers.CharField()
    instance_type = serializers.CharField()
    region = serializers.CharField()
    zone = serializers.CharField()
    machines = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    fee = serializers.CharField(help_text="For all machines and all the time, owed at once")
    currency = serializers.CharField()
    price_per_hour = serializers.CharField(help_text="Of one machine")
    expires_at = serializers.DateTimeField(help_text="Ask again after this")


class UnansweredOut(serializers.Serializer[Any]):
    """A call of a cloud that gave no answer."""

    account = serializers.CharField()
    cloud = serializers.CharField()
    region = serializers.CharField()
    instance_type = serializers.CharField()
    # A field cannot be called `class` in Python, so it is named in `fields` below.
    code = serializers.CharField(help_text="The cloud's own")
    detail = serializers.CharField()
    what_to_do = serializers.CharField()
    retryable = serializers.BooleanField(help_text="The same question may well be answered later")

    def get_fields(self) -> dict[str, Any]:
        return {"class": serializers.ChoiceField([one.value for one in ErrorClass]), **super().get_fields()}


class BlockQuestionOut(serializers.Serializer[Any]):
    """`items` is whole once `finished_at` is set; an empty one then says that nothing is for sale."""

    id = serializers.CharField()
    project = serializers.CharField()
    account = serializers.CharField(allow_null=True, help_text="Empty: every account")
    wanted = serializers.DictField(help_text="As it was asked")
    state = serializers.ChoiceField(QuestionState.choices)
    progress = serializers.FloatField(min_value=0, max_value=1)
    calls = serializers.IntegerField(help_text="Of clouds, in all; 0 until a worker has begun")
    calls_done = serializers.IntegerField()
    detail = serializers.CharField(allow_blank=True)
    items = BlockOfferOut(many=True, help_text="The cheapest first")
    problems = UnansweredOut(many=True, help_text="What could not be asked, and what to do about it")
    requested_by = serializers.CharField()
    asked_at = serializers.DateTimeField(help_text="Real time")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="Real time; empty while it waits or runs")


class BlockQuestionQuery(PageQuery):
    state = serializers.ChoiceField(QuestionState.choices, required=False)
    project = Word(required=False, help_text="Slug")
    ordering = Ordering("asked_at")
    fields = Fields(lambda: BlockQuestionOut)  # type: ignore[assignment]  # a name of the base class, unused here


class BlockQuestions(ApiView):
    resource = "fleet"

    @says(paged(BlockQuestionOut), query=BlockQuestionQuery, summary="Questions for capacity blocks, newest first")
    def get(self, request: Request) -> Response:
        """Each is kept for a day. Asking one is a POST."""
        query = self.query(BlockQuestionQuery)
        found = narrowed(self.visible(BlockQuestion.objects.all()), query, state="state", project="project__slug")
        values = found.values("id", *COLUMNS, *JOINED)
        return Response(page(request._request, values, query, key="id", row=_row))

    @says(
        BlockQuestionOut,
        status=202,
        body=BlockWantedIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409, 422),
        summary="Have the clouds asked which capacity blocks are for sale",
        takes={"accelerator": "H100", "accelerator_count": 8, "hours": 24, "project": "research"},
    )
    def post(self, request: Request) -> Response:
        """Nothing is bought. A worker asks; read `Location` until `finished_at` is set, usually within seconds."""
        said = self.body(BlockWantedIn)
        project = self.project_named(said.pop("project", None))
        wanted, account = wanted_of(said)

        def run() -> Answer:
            question = block_questions.request_offers(
                wanted,
                project=project,
                account=account,
                by=self.caller,
                now=business_now(),
                request_id=self.request_id,
            )
            return Answer(202, question_json(question), f"/api/v1/block-offers/{question.public_id}")

        return self.once(run, spends=False)


class OneBlockQuestion(ApiView):
    resource = "fleet"

    @says(BlockQuestionOut, path_id="bq", summary="One question for capacity blocks, and its answer once it is there")
    def get(self, request: Request, public_id: str) -> Response:
        question = self.visible(BlockQuestion.objects.select_related("project", "account"))
        found = question.filter(public_id=public_id).first()
        if found is None:
            raise Http404
        return self.shown(question_json(found), version_of(found.state, found.rounds, found.calls_done))


COLUMNS = (
    "public_id", "wanted", "state", "calls", "calls_done", "detail", "offers", "problems", "requested_by", "asked_at",
    "finished_at",
)  # fmt: skip
JOINED = ("project__slug", "account__name")


def wanted_of(said: dict[str, Any]) -> tuple[Wanted, CloudAccount | None]:
    """What a checked body looks for, and in which account. Raises Problem for what cannot be asked."""
    by_type = "instance_type" in said and "machines" in said
    if by_type == ("accelerator" in said and "accelerator_count" in said):
        told = "Name accelerator and accelerator_count, or instance_type and machines."
        raise Problem(422, "invalid", told, field="accelerator")
    name = said.pop("account", None)
    account = CloudAccount.objects.filter(enabled=True, name=name).first() if name else None
    if name and account is None:
        raise Problem(422, "unknown-account", "No account of that name is bought from.", field="account")
    return Wanted(**said), account


def question_json(question: BlockQuestion) -> dict[str, Any]:
    account = question.account.name if question.account else None
    values = {name: getattr(question, name) for name in COLUMNS}
    return _row(values | {"project__slug": question.project.slug, "account__name": account})


def _row(values: dict[str, Any]) -> dict[str, Any]:
    kept = {name: values[name] for name in COLUMNS if name not in ("public_id", "offers", "wanted")}
    done = block_questions.progress(BlockQuestion(**{name: values[name] for name in PROGRESS}))
    return {
        **kept,
        "id": values["public_id"],
        "project": values["project__slug"],
        "account": values["account__name"],
        "wanted": {name: value for name, value in values["wanted"].items() if value},
        "progress": done,
        "items": values["offers"],
    }


PROGRESS = ("calls", "calls_done", "finished_at")

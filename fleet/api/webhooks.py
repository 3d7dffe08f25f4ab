"""Webhooks: who is told of events, with signed messages that are sent until they are taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.cursors import PageQuery, page, paged
from fleet.api.fields import Flag, Strict, Whole, Word
from fleet.api.schema import IDEMPOTENCY_KEY_OR_NOT, says
from fleet.api.shapes import shape
from fleet.models import MessageState, Project, Webhook, WebhookMessage
from fleet.services import webhook_messages, webhooks
from fleet.services.clock import business_now
from fleet.services.idempotency import Answer

NAME = shape(
    r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,99}$",
    "Write 1 to 100 letters, digits, blanks and . _ / -, beginning with a letter or digit.",
)
TOPIC = shape(
    r"^[a-z][a-z-]{0,30}\.([a-z][a-z-]{0,30}|\*)$",
    "Write a topic such as allocation.active, or allocation.* for all of a noun.",
)
MOST_TOPICS = 50


class WebhookChange(Strict):
    name = serializers.RegexField(NAME, required=False)
    url = Word(required=False, max_length=500, help_text="https://…")
    topics = serializers.ListField(
        child=serializers.RegexField(TOPIC),
        required=False,
        max_length=MOST_TOPICS,
        help_text="Such as allocation.active or allocation.*; none: every topic",
    )
    enabled = Flag(required=False)


class WebhookIn(Strict):
    project = Word(required=False, help_text="Slug or id; needed when you may act in several")
    installation = Flag(default=False, help_text="true: hears of every project and of what belongs to none")
    name = serializers.RegexField(NAME)
    url = Word(max_length=500, help_text="https://…")
    topics = serializers.ListField(child=serializers.RegexField(TOPIC), default=list, max_length=MOST_TOPICS)


class OverlapIn(Strict):
    overlap_seconds = Whole(
        default=int(webhooks.OVERLAP_USUAL.total_seconds()),
        min_value=0,
        max_value=int(webhooks.OVERLAP_LONGEST.total_seconds()),
        help_text="How long the former secret signs as well",
    )


class Nothing(Strict):
    """Takes no fields."""


class WebhookOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    project = serializers.CharField(allow_null=True, help_text="Empty: of the whole installation")
    name = serializers.CharField()
    url = serializers.CharField()
    topics = serializers.ListField(child=serializers.CharField())
    enabled = serializers.BooleanField()
    off_reason = serializers.CharField(allow_blank=True, help_text="Why Purser switched it off")
    former_secret_until = serializers.DateTimeField(allow_null=True, help_text="Real time; until then both sign")
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_delivered_at = serializers.DateTimeField(allow_null=True)


class WebhookSecretOut(WebhookOut):
    secret = serializers.CharField(allow_null=True, help_text="Shown this once; null in the replay of an answer")


class MessageOut(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="Also the header webhook-id; the same in every attempt")
    webhook = serializers.CharField()
    topic = serializers.CharField()
    state = serializers.ChoiceField(MessageState.choices)
    attempts = serializers.IntegerField()
    last_status = serializers.IntegerField(allow_null=True)
    last_error = serializers.CharField(allow_blank=True)
    last_attempt_at = serializers.DateTimeField(allow_null=True)
    next_attempt_at = serializers.DateTimeField(allow_null=True, help_text="Real time")
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    body = serializers.CharField(help_text="The bytes that are signed and sent")


class MessageQuery(PageQuery):
    state = serializers.ChoiceField(MessageState.choices, required=False)
    topic = Word(required=False)


class WebhookView(ApiView):
    resource = "webhooks"
    sensitive = True

    def found(self, public_id: str) -> Webhook:
        return self.one(Webhook.objects.select_related("project"), public_id)

    def with_secret(self, make: Callable[[], tuple[Webhook, str]]) -> Response:
        """201 with the secret, which no record keeps: the replay of this answer says null in its place."""
        shown: list[str] = []

        def run() -> Answer:
            hook, secret = make()
            shown.append(secret)
            return Answer(201, {**as_json(hook), "secret": None}, f"/api/v1/webhooks/{hook.public_id}")

        response = self.once(run, spends=False)
        if shown:
            response.data = {**response.data, "secret": shown[0]}
        return response


class Webhooks(WebhookView):
    @says(paged(WebhookOut), query=PageQuery, summary="Webhooks of your projects")
    def get(self, request: Request) -> Response:
        query = self.query(PageQuery)
        return Response(
            page(request._request, _rows(self.visible(Webhook.objects.all())), query, key="public_id", row=_row)
        )

    @says(
        WebhookSecretOut,
        status=201,
        body=WebhookIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Add a webhook; its secret is shown this once",
        takes={"name": "chat", "url": "https://ops.example.com/purser", "topics": ["allocation.*", "incident.opened"]},
    )
    def post(self, request: Request) -> Response:
        wanted = self.body(WebhookIn)
        project = self._project(wanted)
        given = {name: wanted[name] for name in ("name", "url", "topics")}
        return self.with_secret(
            lambda: webhooks.create_webhook(project=project, by=self.caller, now=business_now(), **given)
        )

    def _project(self, wanted: dict[str, Any]) -> Project | None:
        if not wanted["installation"]:
            return self.project_named(wanted.get("project"))
        self.require(None)
        return None


class OneWebhook(WebhookView):
    @says(WebhookOut, path_id="hook", summary="One webhook, without its secret")
    def get(self, request: Request, public_id: str) -> Response:
        hook = self.found(public_id)
        return self.shown(as_json(hook), hook.generation)

    @says(WebhookOut, path_id="hook", body=WebhookChange, refuses=(409,), summary="Change it, or switch it on or off")
    def patch(self, request: Request, public_id: str) -> Response:
        changes = self.body(WebhookChange)
        generation = self.unchanged(self.found(public_id).generation)
        hook = webhooks.change_webhook(
            public_id, changes=changes, by=self.caller, now=business_now(), generation=generation
        )
        return self.shown(as_json(hook), hook.generation)

    @says(status=204, path_id="hook", summary="Delete it; what was not delivered yet never will be")
    def delete(self, request: Request, public_id: str) -> Response:
        generation = self.unchanged(self.found(public_id).generation)
        webhooks.delete_webhook(public_id, by=self.caller, now=business_now(), generation=generation)
        return Response(status=204)


class RotateWebhookSecret(WebhookView):
    @says(
        WebhookSecretOut,
        status=201,
        path_id="hook",
        body=OverlapIn,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="A new secret; until the overlap ends both sign",
    )
    def post(self, request: Request, public_id: str) -> Response:
        overlap = timedelta(seconds=self.body(OverlapIn)["overlap_seconds"])
        self.found(public_id)
        return self.with_secret(
            lambda: webhooks.rotate_secret(
                public_id, by=self.caller, now=business_now(), real_now=timezone.now(), overlap=overlap
            )
        )


class TestWebhook(WebhookView):
    sensitive = False

    @says(
        MessageOut,
        status=202,
        path_id="hook",
        body=Nothing,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Send a message that means nothing, to see whether it arrives",
    )
    def post(self, request: Request, public_id: str) -> Response:
        self.body(Nothing)
        self.found(public_id)

        def run() -> Answer:
            message = webhooks.test_webhook(public_id, by=self.caller, now=business_now())
            return Answer(202, _message_of(message.pk), f"/api/v1/webhook-messages/{message.public_id}")

        return self.once(run, spends=False)


class WebhookMessages(WebhookView):
    @says(paged(MessageOut), query=MessageQuery, path_id="hook", summary="What it was sent or waits to be sent")
    def get(self, request: Request, public_id: str) -> Response:
        query = self.query(MessageQuery)
        found = WebhookMessage.objects.filter(webhook=self.found(public_id))
        for name in ("state", "topic"):
            if name in query:
                found = found.filter(**{name: query[name]})
        return Response(page(request._request, _message_rows(found), query, key="public_id", row=_message))


class OneWebhookMessage(WebhookView):
    @says(MessageOut, path_id="msg", summary="One message and what came of it")
    def get(self, request: Request, public_id: str) -> Response:
        found = self.message(public_id)
        return self.shown(_message_of(found.pk), found.state)

    def message(self, public_id: str) -> WebhookMessage:
        rows = self.visible(WebhookMessage.objects.select_related("webhook"), project="webhook__project_id")
        found = rows.filter(public_id=public_id).first()
        if found is None:
            raise Http404
        self.require(found.webhook.project_id)
        return found


class RetryWebhookMessage(OneWebhookMessage):
    http_method_names = ["post", "options"]
    sensitive = False

    @says(
        MessageOut,
        status=202,
        path_id="msg",
        body=Nothing,
        parameters=(IDEMPOTENCY_KEY_OR_NOT,),
        refuses=(409,),
        summary="Send it again now; receivers know a repeat by its id",
    )
    def post(self, request: Request, public_id: str) -> Response:
        self.body(Nothing)
        self.message(public_id)

        def run() -> Answer:
            again = webhook_messages.retry_message(public_id, by=self.caller, now=business_now())
            return Answer(202, _message_of(again.pk))

        return self.once(run, spends=False)


COLUMNS = ("public_id", "name", "url", "topics", "enabled", "off_reason", "former_until", "created_by", "created_at",
           "last_delivered_at")  # fmt: skip
MESSAGE_COLUMNS = ("public_id", "topic", "state", "attempts", "last_status", "last_error", "last_attempt_at", "next_at",
                   "created_at", "ended_at", "body")  # fmt: skip


def as_json(hook: Webhook) -> dict[str, Any]:
    return _row(_rows(Webhook.objects.filter(pk=hook.pk)).get())


def _rows(hooks: QuerySet[Webhook]) -> QuerySet[Webhook, dict[str, Any]]:
    return hooks.values(*COLUMNS, project_slug=F("project__slug"))


def _row(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["id"] = shown.pop("public_id")
    shown["project"] = shown.pop("project_slug")
    shown["former_secret_until"] = shown.pop("former_until")
    return shown


def _message_rows(messages: QuerySet[WebhookMessage]) -> QuerySet[WebhookMessage, dict[str, Any]]:
    return messages.values(*MESSAGE_COLUMNS, of=F("webhook__public_id"))


def _message_of(pk: int) -> dict[str, Any]:
    return _message(_message_rows(WebhookMessage.objects.filter(pk=pk)).get())


def _message(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["id"] = shown.pop("public_id")
    shown["webhook"] = shown.pop("of")
    shown["next_attempt_at"] = shown.pop("next_at")
    return shown

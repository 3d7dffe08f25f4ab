"""Settings → Webhooks: who is told of events, what they were sent, and whether they took it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, F, Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from fleet.api.webhooks import NAME, TOPIC
from fleet.forms import AsRead, StrictForm, done
from fleet.models import MessageState, Project, Webhook, WebhookMessage
from fleet.pages import Frame, frame_of
from fleet.queries.rows import in_scope
from fleet.services import webhook_messages, webhooks
from fleet.settings_pages import render_section
from fleet.states import Look
from fleet.sudo import sudo_to_change

READ, WRITE = "webhooks:read", "webhooks:write"
EVERYTHING = "everything"
MOST_SHOWN = 50
LOOKS = {
    MessageState.WAITING: Look("Waiting", "clock", "info"),
    MessageState.DELIVERED: Look("Delivered", "check", "ok"),
    MessageState.GIVEN_UP: Look("Given up", "fail", "bad"),
}


class WebhookForm(StrictForm):
    """What is said of a hook."""

    name = forms.RegexField(NAME, label="Name", max_length=100, help_text="Letters, digits, blanks and . _ / -")
    url = forms.CharField(
        label="Address", max_length=500, help_text="https://… Every message is signed with a secret of this webhook."
    )
    topics = forms.CharField(
        label="Topics",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line, such as allocation.active or incident.*. Empty: every topic.",
    )

    def clean_topics(self) -> list[str]:
        topics = [line.strip() for line in self.cleaned_data["topics"].splitlines() if line.strip()]
        check = forms.RegexField(TOPIC)
        for topic in topics:
            try:
                check.clean(topic)
            except forms.ValidationError:
                sentence = (
                    f"{topic[:60]!r} is no topic. Write one such as allocation.active, or allocation.* for a noun's."
                )
                raise forms.ValidationError(sentence) from None
        return topics


class NewWebhook(WebhookForm):
    project = forms.ChoiceField(label="Hears of", choices=[])
    field_order = ("project", "name", "url", "topics")

    def __init__(self, *args: Any, projects: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser = self.fields["project"]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = projects


class ChangedWebhook(AsRead, WebhookForm):
    enabled = forms.BooleanField(label="Switched on", required=False, initial=True)


@require_http_methods(["GET", "HEAD", "POST"])
@sudo_to_change
def all_webhooks(request: HttpRequest) -> HttpResponseBase:
    """The hooks of one's projects, and the form that adds one."""
    frame = frame_of(request)
    if not frame.caller.may_somewhere(READ):
        raise Http404
    projects = _choices(frame)
    form = NewWebhook(request.POST if request.method == "POST" else None, projects=projects)
    secret = ""
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            given = {name: form.cleaned_data[name] for name in ("name", "url", "topics")}
            chosen = form.cleaned_data["project"]
            project = None if chosen == EVERYTHING else get_object_or_404(Project, public_id=chosen)
            _, secret = webhooks.create_webhook(project=project, by=frame.caller, now=frame.now, **given)
            form = NewWebhook(projects=projects)
    failed = Count("messages", filter=Q(messages__state=MessageState.GIVEN_UP))
    waiting = Count("messages", filter=Q(messages__state=MessageState.WAITING))
    hooks = _mine(frame).order_by("name").annotate(failed=failed, waiting=waiting, slug=F("project__slug"))
    columns = (
        "public_id", "name", "url", "topics", "enabled", "off_reason", "slug", "failed", "waiting", "last_delivered_at",
    )  # fmt: skip
    context = {"hooks": hooks.values(*columns), "form": form, "secret": secret, "may_add": bool(projects)}
    status = 422 if form.is_bound and form.errors else 200
    return render_section(request, "settings/webhooks.html", frame, "webhooks", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@sudo_to_change
def one_webhook(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """One hook: change it, see its last messages."""
    frame = frame_of(request)
    hook = _found(frame, public_id)
    form = _form_of(hook, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        _may_write(frame, hook)
        if form.is_valid():
            with form.refusals():
                given = dict(form.cleaned_data)
                read = given.pop("generation")
                changed = webhooks.change_webhook(
                    public_id, changes=given, by=frame.caller, now=frame.now, generation=read
                )
                return done(request, f"Changed {changed.name}.", to=request.path)
    return _page(request, frame, hook, form, status=422 if form.is_bound else 200)


@require_POST
@sudo_to_change
def rotate(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """A new secret, shown once on the page that answers."""
    frame = frame_of(request)
    hook = _found(frame, public_id)
    _may_write(frame, hook)
    hook, secret = webhooks.rotate_secret(public_id, by=frame.caller, now=frame.now, real_now=timezone.now())
    return _page(request, frame, hook, _form_of(hook), secret=secret)


@require_POST
def test(request: HttpRequest, public_id: str) -> HttpResponseBase:
    frame = frame_of(request)
    hook = _found(frame, public_id)
    _may_write(frame, hook)
    webhooks.test_webhook(public_id, by=frame.caller, now=frame.now)
    return done(request, "A test is on its way; what comes of it stands below.", to=_address(public_id))


@require_POST
def retry(request: HttpRequest, public_id: str) -> HttpResponseBase:
    frame = frame_of(request)
    message = get_object_or_404(WebhookMessage, webhook__in=_mine(frame), public_id=public_id)
    _may_write(frame, message.webhook)
    webhook_messages.retry_message(public_id, by=frame.caller, now=frame.now)
    return done(request, "It is sent again.", to=_address(message.webhook.public_id))


@require_POST
@sudo_to_change
def delete(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Only when its name was typed: what it was not told yet it will never hear."""
    frame = frame_of(request)
    hook = _found(frame, public_id)
    _may_write(frame, hook)
    typed = request.POST.get("typed", "")
    if typed.strip() != hook.name:
        return _page(request, frame, hook, _form_of(hook), typed_wrong=True, typed=typed, status=422)
    webhooks.delete_webhook(public_id, by=frame.caller, now=frame.now)
    return done(request, f"Deleted {hook.name}.", to=reverse("settings-webhooks"))


def _page(
    request: HttpRequest, frame: Frame, hook: Webhook, form: WebhookForm, *, status: int = 200, **more: Any
) -> HttpResponseBase:
    rows = hook.messages.order_by("-id").values(
        "public_id", "topic", "state", "attempts", "last_status", "last_error", "created_at", "next_at", "ended_at"
    )
    messages = [row | {"look": LOOKS[MessageState(row["state"])]} for row in rows[:MOST_SHOWN]]
    context = {
        "hook": hook,
        "form": form,
        "sent": messages,
        "may_write": frame.caller.may(WRITE, hook.project_id),
        "overlap": hook.former_until if hook.former_until and hook.former_until > timezone.now() else None,
        **more,
    }
    return render_section(request, "settings/webhook.html", frame, "webhooks", context, status=status)


def _form_of(hook: Webhook, typed: Any = None) -> ChangedWebhook:
    start = {
        "name": hook.name,
        "url": hook.url,
        "topics": "\n".join(hook.topics),
        "enabled": hook.enabled,
        "generation": hook.generation,
    }
    return ChangedWebhook(typed, initial=start)


def _choices(frame: Frame) -> list[tuple[str, str]]:
    """The projects one may add a hook to; who sees everything may also add one that hears of everything."""
    mine = Project.objects.filter(pk__in=frame.caller.projects(WRITE)).order_by("slug")
    found = list(mine.values_list("public_id", "slug"))
    return found + ([(EVERYTHING, "Everything, every project")] if frame.caller.may(WRITE, None) else [])


def _mine(frame: Frame) -> Any:
    projects = None if frame.caller.may(READ, None) else frame.caller.projects(READ)
    return in_scope(Webhook.objects.select_related("project"), projects)


def _found(frame: Frame, public_id: str) -> Webhook:
    hook: Webhook = get_object_or_404(_mine(frame), public_id=public_id)
    return hook


def _may_write(frame: Frame, hook: Webhook) -> None:
    if not frame.caller.may(WRITE, hook.project_id):
        raise Http404


def _address(public_id: str) -> str:
    return reverse("settings-webhook", args=[public_id])


urlpatterns = [
    path("settings/webhooks", all_webhooks, name="settings-webhooks"),
    path("settings/webhooks/<str:public_id>", one_webhook, name="settings-webhook"),
    path("settings/webhooks/<str:public_id>/rotate", rotate, name="settings-webhook-rotate"),
    path("settings/webhooks/<str:public_id>/test", test, name="settings-webhook-test"),
    path("settings/webhooks/<str:public_id>/delete", delete, name="settings-webhook-delete"),
    path("settings/webhook-messages/<str:public_id>/retry", retry, name="settings-webhook-retry"),
]

"""Webhooks: added, changed, given a new secret, tested and taken away, each time with an event that names no secret."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from fleet.domain import webhooks
from fleet.domain.refusals import Refused, check_generation
from fleet.models import MessageState, Project, Webhook, WebhookMessage
from fleet.services import events, incidents, vault
from fleet.services.access import Caller

WRITE = "webhooks:write"
MOST_OF_A_PROJECT = 20
OVERLAP_USUAL, OVERLAP_LONGEST = timedelta(hours=24), timedelta(days=14)
CHANGEABLE = ("name", "url", "topics", "enabled")
TEST_TOPIC = "webhook.tested"


def create_webhook(
    *, project: Project | None, by: Caller, now: datetime, name: str, url: str, topics: Sequence[str] = ()
) -> tuple[Webhook, str]:
    """A hook that hears of what becomes true from now on, and its secret's only showing. Raises Refused."""
    by.require(WRITE, project.pk if project else None)
    secret = webhooks.secret_text(secrets.token_bytes(webhooks.SECRET_BYTES))
    check_url(url)
    _check_topics(topics)
    tx, row_id = events.latest_cursor()
    with _named(), transaction.atomic():
        if Webhook.objects.filter(project=project).count() >= MOST_OF_A_PROJECT:
            raise Refused("webhooks-many", f"A project has at most {MOST_OF_A_PROJECT} webhooks; delete one first.")
        hook = Webhook(
            project=project, name=name, url=url, topics=list(topics), after_tx=tx, after_id=row_id, created_by=by.name
        )
        hook.secret = vault.seal(secret, purpose=_purpose(hook))
        hook.save()
        _record("webhook.created", hook, by=by, now=now, data={"before": None, "after": facts(hook)})
    return hook, secret


def change_webhook(
    public_id: str, *, changes: Mapping[str, Any], by: Caller, now: datetime, generation: int | None = None
) -> Webhook:
    """Change its name, address, topics, or whether it is on. Raises DoesNotExist, or Refused."""
    with _named(), transaction.atomic():
        hook = _locked(public_id, by, generation)
        if "url" in changes:
            check_url(changes["url"])
        _check_topics(changes.get("topics", ()))
        before, url = facts(hook), hook.url
        if changes.get("enabled") and not hook.enabled:
            hook.after_tx, hook.after_id = events.latest_cursor()  # what it missed while it was off stays missed
        for name in CHANGEABLE:
            setattr(hook, name, changes.get(name, getattr(hook, name)))
        if hook.enabled:
            hook.off_reason = ""
        else:
            drop_waiting(hook)
        after = facts(hook) | ({"url": f"{_shown(hook.url)} (replaced)"} if hook.url != url else {})
        hook.generation += 1
        hook.save(update_fields=[*CHANGEABLE, "off_reason", "after_tx", "after_id", "generation"])
        _record("webhook.changed", hook, by=by, now=now, data={"before": before, "after": after})
    return hook


def drop_waiting(hook: Webhook) -> None:
    """What is on its way to a hook that is switched off is sent no more, unless somebody sends it again by hand."""
    waiting = WebhookMessage.objects.filter(webhook=hook, state=MessageState.WAITING).exclude(topic=TEST_TOPIC)
    waiting.update(
        state=MessageState.GIVEN_UP,
        last_error="Its webhook was switched off.",
        ended_at=timezone.now(),
        next_at=None,
        lease_token=F("lease_token") + 1,  # whoever is sending it right now puts it back no more
    )


def rotate_secret(
    public_id: str, *, by: Caller, now: datetime, real_now: datetime, overlap: timedelta = OVERLAP_USUAL
) -> tuple[Webhook, str]:
    """A new secret, shown once; until the overlap ends each message carries a signature of both. Raises Refused."""
    if not timedelta() <= overlap <= OVERLAP_LONGEST:
        raise Refused("overlap", "The overlap lies between 0 and 14 days.", field="overlap_seconds")
    secret = webhooks.secret_text(secrets.token_bytes(webhooks.SECRET_BYTES))
    with transaction.atomic():
        hook = _locked(public_id, by)
        hook.former_secret, hook.former_until = hook.secret, real_now + overlap
        hook.secret = vault.seal(secret, purpose=_purpose(hook))
        hook.generation += 1
        hook.save(update_fields=["secret", "former_secret", "former_until", "generation"])
        until = hook.former_until.isoformat()
        _record("webhook.secret-rotated", hook, by=by, now=now, data={"name": hook.name, "former_until": until})
    return hook, secret


def test_webhook(public_id: str, *, by: Caller, now: datetime) -> WebhookMessage:
    """A message that means nothing, sent like any other, also while the hook is off. Raises DoesNotExist."""
    with transaction.atomic():
        hook = _locked(public_id, by)
        body = {
            "type": TEST_TOPIC,
            "occurred_at": now.isoformat(),
            "project": hook.project.slug if hook.project else None,
            "subject": hook.public_id,
            "actor": by.name,
            "data": {"name": hook.name},
        }
        message = WebhookMessage.objects.create(webhook=hook, topic=TEST_TOPIC, body=orjson.dumps(body).decode())
        _record(TEST_TOPIC, hook, by=by, now=now, data={"name": hook.name, "message": message.public_id})
    return message


def delete_webhook(public_id: str, *, by: Caller, now: datetime, generation: int | None = None) -> None:
    """Gone with its messages; what was not delivered yet never will be. Raises DoesNotExist, or Refused."""
    with transaction.atomic():
        hook = _locked(public_id, by, generation)
        _record("webhook.deleted", hook, by=by, now=now, data={"before": facts(hook), "after": None})
        incidents.close_incident(kind="webhook", subject=hook.public_id, now=now)
        hook.delete()


def signing_secrets(hook: Webhook, *, real_now: datetime) -> list[str]:
    """The secrets that sign now: the newest first, the former one while it overlaps. Raises vault.Unreadable."""
    sealed = [hook.secret]
    if hook.former_secret and hook.former_until is not None and hook.former_until > real_now:
        sealed.append(hook.former_secret)
    return [vault.unseal(one, purpose=_purpose(hook)) for one in sealed]


def check_url(url: str) -> None:
    """Raise Refused for what is never dialled. Which address the name has is looked at when it is dialled."""
    try:
        parts = urlsplit(url)
        port_fits = parts.port != 0
    except ValueError:
        raise Refused("webhook-url", "This is no URL.", field="url") from None
    schemes = ("https",) if settings.PRODUCTION else ("https", "http")
    if parts.scheme not in schemes or not parts.hostname or not port_fits:
        raise Refused("webhook-url", f"Write a whole URL that begins with {schemes[0]}://.", field="url")
    if parts.username is not None or parts.password is not None:
        raise Refused("webhook-url", "Leave user and password out: messages are signed instead.", field="url")
    if parts.fragment:
        raise Refused("webhook-url", "Leave out what follows the #: it is never sent.", field="url")


def facts(hook: Webhook) -> dict[str, Any]:
    """What an event may say of it: of its address only the host, for the rest often is the key to a chat room."""
    return {name: getattr(hook, name) for name in CHANGEABLE} | {"url": _shown(hook.url)}


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/…"


def _check_topics(topics: Sequence[str]) -> None:
    for topic in topics:
        noun, _, verb = topic.partition(".")
        if not noun or not verb or "*" in noun or ("*" in verb and verb != "*"):
            sentence = f"{topic[:60]!r} is no topic. Write one such as allocation.active, or allocation.* for a noun's."
            raise Refused("webhook-topics", sentence, field="topics")


def _locked(public_id: str, by: Caller, generation: int | None = None) -> Webhook:
    rows = Webhook.objects.select_related("project").select_for_update(no_key=True, of=("self",))
    hook = rows.get(public_id=public_id)
    by.require(WRITE, hook.project_id)
    check_generation(hook.generation, generation)
    return hook


class _named:
    """Two hooks of one name become a refusal."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, IntegrityError) and "one_webhook_per_name" in str(error):
            raise Refused("name-taken", "There is a webhook of that name already.", field="name") from error


def _purpose(hook: Webhook) -> str:
    return f"webhook:{hook.public_id}"


def _record(topic: str, hook: Webhook, *, by: Caller, now: datetime, data: dict[str, Any]) -> None:
    events.record(topic, subject=hook.public_id, project=hook.project, actor=by.name, now=now, data=data)

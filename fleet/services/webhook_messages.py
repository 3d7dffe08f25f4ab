"""Messages to webhooks: written from the feed so that no event is missed, sent until they are taken or given up.

An event becomes one message a hook, in the transaction that moves the hook's place in the feed. A message is sent at
least once and keeps its id, so a receiver can tell a repeat. Each is sent by whoever claims its row; one attempt a
claim, no transaction open meanwhile.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import orjson
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from fleet.domain import rights
from fleet.domain import webhooks as rules
from fleet.domain.addresses import AddressPolicy
from fleet.models import Event, MessageState, Webhook, WebhookMessage
from fleet.outbound import AddressRefused, OutboundError, Response, fetch, policy_for_webhooks
from fleet.services import events, incidents, vault
from fleet.services.access import Caller
from fleet.services.leases import Lease, claim
from fleet.services.webhooks import WRITE, drop_waiting, signing_secrets

log = logging.getLogger(__name__)

EVENTS_AT_ONCE, AT_ONCE = 500, 8
MOST_ROUNDS = 10
TAKES_AT_MOST_S = 10.0
CLAIMED_FOR_S = 30  # whoever is slower than the claim never learns how often it was tried
ANSWER_AT_MOST_BYTES = 65_536
GONE = 410


def write_due() -> int:
    """A message for each new event that a hook wants; how many. Hooks that another worker is at are left to it."""
    written = 0
    for pk in Webhook.objects.filter(enabled=True).order_by("id").values_list("pk", flat=True):
        with transaction.atomic():
            rows = Webhook.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            hook = rows.filter(pk=pk, enabled=True).first()
            if hook is not None:
                written += _write(hook)
    return written


def send_due(*, now: datetime, policy: AddressPolicy | None = None) -> int:
    """Send what is due; how many attempts were made. `now` is business time, for what is recorded."""
    made = 0
    for _ in range(MOST_ROUNDS):
        leases = claim(WebhookMessage, limit=AT_ONCE, at_least_s=CLAIMED_FOR_S)
        if not leases:
            break
        _send_together(leases, policy or policy_for_webhooks(), now)
        made += len(leases)
    return made


def retry_message(public_id: str, *, by: Caller, now: datetime) -> WebhookMessage:
    """Send it again now, from the first attempt on; one that is waiting is only sent sooner. Raises DoesNotExist."""
    with transaction.atomic():
        rows = WebhookMessage.objects.select_related("webhook__project").select_for_update(no_key=True, of=("self",))
        message = rows.get(public_id=public_id)
        by.require(WRITE, message.webhook.project_id)
        message.state, message.attempts, message.ended_at = MessageState.WAITING, 0, None
        message.next_at = timezone.now()
        message.save(update_fields=["state", "attempts", "ended_at", "next_at"])
        hook = message.webhook
        data = {"message": public_id, "topic": message.topic}
        events.record("webhook.resent", subject=hook.public_id, project=hook.project, actor=by.name, now=now, data=data)
    return message


def _write(hook: Webhook) -> int:
    projects = None if hook.project_id is None else [hook.project_id]
    news = events.after((hook.after_tx, hook.after_id), limit=EVENTS_AT_ONCE, projects=projects)
    if not news:
        return 0
    slug = hook.project.slug if hook.project else None
    messages = [
        WebhookMessage(webhook=hook, event=event, topic=event.topic, body=_body(event, slug))
        for event in news
        if rules.wants(hook.topics, event.topic)
    ]
    WebhookMessage.objects.bulk_create(messages, ignore_conflicts=True)
    Webhook.objects.filter(pk=hook.pk).update(after_tx=news[-1].tx, after_id=news[-1].pk)
    return len(messages)


def _body(event: Event, slug: str | None) -> str:
    """What the event says, frozen: a repeat is the same to the last byte.

    Who may do what, and from where, leaves the house in no message: whoever reads access asks the API for it.
    """
    said = {
        "type": event.topic,
        "occurred_at": event.occurred_at.isoformat(),
        "project": slug if slug or event.project is None else event.project.slug,
        "subject": event.subject,
        "actor": event.actor,
        "request_id": event.request_id,
        "cursor": f"{event.tx}-{event.pk}",
        "data": {} if rights.about_access(event.topic) else event.data,
    }
    return orjson.dumps(said).decode()


def _send_together(leases: list[Lease], policy: AddressPolicy, now: datetime) -> None:
    """Slow receivers keep only themselves waiting."""
    messages = WebhookMessage.objects.select_related("webhook__project").in_bulk([lease.pk for lease in leases])
    real_now = timezone.now()
    jobs = [(lease, messages[lease.pk]) for lease in leases if lease.pk in messages]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda job: _attempt(job[1], policy, real_now), jobs))
    for (lease, message), answer in zip(jobs, answers, strict=True):
        _apply(lease, message, answer, now)


def _attempt(message: WebhookMessage, policy: AddressPolicy, real_now: datetime) -> Response | str:
    """The answer, or why there is none. Touches no database."""
    body = message.body.encode()
    stamp = int(real_now.timestamp())
    try:
        secrets = signing_secrets(message.webhook, real_now=real_now)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message.public_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": rules.signatures(secrets, message.public_id, stamp, body),
        }
        return fetch(
            message.webhook.url,
            policy=policy,
            method="POST",
            body=body,
            headers=headers,
            total_seconds=TAKES_AT_MOST_S,
            max_bytes=ANSWER_AT_MOST_BYTES,
        )
    except AddressRefused as refused:
        return f"Not sent: {refused}"
    except OutboundError as error:
        return str(error)
    except vault.Unreadable as error:
        return f"Its secret cannot be read; give the webhook a new one. {error}"


def _apply(lease: Lease, message: WebhookMessage, answer: Response | str, now: datetime) -> None:
    """Write what came of the attempt, while the claim holds. What the receiver said is not kept: it may be anything."""
    status = answer.status if isinstance(answer, Response) else None
    taken = status is not None and 200 <= status < 300
    attempt = message.attempts + 1
    told = {"attempts": attempt, "last_status": status, "last_attempt_at": timezone.now()}
    if taken:
        if lease.update(**told, last_error="", state=MessageState.DELIVERED, **_ended()):
            Webhook.objects.filter(pk=message.webhook_id).update(last_delivered_at=timezone.now())
            incidents.close_incident(kind="webhook", subject=message.webhook.public_id, now=now)
        return
    error = (_words(status) if status is not None else str(answer))[:300]
    wait = rules.wait_before(attempt, message.public_id)
    if status == GONE or wait is None:
        if lease.update(**told, last_error=error, state=MessageState.GIVEN_UP, **_ended()):
            _given_up(message, status, error, now)
        return
    if isinstance(answer, Response):
        wait = max(wait, _retry_after(answer))
    lease.update(**told, last_error=error)
    lease.release(again_in=wait)


def _given_up(message: WebhookMessage, status: int | None, error: str, now: datetime) -> None:
    """A receiver that says it is gone, or took nothing for a day, is told no more until somebody switches it on."""
    hook = message.webhook
    on = Webhook.objects.filter(pk=hook.pk, enabled=True)
    reason = "Switched off: its receiver said that it is gone for good (410)."
    if status != GONE:  # asked of the row as it is now: another message of this batch may have been taken meanwhile
        on = on.filter(Q(last_delivered_at=None) | Q(last_delivered_at__lt=message.created_at))
        reason = f"Switched off: nothing was taken since {message.created_at:%Y-%m-%d %H:%M} UTC."
    with transaction.atomic():
        if not on.update(enabled=False, off_reason=reason):
            return
        drop_waiting(hook)
        data = {"name": hook.name, "before": {"enabled": True}, "after": {"enabled": False}, "reason": reason}
        events.record("webhook.switched-off", subject=hook.public_id, project=hook.project, now=now, data=data)
        incidents.open_incident(
            kind="webhook",
            subject=hook.public_id,
            detail=f"{hook.name} takes no messages: {error}",
            doing="It is switched off. Mend the receiver, send a test, and switch it on again.",
            now=now,
            project=hook.project,
        )


def _ended() -> dict[str, object]:
    return {"ended_at": timezone.now(), "next_at": None, "lease_until": None, "lease_owner": ""}


def _words(status: int) -> str:
    if 300 <= status < 400:
        return f"It answered {status}; redirects are not followed. Give the address it leads to."
    return f"It answered {status}."


def _retry_after(answer: Response) -> timedelta:
    asked = answer.headers.get("retry-after", "")
    if not asked.isdecimal() or len(asked) > 9:
        return timedelta()
    return min(timedelta(seconds=int(asked)), rules.LONGEST_RETRY_AFTER)

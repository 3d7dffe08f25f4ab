"""Webhooks end to end: each event of the feed is one signed message, sent until it is taken or given up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from fleet.domain import rights
from fleet.domain import webhooks as rules
from fleet.domain.refusals import Refused
from fleet.models import Event, Incident, MessageState, Webhook, WebhookMessage
from fleet.outbound import LOOPBACK_ONLY
from fleet.services import events, webhook_messages, webhooks
from fleet.services.access import Caller
from tests import factories
from tests.factories import NOON
from tests.fleet.services.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db(transaction=True)


class Everywhere(dict[int, frozenset[str]]):
    """The rights of an admin in every project there will be."""

    def get(self, key: int, default: Any = None) -> frozenset[str]:
        return rights.OF_PROJECT


BY = Caller("ada", "user:1", Everywhere(), rights.SCOPES)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def hook(receiver: Receiver, **given: Any) -> tuple[Webhook, str]:
    project = given.pop("project", None) or factories.project()
    return webhooks.create_webhook(project=project, by=BY, now=NOON, name="chat", url=receiver.url, **given)


def happen(topic: str, project: Any, **data: Any) -> Event:
    return events.record(topic, subject="alloc_1", project=project, now=NOON, data=data)


def send() -> int:
    """Write what is due, then send it as if its time had come."""
    webhook_messages.write_due()
    WebhookMessage.objects.filter(state=MessageState.WAITING).update(next_at=Now())
    return webhook_messages.send_due(now=NOON, policy=LOOPBACK_ONLY)


def test_an_event_arrives_once_signed_and_whole(receiver: Receiver) -> None:
    made, secret = hook(receiver, topics=["allocation.*"])
    happen("allocation.active", made.project, machines=8)
    happen("incident.opened", made.project)
    happen("allocation.active", factories.project())
    assert [send(), send()] == [1, 0]
    ((headers, body),) = receiver.taken
    said = json.loads(body)
    assert (said["type"], said["project"], said["data"]) == ("allocation.active", made.project.slug, {"machines": 8})
    signature = rules.signatures([secret], headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == signature
    assert abs(timezone.now().timestamp() - int(headers["webhook-timestamp"])) < rules.TOLERANCE.total_seconds()
    message = WebhookMessage.objects.get()
    assert (message.state, message.attempts, message.last_status) == ("delivered", 1, 200)


def test_of_who_may_do_what_a_message_says_only_that_it_changed(receiver: Receiver) -> None:
    made, _ = hook(receiver, topics=["token.*"])
    happen("token.issued", made.project, scopes=["fleet:write"], cidrs=["10.0.0.0/8"])
    send()
    ((_, body),) = receiver.taken
    assert (json.loads(body)["type"], json.loads(body)["data"]) == ("token.issued", {})


def test_what_was_true_before_it_was_added_is_not_told(receiver: Receiver) -> None:
    project = factories.project()
    happen("allocation.active", project)
    hook(receiver, project=project)
    happen("allocation.degraded", project)
    send()
    assert [json.loads(body)["type"] for _, body in receiver.taken if b"webhook" not in body] == ["allocation.degraded"]


def test_one_of_the_installation_hears_of_every_project_and_of_none(receiver: Receiver) -> None:
    webhooks.create_webhook(project=None, by=BY, now=NOON, name="all", url=receiver.url, topics=["sweep.*"])
    happen("sweep.broke", factories.project())
    happen("sweep.broke", None)
    send()
    assert len(receiver.taken) == 2


def test_what_is_not_taken_is_sent_again_with_the_same_id_and_bytes(receiver: Receiver) -> None:
    made, _ = hook(receiver, topics=["allocation.*"])
    receiver.answers = [(500, {}), (302, {"Location": "http://127.0.0.1:1/"})]
    happen("allocation.active", made.project)
    send()
    message = WebhookMessage.objects.get()
    assert (message.state, message.last_error) == ("waiting", "It answered 500.")
    assert timezone.now() < message.next_at < timezone.now() + timedelta(seconds=6)
    send()
    assert "redirects are not followed" in WebhookMessage.objects.get().last_error
    send()
    assert WebhookMessage.objects.get().state == "delivered"
    ids = {headers["webhook-id"] for headers, _ in receiver.taken}
    assert (len(receiver.taken), len(ids), len({body for _, body in receiver.taken})) == (3, 1, 1)


def test_a_receiver_that_asks_for_time_gets_it(receiver: Receiver) -> None:
    made, _ = hook(receiver, topics=["allocation.*"])
    receiver.answers = [(429, {"Retry-After": "900"})]
    happen("allocation.active", made.project)
    send()
    assert WebhookMessage.objects.get().next_at > timezone.now() + timedelta(seconds=890)


def test_a_dead_receiver_is_switched_off_after_a_day_and_somebody_is_told(receiver: Receiver) -> None:
    made, _ = hook(receiver, topics=["allocation.*"])
    receiver.answers = [(503, {})] * rules.MOST_ATTEMPTS
    happen("allocation.active", made.project)
    for _ in range(rules.MOST_ATTEMPTS):
        send()
    assert WebhookMessage.objects.get().state == "given-up"
    made.refresh_from_db()
    assert not made.enabled
    assert "nothing was taken" in made.off_reason
    assert Incident.objects.get(kind="webhook").subject == made.public_id
    assert Event.objects.filter(topic="webhook.switched-off").count() == 1
    webhooks.delete_webhook(made.public_id, by=BY, now=NOON)
    assert Incident.objects.get(kind="webhook").closed_at == NOON


def test_one_lost_message_among_taken_ones_switches_nothing_off(receiver: Receiver) -> None:
    made, _ = hook(receiver, topics=["allocation.*"])
    happen("allocation.active", made.project)
    webhook_messages.write_due()
    Webhook.objects.filter(pk=made.pk).update(last_delivered_at=timezone.now() + timedelta(hours=1))
    WebhookMessage.objects.update(attempts=rules.MOST_ATTEMPTS - 1)
    receiver.answers = [(500, {})]
    send()
    made.refresh_from_db()
    assert (WebhookMessage.objects.get().state, made.enabled) == ("given-up", True)


def test_gone_means_gone(receiver: Receiver) -> None:
    made, _ = hook(receiver, topics=["allocation.*"])
    receiver.answers = [(410, {})]
    happen("allocation.active", made.project)
    send()
    made.refresh_from_db()
    assert (made.enabled, "gone for good" in made.off_reason) == (False, True)


def test_both_secrets_sign_until_the_overlap_ends(receiver: Receiver) -> None:
    made, first = hook(receiver, topics=["allocation.*"])
    _, second = webhooks.rotate_secret(made.public_id, by=BY, now=NOON, real_now=timezone.now())
    happen("allocation.active", made.project)
    send()
    Webhook.objects.update(former_until=timezone.now())
    happen("allocation.active", made.project)
    send()
    counts = [len(headers["webhook-signature"].split(" ")) for headers, _ in receiver.taken]
    assert counts == [2, 1]
    headers, body = receiver.taken[0]
    assert headers["webhook-signature"] == rules.signatures(
        [second, first], headers["webhook-id"], int(headers["webhook-timestamp"]), body
    )


def test_a_test_is_sent_also_while_it_is_off(receiver: Receiver) -> None:
    made, _ = hook(receiver)
    webhooks.change_webhook(made.public_id, changes={"enabled": False}, by=BY, now=NOON)
    webhooks.test_webhook(made.public_id, by=BY, now=NOON)
    assert send() == 1
    assert json.loads(receiver.taken[0][1])["type"] == "webhook.tested"


def test_what_was_on_its_way_when_it_was_switched_off_is_sent_no_more(receiver: Receiver) -> None:
    made, _ = hook(receiver, topics=["allocation.*"])
    happen("allocation.active", made.project)
    receiver.answers = [(500, {})]
    send()
    webhooks.change_webhook(made.public_id, changes={"enabled": False}, by=BY, now=NOON)
    assert (send(), len(receiver.taken)) == (0, 1)
    message = WebhookMessage.objects.get()
    assert (message.state, message.last_error) == ("given-up", "Its webhook was switched off.")
    webhook_messages.retry_message(message.public_id, by=BY, now=NOON)
    assert send() == 1


def test_a_message_is_claimed_for_longer_than_its_call_may_take(receiver: Receiver, settings: Any) -> None:
    settings.LEASE_SECONDS = 1
    left = []

    class Asked(list):  # type: ignore[type-arg]
        def pop(self, _: Any = 0) -> Any:
            left.append((WebhookMessage.objects.get().lease_until - timezone.now()).total_seconds())
            connection.close()
            return 200, {}

    receiver.answers = Asked([None])
    happen("allocation.active", hook(receiver, topics=["allocation.*"])[0].project)
    send()
    assert left[0] > webhook_messages.TAKES_AT_MOST_S


def test_what_happened_while_it_was_off_stays_untold(receiver: Receiver) -> None:
    made, _ = hook(receiver, topics=["allocation.*"])
    webhooks.change_webhook(made.public_id, changes={"enabled": False}, by=BY, now=NOON)
    happen("allocation.active", made.project)
    webhooks.change_webhook(made.public_id, changes={"enabled": True}, by=BY, now=NOON)
    assert send() == 0


def test_an_address_of_ours_is_never_dialled(receiver: Receiver) -> None:
    made, _ = hook(receiver, topics=["allocation.*"])
    happen("allocation.active", made.project)
    webhook_messages.write_due()
    webhook_messages.send_due(now=NOON)  # with the policy of the product
    assert receiver.taken == []
    assert WebhookMessage.objects.get().last_error.startswith("Not sent: 127.0.0.1 is loopback")


@pytest.mark.parametrize(
    "url",
    ["ftp://x.example", "https://", "https://user:pw@x.example/", "not a url", "https://x.example:0/", "http://[::1", "https://x.example/#a"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(Refused) as caught:
        webhooks.create_webhook(project=factories.project(), by=BY, now=NOON, name="x", url=url)
    assert caught.value.field == "url"
    assert not Webhook.objects.exists()


def test_no_secret_stands_in_a_row_or_an_event(receiver: Receiver) -> None:
    made, first = hook(receiver)
    _, second = webhooks.rotate_secret(made.public_id, by=BY, now=NOON, real_now=timezone.now())
    kept = json.dumps([list(Webhook.objects.values("secret", "former_secret")), list(Event.objects.values("data"))])
    assert first.removeprefix("whsec_") not in kept
    assert second.removeprefix("whsec_") not in kept


def test_an_event_names_the_host_alone_for_an_address_may_be_a_key(receiver: Receiver) -> None:
    given = {"project": factories.project(), "by": BY, "now": NOON, "name": "chat"}
    made, _ = webhooks.create_webhook(**given, url="https://chat.example/services/T0/hush?key=hush")
    webhooks.change_webhook(made.public_id, changes={"url": "https://chat.example/hush/2"}, by=BY, now=NOON)
    webhooks.delete_webhook(made.public_id, by=BY, now=NOON)
    told = list(Event.objects.order_by("id").values_list("data", flat=True))
    assert "hush" not in json.dumps(told)
    assert told[1]["after"]["url"] == "https://chat.example/… (replaced)"


def test_a_deleted_one_leaves_its_event_behind(receiver: Receiver) -> None:
    made, _ = hook(receiver)
    happen("allocation.active", made.project)
    webhook_messages.write_due()
    webhooks.delete_webhook(made.public_id, by=BY, now=NOON)
    assert not WebhookMessage.objects.exists()
    assert Event.objects.get(topic="webhook.deleted").data["before"]["name"] == "chat"

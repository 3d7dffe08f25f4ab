"""Replicas on real sandbox machines: from a ready slot to a machine given back."""

from fleet.domain.lifecycle import Desired
from inference.domain.lifecycle import EndpointState, ReplicaState
from inference.models import Replica, ReplicaPeriod, Window
from inference.services import endpoints
from inference.services.weights import weights


def test_an_endpoint_grows_serves_shrinks_and_leaves_nothing_behind(serving):
    endpoint = serving.create(min_replicas=2)
    ready = serving.until_ready(endpoint, 2)
    assert {backend["weight"] for backend in weights(endpoint)["backends"]} == {100}
    serving.until(lambda: _state(endpoint) == EndpointState.SERVING, "it serves")
    scraped = serving.scrape()
    assert (scraped.replicas, scraped.replicas_failed, scraped.machines_failed) == (2, 0, 0)
    assert Window.objects.filter(replica__in=ready, scrapes=1).count() == 2
    assert all(not replica.slot.drained for replica in ready)

    type(endpoint).objects.filter(pk=endpoint.pk).update(desired_replicas=1)
    serving.until(lambda: Replica.objects.filter(state=ReplicaState.STOPPED).count() == 1, "one has stopped")
    stopped = Replica.objects.select_related("slot").get(state=ReplicaState.STOPPED)
    assert stopped.reason == "drained" and stopped.final_scrape_at is not None
    assert stopped.slot.desired == Desired.ABSENT
    serving.until(lambda: len(serving.world.live()) == 1, "its machine is gone")
    endpoint.allocation.refresh_from_db()
    assert endpoint.allocation.accelerator_count == 1
    assert len(serving.ready(endpoint)) == 1

    endpoints.delete_endpoint(endpoint.public_id, now=serving.now(), actor="ada")
    serving.until(lambda: _state(endpoint) == EndpointState.DELETED, "it is deleted")
    assert serving.world.live() == []
    bars = ReplicaPeriod.objects.filter(replica=stopped).order_by("started_at").values_list("state", flat=True)
    assert list(bars)[:1] == ["pending"] and list(bars)[-2:] == ["ready", "draining"]
    assert not ReplicaPeriod.objects.filter(ended_at=None).exists()


def _state(endpoint):
    endpoint.refresh_from_db()
    return endpoint.state

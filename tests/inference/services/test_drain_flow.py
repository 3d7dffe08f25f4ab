"""The whole way round: traffic through the sandbox's router, which reads our weights and pushes usage events to us."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.db.models import Sum

from fleet.models import Membership, Role
from fleet.services.tokens import issue_token
from inference.domain.lifecycle import ReplicaState
from inference.models import Endpoint, Replica, UsageEvent, Window, WindowSource
from inference.services import rollup


@pytest.fixture
def token(world):
    user = get_user_model().objects.create_user("router", password="a long pass phrase")
    Membership.objects.create(project=world.project, user=user, role=Role.ADMIN)
    _, secret = issue_token(
        project=world.project, issuer=user, name="router", scopes=["read", "usage"], now=datetime.now(UTC)
    )
    return secret


@pytest.mark.django_db(transaction=True)
def test_a_scale_down_under_traffic_cuts_nothing_and_every_token_is_counted(serving, live_server, token):
    endpoint = serving.create(min_replicas=3, max_replicas=3)
    serving.until_ready(endpoint, 3)
    traffic = {
        "kind": "generator",
        "requests_per_second": 0.4,
        "output_tokens": {"median": 150, "sigma": 0.5, "max": 600},
    }
    serving.world.call(
        "PUT",
        "router/config",
        {
            "purser_url": live_server.url,
            "api_token": token,
            "weights_poll_seconds_real": 0.2,
            "endpoints": [{"endpoint": endpoint.public_id, "name": endpoint.name, "traffic": traffic}],
        },
    )

    def state():
        (seen,) = serving.world.call("GET", "router/state")["endpoints"].values()
        return seen

    serving.until(lambda: state()["finished"] > 40, "requests are served")
    Endpoint.objects.update(desired_replicas=1)
    serving.until(lambda: Replica.objects.filter(state=ReplicaState.STOPPED).count() == 2, "two replicas have left")
    assert set(Replica.objects.filter(state=ReplicaState.STOPPED).values_list("reason", flat=True)) == {"drained"}
    serving.world.call("POST", "router/stop-traffic")
    serving.until(lambda: state()["in_flight"] + state()["queued"] == 0, "all have finished")
    serving.world.call("POST", "router/flush")
    serving.scrape()

    served = state()
    assert served["cut"] == 0
    assert UsageEvent.objects.count() == served["finished"] == served["accepted"]
    for source in WindowSource.values:
        counted = Window.objects.filter(source=source).aggregate(Sum("input_tokens"), Sum("output_tokens"))
        assert counted["input_tokens__sum"] == served["input"], source
        assert counted["output_tokens__sum"] == served["output"], source
    assert rollup.roll_up() > 0

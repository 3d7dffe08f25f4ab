"""An endpoint's manifests in the console and over REST: read, copied, downloaded; what does not go together is said."""

from __future__ import annotations

import pytest
import yaml

from tests import factories
from tests.fleet.acting.test_changes import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(project, operator):
    return factories.endpoint(project, name="chat", accelerators=["H100"])


def test_the_page_shows_what_would_be_applied_and_gives_it_as_a_file(operator, made):
    path = f"/endpoints/{made.public_id}/manifests"
    assert "kind: Deployment" in page_of(operator, path)
    asked = f"{path}?environment=eks&extras=karpenter&extras=kueue&cluster=prod"
    assert "kind: NodePool" in page_of(operator, asked)
    file = operator.get(f"{asked}&download=1")
    assert file["Content-Disposition"] == 'attachment; filename="chat-eks.yaml"'
    kinds = [one["kind"] for one in yaml.safe_load_all(file.content)]
    assert kinds[0] == "NodePool"
    assert "ClusterQueue" in kinds


def test_what_does_not_go_together_is_said_and_nothing_is_downloaded(operator, made):
    path = f"/endpoints/{made.public_id}/manifests"
    assert "Karpenter is rendered for EKS only" in page_of(operator, f"{path}?environment=gke&extras=karpenter")
    assert "Karpenter needs cluster" in page_of(operator, f"{path}?environment=eks&extras=karpenter")
    answer = operator.get(f"{path}?environment=moon&download=1")
    assert "Content-Disposition" not in answer.headers
    assert b"These cannot be written" in answer.content


def test_the_api_gives_objects_and_their_text(client, project, made):
    token = factories.bearer(factories.token(project, "inference:read"))
    path = f"/api/v1/endpoints/{made.public_id}/manifests"
    said = client.get(f"{path}?environment=aks&extras=kueue,provisioning-request", headers=token).json()
    assert list(yaml.safe_load_all(said["yaml"])) == said["objects"]
    refused = client.get(f"{path}?environment=aks&extras=karpenter", headers=token)
    assert refused.status_code == 422
    assert "EKS only" in refused.json()["detail"]
    assert client.get(path, headers=token).status_code == 400

"""An endpoint's Kubernetes manifests: the kind of cluster is chosen, the objects are read, copied or downloaded."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from fleet.acting.fields import One, Several, Word
from fleet.forms import StrictForm
from fleet.models import CapacityType
from fleet.pages import frame_of, render_page
from fleet.queries.rows import in_scope
from inference.domain.manifests.pods import Object
from inference.domain.manifests.rendering import CLUSTER, KARPENTER, KUEUE, PROVISIONING, Target
from inference.domain.manifests.scheduling import AKS, BARE, EKS, GKE
from inference.domain.manifests.workload import IMAGE, NAME
from inference.models import Endpoint
from inference.services.manifests import as_yaml, manifests_of

ENVIRONMENTS = {
    GKE: "Google Kubernetes Engine",
    EKS: "Amazon EKS",
    AKS: "Azure Kubernetes Service",
    BARE: "A cluster of your own",
}
EXTRAS = {
    KARPENTER: "Karpenter makes the nodes (EKS)",
    PROVISIONING: "All nodes at once, by a provisioning request",
    KUEUE: "Kueue keeps the queue",
}


class ManifestForm(StrictForm):
    """What of a cluster decides how the objects are written. Only the first is needed."""

    environment = One("kind of cluster", label="Cluster", initial=GKE)
    extras = Several("part", label="With")
    cluster = Word(
        CLUSTER.pattern,
        "1 to 100 letters, digits, - and _.",
        required=False,
        label="Name of the cluster",
        help_text="Karpenter’s node role and discovery tag have it.",
    )
    namespace = Word(
        NAME.pattern, "Small letters, digits and -, beginning with a letter.", required=False, label="Namespace"
    )
    secret = Word(
        NAME.pattern,
        "The name of a Secret: small letters, digits and -.",
        required=False,
        label="Secret of the weights",
        help_text="A Secret with the key token, for weights that are not public.",
    )
    image = Word(
        IMAGE.pattern, "A container image with its tag or digest.", required=False, label="Image of the engine"
    )
    capacity_type = forms.ChoiceField(
        required=False,
        label="Capacity",
        choices=[("", "As the endpoint"), *CapacityType.choices],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["environment"].choices = list(ENVIRONMENTS.items())  # type: ignore[attr-defined]
        self.fields["extras"].offer(EXTRAS, EXTRAS)  # type: ignore[attr-defined]

    def target(self) -> Target:
        said = self.cleaned_data
        return Target(said["environment"], tuple(said["extras"]), said["cluster"])

    def changes(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("namespace", "secret", "image", "capacity_type")}


@require_safe
def manifests(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """What `kubectl apply` would take; nothing is applied from here."""
    frame = frame_of(request)
    rows = in_scope(Endpoint.objects.select_related("serving_config__model", "model", "project"), frame.projects)
    found = get_object_or_404(rows, public_id=public_id)
    asked = {name: request.GET.getlist(name) for name in ManifestForm.base_fields if name in request.GET}
    data = {name: values if name == "extras" else values[-1] for name, values in asked.items()}
    form = ManifestForm({"environment": GKE, **data})
    objects = _objects(form, found)
    text = as_yaml(objects) if objects else ""
    if text and "download" in request.GET:
        name = f"{found.name}-{form.cleaned_data['environment']}.yaml"
        named = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(text, content_type="application/yaml; charset=utf-8", headers=named)
    context = {
        "endpoint": found,
        "form": form,
        "text": text,
        "kinds": [f"{one['kind']} {one['metadata']['name']}" for one in objects],
        "download": f"?{request.GET.urlencode()}&download=1",
    }
    return render_page(request, "inference/manifests.html", frame, context, section="endpoints")


def _objects(form: ManifestForm, endpoint: Endpoint) -> list[Object]:
    """None, with what is wrong beside its field, when they cannot be written."""
    if form.is_valid():
        with form.refusals():
            return manifests_of(endpoint, form.target(), form.changes())
    return []

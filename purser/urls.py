"""Every route of Purser; the only file that includes every app."""

from django.contrib import admin
from django.urls import include, path

from fleet.api.problem_page import problem
from fleet.api.schema import SchemaView
from fleet.metrics import metrics
from fleet.readiness import readyz
from fleet.reference_page import api_reference
from purser.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/docs", api_reference, name="api-docs"),
    path("api/docs/<slug:noun>", api_reference, name="api-docs-noun"),
    path("api/problems/<slug:code>", problem, name="problem"),
    path("api/v1/", include("fleet.api.urls")),
    path("api/v1/", include("inference.api.urls")),
    path("api/v1/", include("billing.api.urls")),
    # Before the admin's, whose login page is not used (fleet/signin).
    path("", include("fleet.urls")),
    path("", include("inference.urls")),
    path("", include("billing.urls")),
    path("admin/", admin.site.urls),
]

# Whoever is logged in sees what went wrong inside the console, with the money bar; 500 needs nothing but its template.
handler400 = "billing.refusals.bad_request"
handler403 = "billing.refusals.forbidden"
handler404 = "billing.refusals.not_found"
handler500 = "billing.refusals.server_error"

"""Every route of Purser; the only file that includes every app."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path

from fleet.api.problem_page import problem
from fleet.api.schema import SchemaView
from fleet.metrics import metrics
from fleet.readiness import readyz
from purser.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/problems/<slug:code>", problem, name="problem"),
    path("api/v1/", include("fleet.api.urls")),
    path("api/v1/", include("inference.api.urls")),
    path("api/v1/", include("billing.api.urls")),
    # The apps come first, so that one of them may bring its own login page.
    path("", include("fleet.urls")),
    path("", include("inference.urls")),
    path("", include("billing.urls")),
    path("login/", auth_views.LoginView.as_view(template_name="login.html"), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
]

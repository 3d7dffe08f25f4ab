"""Every route of Purser; the only file that includes every app."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from purser.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    # The apps come first, so that one of them may bring its own login page.
    path("", include("fleet.urls")),
    path("", include("inference.urls")),
    path("", include("billing.urls")),
    path("login/", auth_views.LoginView.as_view(template_name="login.html"), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("admin/", admin.site.urls),
]

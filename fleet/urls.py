from django.urls import URLPattern, URLResolver, include, path

from fleet import market_page, saved_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("fleet", views.fleet, name="fleet"),
    path("fleet/views/save", saved_views.save, name="view-save"),
    path("fleet/views/rename", saved_views.rename, name="view-rename"),
    path("fleet/views/delete", saved_views.delete, name="view-delete"),
    path("", include("fleet.acting.urls")),
    path("fleet/<str:public_id>", views.allocation, name="allocation"),
    path("capacity", market_page.capacity, name="capacity"),
    path("feed", views.feed, name="feed"),
    path("settings", views.about, name="settings"),
    path("", include("fleet.limiting.urls")),
    path("", include("fleet.auditing.urls")),
    path("settings/display", views.display, name="display"),
    path("", include("fleet.people.urls")),
    path("", include("fleet.signin.urls")),
    path("", include("fleet.webhook_pages")),
    path("", include("fleet.account_pages")),
    path("", include("fleet.block_pages")),
]

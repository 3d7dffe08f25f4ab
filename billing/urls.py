from django.urls import URLPattern, URLResolver, path

from billing import economics, guide, search, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.overview, name="overview"),
    path("guide", guide.guide, name="guide"),
    path("guide/dismiss", guide.dismiss, name="guide-dismiss"),
    path("economics", economics.economics, name="economics"),
    path("search", search.search, name="search"),
]

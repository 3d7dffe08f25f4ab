from django.urls import URLPattern, URLResolver, path

from fleet.auditing import pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("settings/audit", pages.log, name="audit"),
    path("settings/audit/verify", pages.verify, name="audit-verify"),
]

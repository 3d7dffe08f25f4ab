from django.urls import URLPattern, URLResolver, path

from fleet.limiting import pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("settings/limits", pages.overview, name="limits"),
    path("settings/limits/two-pairs-of-eyes", pages.two_pairs, name="two-pairs-of-eyes"),
    path("settings/limits/new/quota", pages.new, {"noun": "quota"}, name="quota-new"),
    path("settings/limits/new/budget", pages.new, {"noun": "budget"}, name="budget-new"),
    path("settings/limits/file/quota", pages.read_file, {"noun": "quota"}, name="quota-file"),
    path("settings/limits/file/budget", pages.read_file, {"noun": "budget"}, name="budget-file"),
    path("settings/limits/<str:public_id>", pages.change, name="limit"),
    path("settings/limits/<str:public_id>/delete", pages.delete, name="limit-delete"),
    path(
        "settings/change-requests/<str:public_id>/approve", pages.decide, {"decision": "approve"}, name="change-approve"
    ),
    path("settings/change-requests/<str:public_id>/refuse", pages.decide, {"decision": "refuse"}, name="change-refuse"),
]

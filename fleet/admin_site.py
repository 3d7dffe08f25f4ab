"""The admin's frame: for staff superusers, and nothing is changed by who has not proved themselves lately."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from fleet.sudo import proved_of_late, to_prove

SAFE = ("GET", "HEAD", "OPTIONS")


class ConsoleSite(AdminSite):
    site_header = "Purser admin"
    site_title = "Purser admin"
    index_title = "Limits, people, accounts and prices"
    index_template = "admin/purser/index.html"
    enable_nav_sidebar = True

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")  # it deletes rows past their service: no rule, no event

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff alone are not enough: here one acts in every project."""
        user = request.user
        return bool(user.is_active and user.is_staff and user.is_superuser)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Forms are opened and sent by who has proved themselves lately; lists are read without."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            changes = request.method not in SAFE or request.path.endswith(("/add/", "/delete/", "/import/"))
            if changes and self.has_permission(request) and not proved_of_late(request):
                return to_prove(request)
            answer: HttpResponseBase = inner(request, *args, **kwargs)
            return answer

        return update_wrapper(guarded, inner)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The nouns, with the last changes anybody made beside them: our own events, not Django's log."""
        from fleet.services import audit_log

        rows = audit_log.as_rows(audit_log.found(audit_log.Sought(changes_only=True)))[:12]
        recent = [audit_log.told(row) for row in rows]
        return super().index(request, {"recent": recent, **(extra_context or {})})

"""Long work says how far it is, so that a page can show it."""

from __future__ import annotations

from django.db.models.functions import Now

from fleet.models import Progress


def report(name: str, *, done: int, total: int, detail: str = "") -> None:
    """`done` of `total` steps; the last step ends it."""
    finished = Now() if done >= total else None
    Progress.objects.update_or_create(
        name=name, defaults={"done": done, "total": total, "detail": detail, "finished_at": finished}
    )

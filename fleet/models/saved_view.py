"""SavedView: a filtered table that somebody wants to find again. The view is its address."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from fleet.models.fields import public_id


def saved_view_id() -> str:
    return public_id("view")


class SavedView(models.Model):
    """One person's, and nobody else's."""

    public_id = models.CharField(max_length=48, unique=True, default=saved_view_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=32, help_text="Name of the route")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True, default="", help_text="What follows the ? of the address")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="one_saved_view_per_name")]

    def __str__(self) -> str:
        return self.name

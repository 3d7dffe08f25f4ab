"""The admin console's part about people: invite them, log them out, help those who lost a password or a phone."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from fleet.admin.base import WithHistory, or_say
from fleet.services import people, second_factor, sessions
from fleet.services.access import caller_of_user

# What allauth would show: settings of providers (ours come from the environment), sealed secrets, mail addresses.
for hidden in (EmailAddress, EmailConfirmation, Authenticator, SocialAccount, SocialApp, SocialToken):
    if admin.site.is_registered(hidden):
        admin.site.unregister(hidden)
admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(WithHistory, UserAdmin):
    """Django's own, and what a person asks an administrator for. What they may do in a project is a membership."""

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("When", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser")
    filter_horizontal = ()
    list_display = ["username", "email", "is_active", "is_staff", "is_superuser", "second_factor", "last_login"]
    actions = ["make_password_link", "end_sessions", "remove_second_factor"]

    def subjects(self, row: Any) -> list[str]:
        return [sessions.subject_of(row)]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # whoever did something stays readable; take “active” away instead

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        people.save_person(obj, by=caller_of_user(request.user), now=timezone.now())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Groups and permissions give nothing here."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return or_say(self, request, super().changeform_view, *args, **kwargs)

    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return or_say(self, request, super().user_change_password, *args, **kwargs)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """For superusers: each of these opens or closes somebody's account."""
        return super().get_actions(request) if request.user.is_superuser else {}

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        app = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
        return super().get_queryset(request).annotate(has_factor=Exists(app))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Nobody makes themselves a superuser."""
        if request.user.is_superuser:
            return self.readonly_fields
        return [*self.readonly_fields, "is_superuser", "is_staff"]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only superusers change superusers: whoever sets a password can be its owner."""
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not above and super().has_change_permission(request, obj)

    @admin.display(description="Second factor", boolean=True)
    def second_factor(self, user: User) -> bool:
        return bool(user.has_factor)  # type: ignore[attr-defined]  # annotated above

    @admin.action(description="Make a link to set a password")
    def make_password_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset.filter(is_active=True):
            path = people.password_link(user, by=caller_of_user(request.user), now=timezone.now())
            told = f"For {user}, once and within a day; it is not shown again: {request.build_absolute_uri(path)}"
            self.message_user(request, told, messages.WARNING)

    @admin.action(description="End all sessions")
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        actor, now = request.user.get_username(), timezone.now()
        ended = sum(sessions.revoke_all(user, actor=actor, why="ended by hand", now=now) for user in queryset)
        self.message_user(request, f"{ended} session{'' if ended == 1 else 's'} ended.")

    @admin.action(description="Remove the second factor")
    def remove_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            second_factor.remove(user, actor=request.user.get_username(), now=timezone.now())
        self.message_user(request, "Removed. They log in with the password alone until they set up a new one.")

"""Projects, and who may act in them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from fleet.models.fields import public_id


def project_id() -> str:
    return public_id("proj")


def token_id() -> str:
    return public_id("tok")


def service_account_id() -> str:
    return public_id("svc")


class Project(models.Model):
    """A tenant. Every row that belongs to somebody belongs to a project."""

    public_id = models.CharField(max_length=48, unique=True, default=project_id, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.slug


class Role(models.TextChoices):
    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"
    BILLING = "billing", "Billing"
    ADMIN = "admin", "Admin"


class Membership(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.VIEWER)
    mapped = models.BooleanField(
        default=False, db_default=False, help_text="Given by a group of the identity provider, and taken away with it"
    )

    generation = models.BigIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="one_membership_per_project")]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.project}"


class ServiceAccount(models.Model):
    """Who automation is: a role in one project that outlives the people who made it."""

    public_id = models.CharField(max_length=48, unique=True, default=service_account_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="service_accounts")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True, default="")
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.VIEWER)
    created_by = models.CharField(max_length=200)
    made_by_people = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        editable=False,
        help_text="Ids of the people behind who made it, whatever they are called by now",
    )
    created_at = models.DateTimeField(db_default=Now())
    disabled_at = models.DateTimeField(null=True, blank=True)
    generation = models.BigIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_service_account_per_name")]

    def __str__(self) -> str:
        return f"{self.name} of {self.project}"


class Token(models.Model):
    """`prs_<key_id>_<secret>`: only the HMAC of the secret is kept.

    Without a service account it may do what its scopes say and its issuer's role allows today; with one, what the
    service account's role allows. Without a project it is about the whole installation, and its issuer a superuser.
    """

    public_id = models.CharField(max_length=48, unique=True, default=token_id, editable=False)
    key_id = models.CharField(max_length=24, unique=True)
    digest = models.CharField(max_length=128)
    name = models.CharField(max_length=200)
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="tokens")
    # Deleting a person would take tokens of service accounts with them: people are switched off instead.
    issuer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="issued_tokens")
    service_account = models.ForeignKey(
        ServiceAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="tokens"
    )
    scopes = models.JSONField(default=list, help_text='Of fleet.domain.rights: ["read", "fleet:write"]')
    cidrs = models.JSONField(default=list, blank=True, help_text="Where it may be used from; empty: anywhere")
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: as for everybody")
    spend_cap_per_hour = models.DecimalField(
        max_digits=18, decimal_places=6, null=True, blank=True, help_text="What all it asked for may cost an hour"
    )
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)
    rotated_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.name} (prs_{self.key_id}_…)"

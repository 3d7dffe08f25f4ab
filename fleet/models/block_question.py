"""A question for capacity blocks on sale: somebody asks it, a worker asks the clouds, and the answer stands here."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from fleet.models.access import Project
from fleet.models.catalog import CloudAccount
from fleet.models.fields import public_id


def block_question_id() -> str:
    return public_id("bq")


class QuestionState(models.TextChoices):
    WAITING = "waiting", "Waits for a worker"
    ASKING = "asking", "The clouds are asked"
    ANSWERED = "answered", "Answered"
    FAILED = "failed", "No cloud answered"


class BlockQuestion(models.Model):
    """Its offers are for whoever asked: nobody else buys by them. Gone a day after it was asked."""

    public_id = models.CharField(max_length=48, unique=True, default=block_question_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="block_questions")
    account = models.ForeignKey(
        CloudAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="block_questions",
        help_text="Empty: every account that may be bought from",
    )  # fmt: skip
    wanted = models.JSONField(help_text="hours, and accelerators of a kind or machines of a type; region, times")
    requested_by = models.CharField(max_length=200)
    principal = models.CharField(max_length=120, help_text="Whom the offers are made to")
    state = models.CharField(max_length=8, choices=QuestionState.choices, default=QuestionState.WAITING)
    asked_at = models.DateTimeField(db_default=Now(), help_text="Real time")
    seen_at = models.DateTimeField(null=True, blank=True, help_text="Real time; a worker was last at it")
    finished_at = models.DateTimeField(null=True, blank=True, help_text="Real time")
    rounds = models.PositiveIntegerField(default=0, help_text="How often it was begun; the last one counts")
    calls = models.PositiveIntegerField(default=0, help_text="Of the clouds, in all; known once it is begun")
    calls_done = models.PositiveIntegerField(default=0)
    offers = models.JSONField(default=list, help_text="The cheapest first, each with the name it is bought by")
    problems = models.JSONField(default=list, help_text="Calls that gave no answer: why, and what to do")
    detail = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(finished_at=None), name="block_question_waiting"),
            models.Index(fields=["project", "-id"], name="block_question_of_project"),
        ]

    def __str__(self) -> str:
        return f"{self.requested_by}: {self.public_id} ({self.state})"

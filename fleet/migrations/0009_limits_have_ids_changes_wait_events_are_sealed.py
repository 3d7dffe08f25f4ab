"""Limits get ids and generations, changes may wait for approval, and every event can be sealed into a chain."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

import fleet.models.limits

REFUSE = """
DROP TRIGGER event_says_what_it_said ON fleet_event;
CREATE TRIGGER event_says_what_it_said BEFORE UPDATE ON fleet_event FOR EACH ROW
  WHEN (ROW(OLD.id, OLD.tx, OLD.recorded_at, OLD.occurred_at, OLD.topic, OLD.project_id, OLD.subject, OLD.actor,
            OLD.principal, OLD.request_id, OLD.address, OLD.traceparent, OLD.data)
        IS DISTINCT FROM
        ROW(NEW.id, NEW.tx, NEW.recorded_at, NEW.occurred_at, NEW.topic, NEW.project_id, NEW.subject, NEW.actor,
            NEW.principal, NEW.request_id, NEW.address, NEW.traceparent, NEW.data))
  EXECUTE FUNCTION purser_refuse_change();
CREATE TRIGGER event_is_never_emptied BEFORE TRUNCATE ON fleet_event
  FOR EACH STATEMENT EXECUTE FUNCTION purser_refuse_change();
CREATE TRIGGER eventseal_is_insert_only BEFORE UPDATE OR DELETE ON fleet_eventseal
  FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();
CREATE TRIGGER eventseal_is_never_emptied BEFORE TRUNCATE ON fleet_eventseal
  FOR EACH STATEMENT EXECUTE FUNCTION purser_refuse_change();
"""

ALLOW = """
DROP TRIGGER eventseal_is_never_emptied ON fleet_eventseal;
DROP TRIGGER eventseal_is_insert_only ON fleet_eventseal;
DROP TRIGGER event_is_never_emptied ON fleet_event;
DROP TRIGGER event_says_what_it_said ON fleet_event;
CREATE TRIGGER event_says_what_it_said BEFORE UPDATE ON fleet_event FOR EACH ROW
  WHEN (ROW(OLD.tx, OLD.recorded_at, OLD.occurred_at, OLD.topic, OLD.project_id, OLD.subject, OLD.actor,
            OLD.request_id, OLD.data)
        IS DISTINCT FROM
        ROW(NEW.tx, NEW.recorded_at, NEW.occurred_at, NEW.topic, NEW.project_id, NEW.subject, NEW.actor,
            NEW.request_id, NEW.data))
  EXECUTE FUNCTION purser_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0008_events_name_their_trace"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField(help_text="Real time")),
                (
                    "finished_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text="Real time"),
                ),
                ("sealed", models.BigIntegerField(help_text="Seals looked at")),
                ("digest", models.CharField(blank=True, default="", help_text="Of the last of them", max_length=64)),
                ("findings", models.JSONField(default=list)),
            ],
        ),
        migrations.AddField(
            model_name="budget",
            name="generation",
            field=models.BigIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AddField(
            model_name="budget",
            name="public_id",
            field=models.CharField(
                db_default=django.db.models.expressions.RawSQL(
                    "('bud_' || replace(gen_random_uuid()::text, '-', ''))", []
                ),
                default=fleet.models.limits.budget_id,
                editable=False,
                max_length=48,
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="principal",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Who that was: user:…, token:…; empty: Purser itself",
                max_length=120,
            ),
        ),
        migrations.AddField(
            model_name="quota",
            name="generation",
            field=models.BigIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AddField(
            model_name="quota",
            name="public_id",
            field=models.CharField(
                db_default=django.db.models.expressions.RawSQL(
                    "('quota_' || replace(gen_random_uuid()::text, '-', ''))", []
                ),
                default=fleet.models.limits.quota_id,
                editable=False,
                max_length=48,
                unique=True,
            ),
        ),
        migrations.CreateModel(
            name="EventSeal",
            fields=[
                (
                    "n",
                    models.BigIntegerField(
                        help_text="Place in the chain, from 1 without a gap", primary_key=True, serialize=False
                    ),
                ),
                ("tx", models.BigIntegerField(help_text="The event's place in the feed, beside its id")),
                ("digest", models.CharField(help_text="SHA-256, hexadecimal", max_length=64)),
                (
                    "sealed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text="Real time"),
                ),
                (
                    "event",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seal",
                        to="fleet.event",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ChangeRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=fleet.models.limits.change_request_id, editable=False, max_length=48, unique=True
                    ),
                ),
                ("noun", models.CharField(help_text="quota, budget or installation", max_length=16)),
                ("verb", models.CharField(help_text="change or delete", max_length=8)),
                ("subject", models.CharField(help_text="Public id of the row it is about", max_length=48)),
                ("generation", models.BigIntegerField(default=0, help_text="The row's when this was asked for")),
                ("before", models.JSONField()),
                ("after", models.JSONField(blank=True, help_text="Empty: the row is to go", null=True)),
                ("why", models.CharField(blank=True, default="", max_length=500)),
                ("asked_by", models.CharField(max_length=200)),
                ("asked_principal", models.CharField(max_length=120)),
                (
                    "asked_people",
                    models.JSONField(default=list, help_text="Ids of the people behind who asked; none may approve"),
                ),
                ("asked_at", models.DateTimeField(help_text="Business time")),
                ("expires_at", models.DateTimeField(help_text="Business time")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("approved", "Approved"),
                            ("refused", "Refused"),
                            ("expired", "Expired"),
                            ("outdated", "Changed meanwhile"),
                        ],
                        default="waiting",
                        max_length=16,
                    ),
                ),
                ("decided_by", models.CharField(blank=True, default="", max_length=200)),
                ("decided_at", models.DateTimeField(blank=True, help_text="Business time", null=True)),
                ("decided_why", models.CharField(blank=True, default="", max_length=500)),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="change_requests",
                        to="fleet.project",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["subject", "state"], name="change_request_of_subject")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")), fields=("subject",), name="one_waiting_change_per_row"
                    )
                ],
            },
        ),
        migrations.RunSQL(REFUSE, ALLOW),
    ]

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

NOTE = """
CREATE FUNCTION purser_note_catalogue_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  mine bigint;
BEGIN
  INSERT INTO fleet_cataloguechange (tx) VALUES (pg_current_xact_id()::text::bigint) RETURNING id INTO mine;
  IF mine % 64 = 0 THEN
    DELETE FROM fleet_cataloguechange WHERE id IN (
      SELECT id FROM fleet_cataloguechange WHERE id < mine - 64 FOR UPDATE SKIP LOCKED);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER offering_is_noted AFTER INSERT OR UPDATE OR DELETE ON fleet_offering
  FOR EACH STATEMENT EXECUTE FUNCTION purser_note_catalogue_change();
CREATE TRIGGER instancetype_is_noted AFTER INSERT OR UPDATE OR DELETE ON fleet_instancetype
  FOR EACH STATEMENT EXECUTE FUNCTION purser_note_catalogue_change();
CREATE TRIGGER cloudaccount_is_noted AFTER INSERT OR UPDATE OF enabled, cloud OR DELETE ON fleet_cloudaccount
  FOR EACH STATEMENT EXECUTE FUNCTION purser_note_catalogue_change();
CREATE TRIGGER cloudquota_is_noted AFTER INSERT OR UPDATE OR DELETE ON fleet_cloudquota
  FOR EACH STATEMENT EXECUTE FUNCTION purser_note_catalogue_change();
"""
"""One row a statement and no lock, so writers never wait for one another; every 64th forgets what lies far behind."""

FORGET = """
DROP TRIGGER cloudquota_is_noted ON fleet_cloudquota;
DROP TRIGGER cloudaccount_is_noted ON fleet_cloudaccount;
DROP TRIGGER instancetype_is_noted ON fleet_instancetype;
DROP TRIGGER offering_is_noted ON fleet_offering;
DROP FUNCTION purser_note_catalogue_change();
"""

COUNTS = """
UPDATE fleet_capacitymemory SET
  recent_attempts = attempts, recent_refusals = refusals, recent_interruptions = interruptions,
  recent_hours = held_hours, counted_at = greatest(last_success_at, last_refusal_at)
WHERE counted_at IS NULL;
"""
"""What was counted until now begins to fade at the last answer."""


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0026_launches_of_several_machines"),
    ]

    operations = [
        migrations.CreateModel(
            name="CatalogueChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tx", models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="allocation",
            name="on_demand_floor",
            field=models.PositiveIntegerField(db_default=0, default=0, help_text="So many may not be spot"),
        ),
        migrations.AddField(
            model_name="allocation",
            name="residency",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Country or union the machines must stand in",
                max_length=32,
            ),
        ),
        migrations.AddField(
            model_name="capacitymemory",
            name="counted_at",
            field=models.DateTimeField(blank=True, editable=False, help_text="Business time", null=True),
        ),
        migrations.AddField(
            model_name="capacitymemory",
            name="recent_attempts",
            field=models.FloatField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="capacitymemory",
            name="recent_hours",
            field=models.FloatField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="capacitymemory",
            name="recent_interruptions",
            field=models.FloatField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="capacitymemory",
            name="recent_refusals",
            field=models.FloatField(db_default=0, default=0, editable=False),
        ),
        migrations.CreateModel(
            name="CloudQuota",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region", models.CharField(max_length=64)),
                ("zone", models.CharField(blank=True, default="", help_text="Empty: the whole region", max_length=64)),
                ("name", models.CharField(help_text="As the cloud calls it", max_length=200)),
                (
                    "unit",
                    models.CharField(
                        choices=[("vcpus", "vcpus"), ("accelerators", "accelerators"), ("machines", "machines")],
                        max_length=16,
                    ),
                ),
                ("most", models.BigIntegerField(blank=True, null=True)),
                ("used", models.BigIntegerField(blank=True, null=True)),
                (
                    "instance_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        blank=True,
                        default=list,
                        help_text="Empty: all",
                        size=None,
                    ),
                ),
                (
                    "capacity_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16),
                        blank=True,
                        default=list,
                        help_text="Empty: any",
                        size=None,
                    ),
                ),
                ("observed_at", models.DateTimeField(help_text="Business time")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cloud_quotas",
                        to="fleet.cloudaccount",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "region", "zone", "name"), name="one_cloud_quota_per_name"
                    )
                ],
            },
        ),
        migrations.RunSQL(NOTE, FORGET),
        migrations.RunSQL(COUNTS, migrations.RunSQL.noop),
    ]

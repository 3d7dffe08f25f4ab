import django.db.models.deletion
from django.db import migrations, models

NOTE = """
DROP TRIGGER paidcapacity_change_is_noted ON fleet_paidcapacity;
CREATE TRIGGER paidcapacity_change_is_noted AFTER UPDATE ON fleet_paidcapacity FOR EACH ROW
  WHEN ((OLD.account_id, OLD.instance_type, OLD.region, OLD.zone, OLD.machines, OLD.used_by_others, OLD.usable,
         OLD.ends_at, OLD.machines_until, OLD.price_per_hour, OLD.currency, OLD.project_id, OLD.shared)
    IS DISTINCT FROM
        (NEW.account_id, NEW.instance_type, NEW.region, NEW.zone, NEW.machines, NEW.used_by_others, NEW.usable,
         NEW.ends_at, NEW.machines_until, NEW.price_per_hour, NEW.currency, NEW.project_id, NEW.shared))
  EXECUTE FUNCTION purser_note_catalogue_change();
"""
"""Whose it is decides who may plan with it: a change of that makes a new market too."""

BEFORE = """
DROP TRIGGER paidcapacity_change_is_noted ON fleet_paidcapacity;
CREATE TRIGGER paidcapacity_change_is_noted AFTER UPDATE ON fleet_paidcapacity FOR EACH ROW
  WHEN ((OLD.account_id, OLD.instance_type, OLD.region, OLD.zone, OLD.machines, OLD.used_by_others, OLD.usable,
         OLD.ends_at, OLD.machines_until, OLD.price_per_hour, OLD.currency)
    IS DISTINCT FROM
        (NEW.account_id, NEW.instance_type, NEW.region, NEW.zone, NEW.machines, NEW.used_by_others, NEW.usable,
         NEW.ends_at, NEW.machines_until, NEW.price_per_hour, NEW.currency))
  EXECUTE FUNCTION purser_note_catalogue_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0032_what_the_clouds_advise"),
    ]

    operations = [
        migrations.AddField(
            model_name="paidcapacity",
            name="shared",
            field=models.BooleanField(
                default=False, db_default=False, help_text="Other projects than the one that keeps it may use it"
            ),
        ),
        migrations.AlterField(
            model_name="paidcapacity",
            name="project",
            field=models.ForeignKey(
                blank=True,
                help_text="Who keeps it, and bears the hours nobody uses; empty: the installation",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="paid_capacity",
                to="fleet.project",
            ),
        ),
        migrations.RunSQL(NOTE, BEFORE),
    ]

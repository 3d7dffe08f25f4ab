from django.db import migrations

NOTE = """
CREATE TRIGGER paidcapacity_is_noted AFTER INSERT OR DELETE ON fleet_paidcapacity
  FOR EACH STATEMENT EXECUTE FUNCTION purser_note_catalogue_change();
CREATE TRIGGER paidcapacity_change_is_noted AFTER UPDATE ON fleet_paidcapacity FOR EACH ROW
  WHEN ((OLD.account_id, OLD.instance_type, OLD.region, OLD.zone, OLD.machines, OLD.used_by_others, OLD.usable,
         OLD.ends_at, OLD.machines_until, OLD.price_per_hour, OLD.currency)
    IS DISTINCT FROM
        (NEW.account_id, NEW.instance_type, NEW.region, NEW.zone, NEW.machines, NEW.used_by_others, NEW.usable,
         NEW.ends_at, NEW.machines_until, NEW.price_per_hour, NEW.currency))
  EXECUTE FUNCTION purser_note_catalogue_change();
"""
"""It is read every few seconds: that it was seen again, or that a machine of ours went in, makes no new market."""

FORGET = """
DROP TRIGGER paidcapacity_change_is_noted ON fleet_paidcapacity;
DROP TRIGGER paidcapacity_is_noted ON fleet_paidcapacity;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0030_memory_has_a_version"),
    ]

    operations = [
        migrations.RunSQL(NOTE, FORGET),
    ]

from django.db import migrations

NOTE = """
DROP TRIGGER cloudaccount_is_noted ON fleet_cloudaccount;
CREATE TRIGGER cloudaccount_is_noted AFTER INSERT OR UPDATE OF {columns} OR DELETE ON fleet_cloudaccount
  FOR EACH STATEMENT EXECUTE FUNCTION purser_note_catalogue_change();
"""
"""What is on sale tells its account's name, and by which adapter it is reached."""


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0039_quotas_that_were_full"),
    ]

    operations = [
        migrations.RunSQL(NOTE.format(columns="enabled, cloud, provider, name"), NOTE.format(columns="enabled, cloud"))
    ]

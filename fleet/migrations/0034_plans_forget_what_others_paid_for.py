from django.db import migrations

FORGET = """
UPDATE fleet_allocation SET plan = NULL, planned_at = NULL
 WHERE plan::text LIKE '%"reserved"%'
   AND EXISTS (SELECT FROM fleet_paidcapacity paid WHERE paid.project_id <> fleet_allocation.project_id);
"""
"""Plans that were kept may name paid capacity of other projects, and do not say whose it was. What was bought by them
stays in events and attempts."""


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0033_paid_capacity_is_shared_or_kept"),
    ]

    operations = [
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
    ]

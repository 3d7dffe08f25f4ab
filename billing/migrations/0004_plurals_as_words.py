from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0003_sums_of_months_and_hours"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="costpertoken",
            options={"verbose_name_plural": "costs per token"},
        ),
        migrations.AlterModelOptions(
            name="ledgerentry",
            options={"verbose_name_plural": "ledger entries"},
        ),
    ]

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0016_operations_and_sweeps_asked_for"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="capacitymemory",
            options={"verbose_name_plural": "capacity memories"},
        ),
        migrations.AlterModelOptions(
            name="periodic",
            options={"verbose_name_plural": "periodic work"},
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inference", "0003_standing_of_endpoints"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["-at", "-id"], name="decision_newest"),
        ),
    ]

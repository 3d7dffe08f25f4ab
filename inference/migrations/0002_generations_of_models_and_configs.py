"""Models and serving configurations count their changes, so that nobody overwrites what they have not read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inference", "0001_initial")]

    operations = [
        migrations.AddField("model", "generation", models.BigIntegerField(db_default=1, default=1)),
        migrations.AddField("servingconfig", "generation", models.BigIntegerField(db_default=1, default=1)),
    ]

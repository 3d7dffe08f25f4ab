from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0013_event_order_outlives_a_restore"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["-occurred_at", "-id"], name="event_newest"),
        ),
    ]

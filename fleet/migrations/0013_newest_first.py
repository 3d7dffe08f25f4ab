from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0012_sessions_and_what_groups_give"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["-occurred_at", "-id"], name="event_newest"),
        ),
    ]

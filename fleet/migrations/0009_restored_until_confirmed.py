from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0008_events_name_their_trace"),
    ]

    operations = [
        migrations.AddField(
            model_name="installation",
            name="restored_at",
            field=models.DateTimeField(
                blank=True,
                help_text="Real time. This is a restored backup nobody has confirmed: nothing acts",
                null=True,
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0007_saved_views"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="traceparent",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="The span that recorded it",
                max_length=55,
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0010_rows_the_api_may_name"),
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

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0005_service_accounts_and_token_limits"),
    ]

    operations = [
        migrations.AddField(
            model_name="allocation",
            name="release_at",
            field=models.DateTimeField(
                blank=True,
                help_text="Real time. Somebody asked for its release and may withdraw that until then",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="incident",
            name="acknowledged_at",
            field=models.DateTimeField(blank=True, help_text="Business time; somebody looks after it", null=True),
        ),
        migrations.AddField(
            model_name="incident",
            name="acknowledged_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="slot",
            name="cordoned_at",
            field=models.DateTimeField(blank=True, help_text="Business time; takes no new work since then", null=True),
        ),
    ]

from django.db import migrations, models

MAKERS = """
UPDATE fleet_serviceaccount AS made
SET made_by_people = jsonb_build_array(found.person)
FROM (
    SELECT account.id, coalesce(
        (SELECT auth_user.id FROM fleet_event AS event
            JOIN auth_user ON event.principal = 'user:' || auth_user.id
            WHERE event.subject = account.public_id AND event.topic = 'service-account.created' LIMIT 1),
        (SELECT token.issuer_id FROM fleet_event AS event
            JOIN fleet_token AS token ON event.principal = 'token:' || token.public_id
            WHERE event.subject = account.public_id AND event.topic = 'service-account.created' LIMIT 1),
        (SELECT auth_user.id FROM auth_user WHERE auth_user.username = account.created_by)
    ) AS person
    FROM fleet_serviceaccount AS account
) AS found
WHERE found.id = made.id AND found.person IS NOT NULL AND made.made_by_people = '[]'::jsonb
"""
"""Who made those there are: as their first event says it by id, or else whoever has the maker's name today."""

SUBJECTS = """
UPDATE fleet_changerequest AS request
SET subject = installation.uuid::text
FROM fleet_installation AS installation
WHERE request.noun = 'installation' AND request.subject = 'inst_' || replace(installation.uuid::text, '-', '')
"""
"""Requests about the installation name it as its events do from now on; events themselves stay as they were written."""


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0021_currency_of_holds"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="generation",
            field=models.BigIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AddField(
            model_name="serviceaccount",
            name="made_by_people",
            field=models.JSONField(
                db_default=models.Value([], models.JSONField()),
                default=list,
                editable=False,
                help_text="Ids of the people behind who made it, whatever they are called by now",
            ),
        ),
        migrations.RunSQL(MAKERS, migrations.RunSQL.noop),
        migrations.RunSQL(SUBJECTS, migrations.RunSQL.noop),
    ]

"""Events are ordered by a number that goes on after a restore into a server whose transactions are younger."""

from django.db import migrations, models
from django.db.models.expressions import RawSQL

CREATE = """
CREATE FUNCTION purser_tx(xid8) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT $1::text::bigint + 0';
"""
DROP = "DROP FUNCTION purser_tx(xid8);"


class Migration(migrations.Migration):
    dependencies = [("fleet", "0012_sessions_and_what_groups_give")]
    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.AlterField(
            model_name="event",
            name="tx",
            field=models.BigIntegerField(db_default=RawSQL("purser_tx(pg_current_xact_id())", []), editable=False),
        ),
    ]

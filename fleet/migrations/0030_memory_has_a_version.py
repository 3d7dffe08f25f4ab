from django.db import migrations, models

NOTE = """
CREATE OR REPLACE FUNCTION purser_note_catalogue_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  mine bigint;
  what text := coalesce(TG_ARGV[0], 'market');
BEGIN
  INSERT INTO fleet_cataloguechange (tx, kind) VALUES (pg_current_xact_id()::text::bigint, what) RETURNING id INTO mine;
  IF mine % 64 = 0 THEN
    DELETE FROM fleet_cataloguechange WHERE id IN (
      SELECT id FROM fleet_cataloguechange WHERE kind = what AND id < mine - 64 FOR UPDATE SKIP LOCKED);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER capacitymemory_is_noted AFTER INSERT OR UPDATE OR DELETE ON fleet_capacitymemory
  FOR EACH STATEMENT EXECUTE FUNCTION purser_note_catalogue_change('memory');
"""
"""Each kind forgets its own: what was learnt a hundred times must not make the market look changed."""

FORGET = """
DROP TRIGGER capacitymemory_is_noted ON fleet_capacitymemory;
"""


class Migration(migrations.Migration):
    dependencies = [("fleet", "0029_paid_capacity")]

    operations = [
        migrations.AddField(
            model_name="cataloguechange",
            name="kind",
            field=models.CharField(db_default="market", default="market", max_length=16),
        ),
        migrations.RunSQL(NOTE, FORGET),
    ]

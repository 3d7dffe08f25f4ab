"""Facts (what a cloud answered) may be added, never changed or removed; events only learn that they were relayed."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION purser_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER launchresult_is_insert_only BEFORE UPDATE OR DELETE ON fleet_launchresult
  FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();
CREATE TRIGGER terminationfact_is_insert_only BEFORE UPDATE OR DELETE ON fleet_terminationfact
  FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON fleet_event
  FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();
CREATE TRIGGER event_says_what_it_said BEFORE UPDATE ON fleet_event FOR EACH ROW
  WHEN (ROW(OLD.tx, OLD.recorded_at, OLD.occurred_at, OLD.topic, OLD.project_id, OLD.subject, OLD.actor,
            OLD.request_id, OLD.data)
        IS DISTINCT FROM
        ROW(NEW.tx, NEW.recorded_at, NEW.occurred_at, NEW.topic, NEW.project_id, NEW.subject, NEW.actor,
            NEW.request_id, NEW.data))
  EXECUTE FUNCTION purser_refuse_change();
"""

ALLOW = """
DROP TRIGGER event_says_what_it_said ON fleet_event;
DROP TRIGGER event_is_never_deleted ON fleet_event;
DROP TRIGGER terminationfact_is_insert_only ON fleet_terminationfact;
DROP TRIGGER launchresult_is_insert_only ON fleet_launchresult;
DROP FUNCTION purser_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("fleet", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]

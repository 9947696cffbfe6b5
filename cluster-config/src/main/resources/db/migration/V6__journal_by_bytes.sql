-- Persistence ids are compared by their bytes, whatever the database's own collation is.
--
-- An export reads all journals of a tenant as one range of the primary key, and the range of a prefix is
-- one only where texts are ordered by their bytes: other collations pass over punctuation, or know letters
-- of two characters. It also keeps the key, on which it rests that each number of a customer is written
-- once, out of reach of an operating system whose new version sorts texts in another order.
--
-- The table itself is not rewritten, but the index of its primary key is, under a lock that lets nobody
-- read or write the journal meanwhile: some seconds for each million of events.

DO $$
DECLARE
  -- As it is by now: a view that reads the column is in the way of its change.
  definition text := pg_get_viewdef('ledger'::regclass);
  description text := obj_description('ledger'::regclass, 'pg_class');
BEGIN
  DROP VIEW ledger;
  ALTER TABLE event_journal ALTER COLUMN persistence_id TYPE VARCHAR(255) COLLATE "C";
  EXECUTE 'CREATE VIEW ledger AS ' || definition;
  EXECUTE format('COMMENT ON VIEW ledger IS %L', description);
END
$$;

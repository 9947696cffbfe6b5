-- Keeps the two newest snapshots of each actor.
--
-- The engine decides by itself when a snapshot pays, which Pekko's own retention (a fixed count of
-- events) cannot express, and without that retention nothing ever deletes an old one. Here it costs one
-- look at the primary key inside of the transaction that writes the snapshot anyway, and it cannot be
-- forgotten by a node that crashes in between. Two are kept and not one, so that one that turns out to
-- be unreadable leaves the one before; none is needed for correctness, as the journal is kept whole.

CREATE FUNCTION keep_newest_snapshots() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  DELETE FROM snapshot
   WHERE persistence_id = NEW.persistence_id
     AND sequence_number < (
           SELECT sequence_number
             FROM snapshot
            WHERE persistence_id = NEW.persistence_id
            ORDER BY sequence_number DESC
           OFFSET 1 LIMIT 1);
  RETURN NULL;
END
$$;

CREATE TRIGGER keep_newest_snapshots
  AFTER INSERT ON snapshot
  FOR EACH ROW EXECUTE FUNCTION keep_newest_snapshots();

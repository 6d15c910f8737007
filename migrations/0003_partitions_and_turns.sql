-- Three functions of the migrations before, made whole.
SET LOCAL search_path = nexus_memory, public;

-- Makes the month's partition that holds `day`. Rows that came before it, into the overflow
-- partition (nobody kept the database for months), move into it: a plain CREATE would be refused.
-- Gives up while a backup reads the overflow partition: who reads the outbox must not queue behind.
CREATE OR REPLACE FUNCTION ensure_outbox_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = nexus_memory, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  first timestamptz := date_trunc('month', day)::timestamptz;
  beyond timestamptz := (date_trunc('month', day) + interval '1 month')::timestamptz;
  part text := 'outbox_' || to_char(day, 'YYYY_MM');
BEGIN
  IF to_regclass('nexus_memory.' || part) IS NOT NULL THEN
    RETURN;
  END IF;
  LOCK TABLE outbox_overflow IN ACCESS EXCLUSIVE MODE;
  EXECUTE format('CREATE TABLE %I (LIKE outbox INCLUDING DEFAULTS INCLUDING INDEXES)', part);
  EXECUTE format('WITH moved AS (DELETE FROM outbox_overflow WHERE occurred_at >= $1 AND occurred_at < $2 '
                 'RETURNING *) INSERT INTO %I SELECT * FROM moved', part) USING first, beyond;
  EXECUTE format('ALTER TABLE outbox ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, first, beyond);
  EXECUTE format('GRANT SELECT ON %I TO nexus_backup', part);
END
$$;

-- Writers of one session take turns, or two neighbours that arrive at once would not see each
-- other. The order of locks is the same for all. The sessions of a brain share 64 turns: with one
-- for each, a brain of some ten thousand sessions could not be deleted for want of locks.
CREATE OR REPLACE FUNCTION lock_sessions(brains_in uuid[], sessions_in text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(of_brain, turn)
     FROM (SELECT DISTINCT hashtext(b::text) AS of_brain, hashtext(s) & 63 AS turn
             FROM unnest(brains_in, sessions_in) AS i (b, s) WHERE s IS NOT NULL ORDER BY 1, 2) AS turns;
END
$$;

-- Gone everywhere: queued work and the vectors of every space go in the same transaction. The
-- queue before the vectors: a worker that is storing vectors holds its queue row, so they are
-- visible here once that row is free. The other way round they would stay. The session's turn
-- before the queue, as inserts and updates take them: the other way round the two would wait for
-- each other.
CREATE OR REPLACE FUNCTION episodes_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = nexus_memory, pg_temp AS $$
DECLARE
  space integer;
BEGIN
  PERFORM lock_sessions(array_agg(brain_id), array_agg(session_id)) FROM old_rows;
  DELETE FROM embedding_queue q USING old_rows o
   WHERE q.brain_id = o.brain_id AND q.kind = 'episode' AND q.item = o.episode_id;
  FOR space IN SELECT space_id FROM embedding_spaces LOOP
    EXECUTE format('DELETE FROM %I v USING old_rows o WHERE v.brain_id = o.brain_id '
                   'AND v.kind = ''episode'' AND v.item = o.episode_id', 'embeddings_' || space);
  END LOOP;
  PERFORM queue_embeddings(array_agg(o.brain_id), array_agg(f))
     FROM old_rows o, followers(o.brain_id, o.session_id, o.occurred_at, o.episode_id) f
    WHERE o.session_id IS NOT NULL AND EXISTS (SELECT FROM brains b WHERE b.brain_id = o.brain_id);
  INSERT INTO outbox (brain_id, aggregatetype, aggregateid, type, payload)
  SELECT brain_id, 'episode', episode_id, 'episode.deleted', jsonb_build_object('id', episode_id)
    FROM old_rows ORDER BY episode_id;
  RETURN NULL;
END
$$;

-- Several embedding spaces beside each other: one serves, others are built or kept up to date so
-- that they can serve at once, and one that is retired leaves nothing but its row.
SET LOCAL search_path = nexus_memory, public;

-- `source` is where the nodes load the model from; NULL where an older program made the space.
-- A space that is `building` and was activated before is the one to go back to.
ALTER TABLE embedding_spaces ADD source text, ADD activated_at timestamptz,
  DROP CONSTRAINT embedding_spaces_dimension_check,
  ADD CONSTRAINT dimension_that_can_be_indexed CHECK (dimension BETWEEN 1 AND 4000),
  DROP CONSTRAINT embedding_spaces_model_artefact_sha256_key;
CREATE UNIQUE INDEX one_living_space_per_artefact ON embedding_spaces (model, artefact_sha256) WHERE state <> 'retired';
UPDATE embedding_spaces SET activated_at = created_at WHERE state = 'active';

-- Counting a space over all brains is upkeep; texts are not to be seen for it.
CREATE POLICY keeper_counts_all ON episodes FOR SELECT TO nexus_keeper USING (true);
GRANT SELECT (brain_id, episode_id, created_at, invalidated_at) ON episodes TO nexus_keeper;
CREATE FUNCTION let_keeper_count(vectors text) RETURNS void LANGUAGE plpgsql SET search_path = nexus_memory, public AS $$
BEGIN
  EXECUTE format('CREATE POLICY keeper_counts_all ON %I FOR SELECT TO nexus_keeper USING (true)', vectors);
  EXECUTE format('GRANT SELECT (brain_id, kind, item) ON %I TO nexus_keeper', vectors);
END
$$;
SELECT let_keeper_count('embeddings_' || space_id) FROM embedding_spaces;
-- For the end of a space: its work in every brain.
CREATE POLICY owner_retires ON embedding_queue TO nexus_owner USING (true) WITH CHECK (brain_id = current_brain());

-- As before, with the place of the model; halfvec where pgvector indexes no vector. Who writes
-- while the space appears either waits or queues for it: what is there afterwards and was not
-- queued is what a look for missing vectors can see.
DROP FUNCTION create_embedding_space(text, text, integer, integer, text, text, text);
CREATE FUNCTION create_embedding_space(new_model text, new_sha256 text, new_dimension integer,
    new_max_tokens integer, new_query_prefix text, new_passage_prefix text, new_pooling text,
    new_source text DEFAULT NULL)
RETURNS integer LANGUAGE plpgsql SET search_path = nexus_memory, public SET lock_timeout = '2s' AS $$
DECLARE
  is_first boolean;
  made integer;
  vectors text;
  kind text := CASE WHEN new_dimension > 2000 THEN 'halfvec' ELSE 'vector' END;
BEGIN
  LOCK TABLE embedding_queue IN SHARE ROW EXCLUSIVE MODE;
  is_first := NOT EXISTS (SELECT FROM embedding_spaces WHERE state = 'active');
  INSERT INTO embedding_spaces (model, artefact_sha256, dimension, max_tokens, query_prefix,
                                passage_prefix, pooling, source, state, activated_at)
  VALUES (new_model, new_sha256, new_dimension, new_max_tokens, new_query_prefix, new_passage_prefix,
          new_pooling, new_source, CASE WHEN is_first THEN 'active' ELSE 'building' END,
          CASE WHEN is_first THEN now() END)
  RETURNING space_id INTO made;
  vectors := 'embeddings_' || made;
  EXECUTE format(
    'CREATE TABLE %I (brain_id uuid NOT NULL REFERENCES brains ON DELETE CASCADE, kind text NOT NULL, '
    'item uuid NOT NULL, chunk_no integer NOT NULL, start_byte integer NOT NULL, end_byte integer NOT NULL, '
    'version bigint NOT NULL, generation bigint NOT NULL, embedding %s(%s) NOT NULL, '
    'PRIMARY KEY (brain_id, kind, item, chunk_no))', vectors, kind, new_dimension);
  EXECUTE format('CREATE INDEX %I ON %I USING hnsw (embedding %s_ip_ops)', vectors || '_hnsw', vectors, kind);
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', vectors);
  EXECUTE format('CREATE POLICY own_brain ON %I USING (brain_id = current_brain()) '
                 'WITH CHECK (brain_id = current_brain())', vectors);
  EXECUTE format('CREATE POLICY backup_reads_all ON %I FOR SELECT TO nexus_backup USING (true)', vectors);
  EXECUTE format('GRANT SELECT ON %I TO nexus_api, nexus_sql, nexus_backup', vectors);
  EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO nexus_embedder', vectors);
  PERFORM let_keeper_count(vectors);
  PERFORM rebuild_old_views();
  RETURN made;
END
$$;

-- From its commit on this space serves. The one that served is still kept up to date. False: there
-- is no such space, or it is retired.
CREATE FUNCTION activate_embedding_space(chosen integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = nexus_memory, public SET lock_timeout = '2s' AS $$
BEGIN
  -- One at a time.
  PERFORM FROM embedding_spaces WHERE state <> 'retired' ORDER BY space_id FOR NO KEY UPDATE;
  IF NOT EXISTS (SELECT FROM embedding_spaces WHERE space_id = chosen AND state <> 'retired') THEN
    RETURN false;
  END IF;
  UPDATE embedding_spaces SET state = 'building' WHERE state = 'active' AND space_id <> chosen;
  UPDATE embedding_spaces SET state = 'active', activated_at = now() WHERE space_id = chosen AND state <> 'active';
  PERFORM rebuild_old_views();
  RETURN true;
END
$$;

-- The vectors and the queued work of a space that does not serve go. False: it is no such space. The
-- lock: who has read that it lives has queued for it, or will read again.
CREATE FUNCTION retire_embedding_space(chosen integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = nexus_memory, public SET lock_timeout = '2s' AS $$
BEGIN
  LOCK TABLE embedding_queue IN SHARE ROW EXCLUSIVE MODE;
  UPDATE embedding_spaces SET state = 'retired' WHERE space_id = chosen AND state = 'building';
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  DELETE FROM embedding_queue WHERE space_id = chosen;
  EXECUTE format('DROP TABLE %I', 'embeddings_' || chosen);
  RETURN true;
END
$$;

-- As before, but for the spaces that are retired, whose tables are gone. None retires while this
-- runs: its first statement takes hold of the queue, which a retirement locks.
CREATE OR REPLACE FUNCTION episodes_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = nexus_memory, pg_temp AS $$
DECLARE
  space integer;
BEGIN
  PERFORM lock_sessions(array_agg(brain_id), array_agg(session_id)) FROM old_rows;
  DELETE FROM embedding_queue q USING old_rows o
   WHERE q.brain_id = o.brain_id AND q.kind = 'episode' AND q.item = o.episode_id;
  FOR space IN SELECT space_id FROM embedding_spaces WHERE state <> 'retired' LOOP
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

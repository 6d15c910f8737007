-- Embedding spaces, their vectors, the queue that fills them, and the triggers that feed both
-- the queue and the outbox in the writer's own transaction.
SET LOCAL search_path = nexus_memory, public;

-- A space is one model, one artefact, one dimension. Its vectors live in embeddings_<space_id>.
CREATE TABLE embedding_spaces (
  space_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  model text NOT NULL,
  artefact_sha256 text NOT NULL,
  dimension integer NOT NULL CHECK (dimension BETWEEN 1 AND 2000),
  max_tokens integer NOT NULL,
  query_prefix text NOT NULL,
  passage_prefix text NOT NULL,
  pooling text NOT NULL,
  state text NOT NULL CHECK (state IN ('building', 'active', 'retired')),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (model, artefact_sha256)
);
CREATE UNIQUE INDEX one_active_space ON embedding_spaces ((true)) WHERE state = 'active';

-- Work to do, one row per item and space; the row goes when the vectors are in. `ready_at` is
-- when somebody may claim it: the end of a lease, of a backoff, or now. A new `generation` makes
-- work in flight void. 'failed' is the dead-letter state; last_error says why.
CREATE SEQUENCE embedding_generation AS bigint;
CREATE TABLE embedding_queue (
  brain_id uuid NOT NULL REFERENCES brains ON DELETE CASCADE,
  space_id integer NOT NULL REFERENCES embedding_spaces ON DELETE CASCADE,
  kind text NOT NULL,
  item uuid NOT NULL,
  generation bigint NOT NULL DEFAULT nextval('nexus_memory.embedding_generation'),
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  lease_token uuid,
  ready_at timestamptz NOT NULL DEFAULT now(),
  last_error text,
  PRIMARY KEY (brain_id, space_id, kind, item)
);
CREATE INDEX embedding_queue_ready ON embedding_queue (space_id, ready_at, generation)
  WHERE state = 'pending';

ALTER TABLE embedding_queue ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_brain ON embedding_queue USING (brain_id = current_brain())
  WITH CHECK (brain_id = current_brain());
CREATE POLICY worker_sees_all ON embedding_queue TO nexus_embedder USING (true) WITH CHECK (true);
CREATE POLICY keeper_counts_all ON embedding_queue FOR SELECT TO nexus_keeper, nexus_backup USING (true);
GRANT SELECT ON embedding_spaces TO nexus_api, nexus_embedder, nexus_keeper, nexus_sql, nexus_backup;
GRANT SELECT ON embedding_queue TO nexus_api, nexus_keeper, nexus_sql, nexus_backup;
GRANT SELECT, UPDATE, DELETE ON embedding_queue TO nexus_embedder;

-- Old names: the same rows under the names that older programs query. `embedding` is the first
-- vector in the active space, NULL until it is there. The views run as their caller, so the
-- caller's row-level security holds. Rebuilt when a space becomes active.
CREATE FUNCTION rebuild_old_views() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  active integer := (SELECT space_id FROM nexus_memory.embedding_spaces WHERE state = 'active');
  vectors text := CASE WHEN active IS NULL THEN 'NULL::public.vector' ELSE format(
    '(SELECT v.embedding::public.vector FROM nexus_memory.embeddings_%s v WHERE v.brain_id = e.brain_id '
    'AND v.kind = ''episode'' AND v.item = e.episode_id AND v.chunk_no = 0)', active) END;
  old_name text;
BEGIN
  FOREACH old_name IN ARRAY ARRAY['public.zep_episodic_memory', 'memory_system.episodes'] LOOP
    EXECUTE format(
      'CREATE OR REPLACE VIEW %s WITH (security_invoker = true) AS '
      'SELECT e.episode_id AS id, e.content, %s AS embedding, e.importance_score, e.tags, '
      'e.project_id, e.session_id, e.speaker, e.metadata, e.occurred_at, e.created_at, e.version '
      'FROM nexus_memory.episodes e', old_name, vectors);
  END LOOP;
END
$$;
CREATE SCHEMA memory_system;
GRANT USAGE ON SCHEMA memory_system TO nexus_sql, nexus_api;
SELECT rebuild_old_views();
GRANT SELECT, INSERT, UPDATE, DELETE ON public.zep_episodic_memory, memory_system.episodes TO nexus_sql;

CREATE FUNCTION write_old_view() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM nexus_memory.episodes WHERE brain_id = nexus_memory.current_brain() AND episode_id = OLD.id;
    RETURN OLD;
  END IF;
  IF nexus_memory.current_brain() IS NULL THEN
    RAISE EXCEPTION 'no brain is set' USING HINT = 'SET nexus.brain = ''<id of the brain>'' first, or use: nexus psql --brain NAME';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    UPDATE nexus_memory.episodes
       SET content = NEW.content, importance_score = NEW.importance_score, tags = NEW.tags,
           project_id = NEW.project_id, session_id = NEW.session_id, speaker = NEW.speaker,
           metadata = NEW.metadata, occurred_at = NEW.occurred_at, version = version + 1
     WHERE brain_id = nexus_memory.current_brain() AND episode_id = OLD.id;
    RETURN NEW;
  END IF;
  NEW.id := COALESCE(NEW.id, nexus_memory.uuid_v7());
  NEW.occurred_at := COALESCE(NEW.occurred_at, now());
  NEW.created_at := COALESCE(NEW.created_at, now());
  NEW.importance_score := COALESCE(NEW.importance_score, 0.5);
  NEW.tags := COALESCE(NEW.tags, '{}');
  NEW.metadata := COALESCE(NEW.metadata, '{}');
  NEW.version := 1;
  INSERT INTO nexus_memory.episodes (episode_id, content, importance_score, tags, project_id,
                                     session_id, speaker, metadata, occurred_at, created_at)
  VALUES (NEW.id, NEW.content, NEW.importance_score, NEW.tags, NEW.project_id,
          NEW.session_id, NEW.speaker, NEW.metadata, NEW.occurred_at, NEW.created_at);
  RETURN NEW;
END
$$;
CREATE TRIGGER write_old_view INSTEAD OF INSERT OR UPDATE OR DELETE ON public.zep_episodic_memory
  FOR EACH ROW EXECUTE FUNCTION write_old_view();
CREATE TRIGGER write_old_view INSTEAD OF INSERT OR UPDATE OR DELETE ON memory_system.episodes
  FOR EACH ROW EXECUTE FUNCTION write_old_view();

-- Makes the table of a space. The first space is active at once; QueueMissing fills the queue.
CREATE FUNCTION create_embedding_space(new_model text, new_sha256 text, new_dimension integer,
    new_max_tokens integer, new_query_prefix text, new_passage_prefix text, new_pooling text)
RETURNS integer LANGUAGE plpgsql SET search_path = nexus_memory, public AS $$
DECLARE
  made integer;
  vectors text;
BEGIN
  INSERT INTO embedding_spaces (model, artefact_sha256, dimension, max_tokens, query_prefix,
                                passage_prefix, pooling, state)
  VALUES (new_model, new_sha256, new_dimension, new_max_tokens, new_query_prefix, new_passage_prefix,
          new_pooling,
          CASE WHEN EXISTS (SELECT FROM embedding_spaces WHERE state = 'active') THEN 'building' ELSE 'active' END)
  RETURNING space_id INTO made;
  vectors := 'embeddings_' || made;
  EXECUTE format(
    'CREATE TABLE %I (brain_id uuid NOT NULL REFERENCES brains ON DELETE CASCADE, kind text NOT NULL, '
    'item uuid NOT NULL, chunk_no integer NOT NULL, start_byte integer NOT NULL, end_byte integer NOT NULL, '
    'version bigint NOT NULL, generation bigint NOT NULL, embedding vector(%s) NOT NULL, '
    'PRIMARY KEY (brain_id, kind, item, chunk_no))', vectors, new_dimension);
  EXECUTE format('CREATE INDEX %I ON %I USING hnsw (embedding vector_ip_ops)', vectors || '_hnsw', vectors);
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', vectors);
  EXECUTE format('CREATE POLICY own_brain ON %I USING (brain_id = current_brain()) '
                 'WITH CHECK (brain_id = current_brain())', vectors);
  EXECUTE format('CREATE POLICY backup_reads_all ON %I FOR SELECT TO nexus_backup USING (true)', vectors);
  EXECUTE format('GRANT SELECT ON %I TO nexus_api, nexus_sql, nexus_backup', vectors);
  EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO nexus_embedder', vectors);
  PERFORM rebuild_old_views();
  RETURN made;
END
$$;

-- Queues items for every living space; what is queued already starts over.
CREATE FUNCTION queue_embeddings(brains_in uuid[], items_in uuid[]) RETURNS void
LANGUAGE sql SET search_path = nexus_memory, pg_temp AS $$
  INSERT INTO embedding_queue (brain_id, space_id, kind, item)
  SELECT DISTINCT i.brain_id, s.space_id, 'episode', i.item
    FROM unnest(brains_in, items_in) AS i (brain_id, item), embedding_spaces s
   WHERE s.state IN ('building', 'active')
   ORDER BY 1, 2, 4
  ON CONFLICT (brain_id, space_id, kind, item) DO UPDATE
     SET generation = excluded.generation, state = 'pending', attempts = 0, lease_token = NULL,
         ready_at = now(), last_error = NULL
$$;

-- The two episodes behind a place in a session: their context vectors hold what happens there.
CREATE FUNCTION followers(brain uuid, session text, at timestamptz, id uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SET search_path = nexus_memory, pg_temp AS $$
  SELECT f.episode_id FROM episodes f
   WHERE f.brain_id = brain AND f.session_id = session AND (f.occurred_at, f.episode_id) > (at, id)
   ORDER BY f.occurred_at, f.episode_id LIMIT 2
$$;

-- Writers of one session take turns, or two neighbours that arrive at once would not see each
-- other. The order of locks is the same for all. The sessions of a brain share 64 turns: with one
-- for each, a brain of some ten thousand sessions could not be deleted for want of locks.
CREATE FUNCTION lock_sessions(brains_in uuid[], sessions_in text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(of_brain, turn)
     FROM (SELECT DISTINCT hashtext(b::text) AS of_brain, hashtext(s) & 63 AS turn
             FROM unnest(brains_in, sessions_in) AS i (b, s) WHERE s IS NOT NULL ORDER BY 1, 2) AS turns;
END
$$;

CREATE FUNCTION episodes_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = nexus_memory, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM new_rows WHERE session_id IS NOT NULL) THEN
    PERFORM lock_sessions(array_agg(brain_id), array_agg(session_id)) FROM new_rows;
  END IF;
  PERFORM queue_embeddings(array_agg(brain_id), array_agg(item)) FROM (
    SELECT brain_id, episode_id AS item FROM new_rows
    UNION SELECT n.brain_id, f FROM new_rows n, followers(n.brain_id, n.session_id, n.occurred_at, n.episode_id) f
           WHERE n.session_id IS NOT NULL) touched;
  INSERT INTO outbox (brain_id, aggregatetype, aggregateid, type, payload)
  SELECT brain_id, 'episode', episode_id, 'episode.created',
         jsonb_build_object('id', episode_id, 'version', version) FROM new_rows ORDER BY episode_id;
  RETURN NULL;
END
$$;

CREATE FUNCTION episodes_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = nexus_memory, pg_temp AS $$
BEGIN
  PERFORM lock_sessions(array_agg(brain_id), array_agg(session_id))
     FROM (SELECT brain_id, session_id FROM new_rows UNION SELECT brain_id, session_id FROM old_rows) AS either;
  PERFORM queue_embeddings(array_agg(brain_id), array_agg(item)) FROM (
    WITH moved AS (
      SELECT n.brain_id, n.episode_id, n.session_id, n.occurred_at, o.session_id AS old_session, o.occurred_at AS old_at
        FROM new_rows n JOIN old_rows o USING (brain_id, episode_id)
       WHERE (n.content, n.speaker, n.session_id, n.occurred_at)
             IS DISTINCT FROM (o.content, o.speaker, o.session_id, o.occurred_at))
    SELECT brain_id, episode_id AS item FROM moved
    UNION SELECT brain_id, f FROM moved, followers(brain_id, session_id, occurred_at, episode_id) f
    UNION SELECT brain_id, f FROM moved, followers(brain_id, old_session, old_at, episode_id) f) touched;
  INSERT INTO outbox (brain_id, aggregatetype, aggregateid, type, payload)
  SELECT brain_id, 'episode', episode_id, 'episode.updated',
         jsonb_build_object('id', episode_id, 'version', version) FROM new_rows ORDER BY episode_id;
  RETURN NULL;
END
$$;

-- Gone everywhere: queued work and the vectors of every space go in the same transaction. The
-- queue before the vectors: a worker that is storing vectors holds its queue row, so they are
-- visible here once that row is free. The other way round they would stay. The session's turn
-- before the queue, as inserts and updates take them: the other way round the two would wait for
-- each other.
CREATE FUNCTION episodes_deleted() RETURNS trigger
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

CREATE TRIGGER episodes_inserted AFTER INSERT ON episodes
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION episodes_inserted();
CREATE TRIGGER episodes_updated AFTER UPDATE ON episodes
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION episodes_updated();
CREATE TRIGGER episodes_deleted AFTER DELETE ON episodes
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION episodes_deleted();

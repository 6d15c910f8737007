-- Revisions: what an episode was before each change, kept until it is deleted. Invalidation: it
-- stays, and is neither found nor listed.
SET LOCAL search_path = nexus_memory, public;

ALTER TABLE episodes ADD invalidated_at timestamptz, ADD superseded_by uuid;

CREATE TABLE episode_revisions (
  brain_id uuid NOT NULL,
  episode_id uuid NOT NULL,
  version bigint NOT NULL,
  content text NOT NULL,
  occurred_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  importance_score double precision NOT NULL,
  tags text[] NOT NULL,
  project_id text,
  session_id text,
  speaker text,
  metadata jsonb NOT NULL,
  replaced_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (brain_id, episode_id, version),
  FOREIGN KEY (brain_id, episode_id) REFERENCES episodes ON DELETE CASCADE
);
ALTER TABLE episode_revisions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_brain ON episode_revisions USING (brain_id = current_brain())
  WITH CHECK (brain_id = current_brain());
CREATE POLICY backup_reads_all ON episode_revisions FOR SELECT TO nexus_backup USING (true);
GRANT SELECT ON episode_revisions TO nexus_api, nexus_sql, nexus_backup;

-- Every change is a new version, also one by plain SQL.
CREATE FUNCTION next_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END
$$;
CREATE TRIGGER next_version BEFORE UPDATE ON episodes FOR EACH ROW EXECUTE FUNCTION next_version();

-- As before, but for what is invalidated: it is nobody's neighbour.
CREATE OR REPLACE FUNCTION followers(brain uuid, session text, at timestamptz, id uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SET search_path = nexus_memory, pg_temp AS $$
  SELECT f.episode_id FROM episodes f
   WHERE f.brain_id = brain AND f.session_id = session AND (f.occurred_at, f.episode_id) > (at, id)
     AND f.invalidated_at IS NULL
   ORDER BY f.occurred_at, f.episode_id LIMIT 2
$$;

CREATE OR REPLACE FUNCTION episodes_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = nexus_memory, pg_temp AS $$
BEGIN
  PERFORM lock_sessions(array_agg(brain_id), array_agg(session_id))
     FROM (SELECT brain_id, session_id FROM new_rows UNION SELECT brain_id, session_id FROM old_rows) AS either;
  INSERT INTO episode_revisions (brain_id, episode_id, version, content, occurred_at, created_at,
                                 importance_score, tags, project_id, session_id, speaker, metadata)
  SELECT brain_id, episode_id, version, content, occurred_at, created_at,
         importance_score, tags, project_id, session_id, speaker, metadata FROM old_rows;
  DELETE FROM embedding_queue q USING new_rows n
   WHERE q.brain_id = n.brain_id AND q.kind = 'episode' AND q.item = n.episode_id AND n.invalidated_at IS NOT NULL;
  PERFORM queue_embeddings(array_agg(brain_id), array_agg(item)) FROM (
    WITH moved AS (
      SELECT n.brain_id, n.episode_id, n.session_id, n.occurred_at, n.invalidated_at,
             o.session_id AS old_session, o.occurred_at AS old_at
        FROM new_rows n JOIN old_rows o USING (brain_id, episode_id)
       WHERE (n.content, n.speaker, n.session_id, n.occurred_at, n.invalidated_at IS NULL)
             IS DISTINCT FROM (o.content, o.speaker, o.session_id, o.occurred_at, o.invalidated_at IS NULL))
    SELECT brain_id, episode_id AS item FROM moved WHERE invalidated_at IS NULL
    UNION SELECT brain_id, f FROM moved, followers(brain_id, session_id, occurred_at, episode_id) f
    UNION SELECT brain_id, f FROM moved, followers(brain_id, old_session, old_at, episode_id) f) touched;
  INSERT INTO outbox (brain_id, aggregatetype, aggregateid, type, payload)
  SELECT brain_id, 'episode', episode_id,
         CASE WHEN invalidated_at IS NULL THEN 'episode.updated' ELSE 'episode.invalidated' END,
         jsonb_build_object('id', episode_id, 'version', version) FROM new_rows ORDER BY episode_id;
  RETURN NULL;
END
$$;

-- The old names show what is valid.
CREATE OR REPLACE FUNCTION rebuild_old_views() RETURNS void LANGUAGE plpgsql AS $$
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
      'FROM nexus_memory.episodes e WHERE e.invalidated_at IS NULL', old_name, vectors);
  END LOOP;
END
$$;
SELECT rebuild_old_views();

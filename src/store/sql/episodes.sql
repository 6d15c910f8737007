-- name: InsertEpisodes
-- $1 brain, then one array per column: $2 ids, $3 contents, $4 occurred_at, $5 importance, $6 tags
-- as JSON texts, $7 project, $8 session, $9 speaker, $10 metadata, $11 created_at.
INSERT INTO nexus_memory.episodes (brain_id, episode_id, content, occurred_at, importance_score, tags,
                                   project_id, session_id, speaker, metadata, created_at)
SELECT $1::uuid, id, content, occurred_at, importance,
       ARRAY(SELECT jsonb_array_elements_text(tags)), project, session, speaker, metadata, created
  FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::float8[], $6::jsonb[], $7::text[],
              $8::text[], $9::text[], $10::jsonb[], $11::timestamptz[])
       AS row (id, content, occurred_at, importance, tags, project, session, speaker, metadata, created);

-- name: GetEpisodes
-- $1 brain, $2 ids. In no particular order.
SELECT episode_id, content, occurred_at, created_at, importance_score, tags, project_id, session_id,
       speaker, metadata, version, invalidated_at, superseded_by
  FROM nexus_memory.episodes WHERE brain_id = $1 AND episode_id = ANY ($2::uuid[]);

-- name: ListEpisodes
-- $1 brain, $2 the last id of the page before or NULL, $3 limit, $4 bytes: the row whose content
-- reaches them is the last. Newest arrival first. What must hold, each NULL for nothing: $5 any of
-- these tags, $6 all of these, $7 none of these, $8 project, $9 session, $10 speaker, $11 not earlier,
-- $12 earlier, $13 least and $14 most importance.
SELECT episode_id, content, occurred_at, created_at, importance_score, tags, project_id, session_id,
       speaker, metadata, version, invalidated_at, superseded_by
  FROM (SELECT *, sum(octet_length(content)) OVER (ORDER BY episode_id DESC) AS bytes
          FROM (SELECT * FROM nexus_memory.episodes
                 WHERE brain_id = $1 AND invalidated_at IS NULL AND ($2::uuid IS NULL OR episode_id < $2)
                   AND ($5::text[] IS NULL OR tags && $5) AND ($6::text[] IS NULL OR tags @> $6)
                   AND ($7::text[] IS NULL OR NOT tags && $7) AND ($8::text IS NULL OR project_id = $8)
                   AND ($9::text IS NULL OR session_id = $9) AND ($10::text IS NULL OR speaker = $10)
                   AND ($11::timestamptz IS NULL OR occurred_at >= $11)
                   AND ($12::timestamptz IS NULL OR occurred_at < $12)
                   AND ($13::float8 IS NULL OR importance_score >= $13)
                   AND ($14::float8 IS NULL OR importance_score <= $14)
                 ORDER BY episode_id DESC LIMIT $3) AS page) AS measured
 WHERE bytes - octet_length(content) < $4
 ORDER BY episode_id DESC;

-- name: ScanEpisodes
-- $1 brain, $2 the last id of the page before or NULL, $3 limit. Oldest arrival first: the load of an index.
SELECT episode_id, content, occurred_at, created_at, importance_score, tags, project_id, session_id,
       speaker, metadata, version, invalidated_at, superseded_by
  FROM nexus_memory.episodes
 WHERE brain_id = $1 AND invalidated_at IS NULL AND ($2::uuid IS NULL OR episode_id > $2)
 ORDER BY episode_id LIMIT $3;

-- name: ScanPast
-- $1 brain, $2 moment, $3 only these ids or NULL, $4 the last id of the page before or NULL, $5 limit:
-- what was valid then. An episode's version of a moment is the first that was replaced later, else the
-- present one. Oldest arrival first.
SELECT e.episode_id, CASE WHEN r.version IS NULL THEN e.content ELSE r.content END,
       CASE WHEN r.version IS NULL THEN e.occurred_at ELSE r.occurred_at END, e.created_at,
       CASE WHEN r.version IS NULL THEN e.importance_score ELSE r.importance_score END,
       CASE WHEN r.version IS NULL THEN e.tags ELSE r.tags END,
       CASE WHEN r.version IS NULL THEN e.project_id ELSE r.project_id END,
       CASE WHEN r.version IS NULL THEN e.session_id ELSE r.session_id END,
       CASE WHEN r.version IS NULL THEN e.speaker ELSE r.speaker END,
       CASE WHEN r.version IS NULL THEN e.metadata ELSE r.metadata END, coalesce(r.version, e.version),
       NULL, NULL, r.version IS NULL OR (r.content, r.speaker) IS NOT DISTINCT FROM (e.content, e.speaker)
  FROM nexus_memory.episodes e
  LEFT JOIN LATERAL (SELECT * FROM nexus_memory.episode_revisions r
                      WHERE r.brain_id = e.brain_id AND r.episode_id = e.episode_id AND r.replaced_at > $2
                      ORDER BY r.version LIMIT 1) r ON true
 WHERE e.brain_id = $1 AND e.created_at <= $2 AND (e.invalidated_at IS NULL OR e.invalidated_at > $2)
   AND ($3::uuid[] IS NULL OR e.episode_id = ANY ($3)) AND ($4::uuid IS NULL OR e.episode_id > $4)
 ORDER BY e.episode_id LIMIT $5;

-- name: DeleteEpisode
-- $1 brain, $2 id. The triggers remove vectors and queued work.
DELETE FROM nexus_memory.episodes WHERE brain_id = $1 AND episode_id = $2 RETURNING episode_id;

-- name: LockEpisode
-- $1 brain, $2 id: the row until the transaction's end.
SELECT episode_id, content, occurred_at, created_at, importance_score, tags, project_id, session_id,
       speaker, metadata, version, invalidated_at, superseded_by
  FROM nexus_memory.episodes WHERE brain_id = $1 AND episode_id = $2 FOR UPDATE;

-- name: UpdateEpisode
-- $1 brain, $2 id, $3 content, $4 occurred_at, $5 importance, $6 tags as JSON text, $7 project,
-- $8 session, $9 speaker, $10 metadata, $11 invalidated_at, $12 superseded_by. The triggers count the
-- version and keep the old one. Returns it, and the metadata as it is read from now on.
UPDATE nexus_memory.episodes
   SET content = $3, occurred_at = $4, importance_score = $5,
       tags = ARRAY(SELECT jsonb_array_elements_text($6::jsonb)), project_id = $7, session_id = $8,
       speaker = $9, metadata = $10, invalidated_at = $11, superseded_by = $12
 WHERE brain_id = $1 AND episode_id = $2 RETURNING version, metadata;

-- name: GetEpisodeVersion
-- $1 brain, $2 id, $3 version: the episode as it was in it, wherever that is kept.
SELECT episode_id, content, occurred_at, created_at, importance_score, tags, project_id, session_id,
       speaker, metadata, version, NULL, NULL
  FROM nexus_memory.episodes WHERE brain_id = $1 AND episode_id = $2 AND version = $3
UNION ALL
SELECT episode_id, content, occurred_at, created_at, importance_score, tags, project_id, session_id,
       speaker, metadata, version, NULL, NULL
  FROM nexus_memory.episode_revisions WHERE brain_id = $1 AND episode_id = $2 AND version = $3;

-- name: ListRevisions
-- $1 brain, $2 id, $3 the last version of the page before or NULL, $4 limit. Newest first.
SELECT episode_id, content, occurred_at, created_at, importance_score, tags, project_id, session_id,
       speaker, metadata, version, NULL, NULL, replaced_at
  FROM nexus_memory.episode_revisions
 WHERE brain_id = $1 AND episode_id = $2 AND ($3::bigint IS NULL OR version < $3)
 ORDER BY version DESC LIMIT $4;

-- name: GetContext
-- $1 brain, $2 session, $3 occurred_at, $4 id: the two episodes before this place, nearest first.
SELECT coalesce(speaker, ''), content FROM nexus_memory.episodes
 WHERE brain_id = $1 AND session_id = $2 AND (occurred_at, episode_id) < ($3::timestamptz, $4::uuid)
   AND invalidated_at IS NULL
 ORDER BY occurred_at DESC, episode_id DESC LIMIT 2;

-- name: SampleEpisodes
-- $1 brain, $2 how many at most: contents of valid episodes, spread over the brain, the same each time.
SELECT left(content, 2000) FROM nexus_memory.episodes
 WHERE brain_id = $1 AND invalidated_at IS NULL ORDER BY md5(episode_id::text) LIMIT $2;

-- name: CountEpisodes
-- $1 brain.
SELECT count(*) FROM nexus_memory.episodes WHERE brain_id = $1 AND invalidated_at IS NULL;

-- name: CurrentPosition
-- The place in the outbox that this transaction's rows reach.
SELECT pg_current_xact_id()::text, currval('nexus_memory.outbox_seq');

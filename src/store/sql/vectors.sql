-- Statements over one space's table; `:space` is the number of the space, put in by the store.

-- name: DeleteVectors
-- $1 brain, $2 item.
DELETE FROM nexus_memory.embeddings_:space WHERE brain_id = $1 AND kind = 'episode' AND item = $2;

-- name: InsertVectors
-- $1 brain, $2 item, $3 version, $4 generation, arrays: $5 chunk numbers, $6 starts, $7 ends, $8 vectors as text.
INSERT INTO nexus_memory.embeddings_:space (brain_id, kind, item, chunk_no, start_byte, end_byte, version, generation, embedding)
SELECT $1::uuid, 'episode', $2::uuid, chunk_no, start_byte, end_byte, $3::bigint, $4::bigint, embedding::public.vector
  FROM unnest($5::int[], $6::int[], $7::int[], $8::text[]) AS row (chunk_no, start_byte, end_byte, embedding);

-- name: ScanVectors
-- $1 brain, $2 the last item of the page before or NULL, $3 the last chunk of it, $4 limit. Read in binary.
SELECT item, chunk_no, start_byte, end_byte, version, generation, embedding::public.vector
  FROM nexus_memory.embeddings_:space
 WHERE brain_id = $1 AND kind = 'episode'
   AND ($2::uuid IS NULL OR (item, chunk_no) > ($2::uuid, $3::int)) ORDER BY item, chunk_no LIMIT $4;

-- name: GetVectors
-- $1 brain, $2 items. Read in binary, in order of item and chunk.
SELECT item, chunk_no, start_byte, end_byte, version, generation, embedding::public.vector
  FROM nexus_memory.embeddings_:space
 WHERE brain_id = $1 AND kind = 'episode' AND item = ANY ($2::uuid[]) ORDER BY item, chunk_no;

-- name: CountCoverage
-- $1 brain: its valid episodes; those that have vectors and wait for no newer ones; those given up.
SELECT (SELECT count(*) FROM nexus_memory.episodes WHERE brain_id = $1 AND invalidated_at IS NULL),
       (SELECT count(*) FROM nexus_memory.episodes e
         WHERE e.brain_id = $1 AND e.invalidated_at IS NULL
           AND EXISTS (SELECT FROM nexus_memory.embeddings_:space v
                        WHERE v.brain_id = e.brain_id AND v.kind = 'episode' AND v.item = e.episode_id)
           AND NOT EXISTS (SELECT FROM nexus_memory.embedding_queue q
                            WHERE q.brain_id = e.brain_id AND q.space_id = :space AND q.kind = 'episode'
                              AND q.item = e.episode_id)),
       (SELECT count(*) FROM nexus_memory.embedding_queue
         WHERE brain_id = $1 AND space_id = :space AND kind = 'episode' AND state = 'failed');

-- name: QueueMissing
-- $1 brain: every valid episode of it that has neither a vector nor work is queued.
INSERT INTO nexus_memory.embedding_queue (brain_id, space_id, kind, item)
SELECT e.brain_id, :space, 'episode', e.episode_id FROM nexus_memory.episodes e
 WHERE e.brain_id = $1 AND e.invalidated_at IS NULL
   AND NOT EXISTS (SELECT FROM nexus_memory.embeddings_:space v
                    WHERE v.brain_id = e.brain_id AND v.kind = 'episode' AND v.item = e.episode_id)
 ORDER BY e.episode_id
ON CONFLICT (brain_id, space_id, kind, item) DO NOTHING;

-- name: CountSpace
-- Over all brains. $1: only episodes that were created before; NULL: all. Valid ones; those that have
-- vectors and wait for no newer ones; those given up.
SELECT count(*), count(*) FILTER (WHERE q.item IS NULL AND has_vector), count(*) FILTER (WHERE q.state = 'failed')
  FROM (SELECT e.brain_id, e.episode_id,
               EXISTS (SELECT FROM nexus_memory.embeddings_:space v
                        WHERE v.brain_id = e.brain_id AND v.kind = 'episode' AND v.item = e.episode_id) AS has_vector
          FROM nexus_memory.episodes e
         WHERE e.invalidated_at IS NULL AND ($1::timestamptz IS NULL OR e.created_at < $1)) AS e
  LEFT JOIN nexus_memory.embedding_queue q
    ON q.brain_id = e.brain_id AND q.space_id = :space AND q.kind = 'episode' AND q.item = e.episode_id;

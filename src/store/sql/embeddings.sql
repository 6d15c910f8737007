-- name: ClaimWork
-- $1 space, $2 now, $3 end of the lease, $4 lease token, $5 limit, $6 only what was tried less often
-- than this, or has told why it failed; null: all. A lease that a crash takes back is no loss, so this
-- commit does not wait for the disk. MATERIALIZED: a plan that asked again for each row would claim
-- more than the limit.
WITH ready AS MATERIALIZED (
  SELECT brain_id, space_id, kind, item FROM nexus_memory.embedding_queue
   WHERE space_id = $1 AND state = 'pending' AND ready_at <= $2
     AND ($6::int IS NULL OR attempts < $6 OR last_error IS NOT NULL)
   ORDER BY ready_at, generation LIMIT $5 FOR UPDATE SKIP LOCKED)
UPDATE nexus_memory.embedding_queue q
   SET lease_token = $4, ready_at = $3, attempts = attempts + 1
  FROM ready
 WHERE (q.brain_id, q.space_id, q.kind, q.item) = (ready.brain_id, ready.space_id, ready.kind, ready.item)
RETURNING q.brain_id, q.item, q.generation, q.attempts, set_config('synchronous_commit', 'off', true);

-- name: ExtendLease
-- $1 brain, $2 space, $3 item, $4 lease token, $5 new end. Zero rows: the lease was lost. What a
-- writer holds is about to start over, and counts as lost: it is not waited for.
WITH ours AS MATERIALIZED (
  SELECT brain_id, space_id, kind, item FROM nexus_memory.embedding_queue
   WHERE brain_id = $1 AND space_id = $2 AND kind = 'episode' AND item = $3 AND lease_token = $4
     AND state = 'pending' FOR UPDATE SKIP LOCKED)
UPDATE nexus_memory.embedding_queue q SET ready_at = $5
  FROM ours
 WHERE (q.brain_id, q.space_id, q.kind, q.item) = (ours.brain_id, ours.space_id, ours.kind, ours.item)
RETURNING q.item;

-- name: FinishWork
-- $1 brain, $2 space, $3 item, $4 lease token, $5 generation. Zero rows: the lease was lost, drop the work.
DELETE FROM nexus_memory.embedding_queue
 WHERE brain_id = $1 AND space_id = $2 AND kind = 'episode' AND item = $3 AND lease_token = $4 AND generation = $5
RETURNING item;

-- name: DelayWork
-- $1 brain, $2 space, $3 item, $4 lease token, $5 ready again at, $6 reason, $7 state: pending or failed.
UPDATE nexus_memory.embedding_queue SET ready_at = $5, last_error = $6, state = $7, lease_token = NULL
 WHERE brain_id = $1 AND space_id = $2 AND kind = 'episode' AND item = $3 AND lease_token = $4 RETURNING item;

-- name: ReturnWork
-- $1 brain, $2 space, $3 item, $4 lease token, $5 now: it is ready again; that was no attempt.
UPDATE nexus_memory.embedding_queue SET ready_at = $5, attempts = attempts - 1, lease_token = NULL
 WHERE brain_id = $1 AND space_id = $2 AND kind = 'episode' AND item = $3 AND lease_token = $4
   AND state = 'pending' RETURNING item;

-- name: AnnounceEmbedded
-- $1 brain, $2 item, $3 version, $4 generation, $5 space: the other nodes' indexes fetch the vector.
INSERT INTO nexus_memory.outbox (brain_id, aggregatetype, aggregateid, type, payload)
VALUES ($1, 'episode', $2::uuid::text, 'episode.embedded',
        jsonb_build_object('id', $2::uuid, 'version', $3::bigint, 'generation', $4::bigint, 'space', $5::bigint));

-- name: RetryFailed
-- $1 space, $2 now: what was given up, in every brain, is tried again.
UPDATE nexus_memory.embedding_queue SET state = 'pending', attempts = 0, ready_at = $2, last_error = NULL
 WHERE space_id = $1 AND state = 'failed';

-- name: ListFailed
-- $1 space, $2 limit. In every brain, oldest work first.
SELECT brain_id, item, attempts, last_error FROM nexus_memory.embedding_queue
 WHERE space_id = $1 AND state = 'failed' ORDER BY generation LIMIT $2;

-- name: AreQueued
-- $1 brain, $2 space, $3 items: how many still wait for their vector, and how many wait in vain.
SELECT count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'failed')
  FROM nexus_memory.embedding_queue
 WHERE brain_id = $1 AND space_id = $2 AND kind = 'episode' AND item = ANY ($3::uuid[]);

-- name: ClaimIdempotencyKeys
-- $1 brain, $2 keys, $3 SHA-256 of the requests, $4 now. Returns the keys that are new; waits for
-- a running transaction that holds the same key.
INSERT INTO nexus_memory.idempotency_keys (brain_id, key, request_sha256, created_at)
SELECT $1::uuid, key, sha256, $4::timestamptz FROM unnest($2::text[], $3::text[]) AS row (key, sha256) ORDER BY key
ON CONFLICT (brain_id, key) DO NOTHING RETURNING key;

-- name: StoreIdempotentResponses
-- $1 brain, $2 keys, $3 responses.
UPDATE nexus_memory.idempotency_keys k SET response = row.response
  FROM unnest($2::text[], $3::jsonb[]) AS row (key, response) WHERE k.brain_id = $1 AND k.key = row.key;

-- name: FindIdempotencyKey
-- $1 brain, $2 key.
SELECT request_sha256, coalesce(response::text, '') FROM nexus_memory.idempotency_keys WHERE brain_id = $1 AND key = $2;

-- name: PruneIdempotencyKeys
-- $1 keys older than this go.
DELETE FROM nexus_memory.idempotency_keys WHERE created_at < $1;

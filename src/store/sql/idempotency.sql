-- name: ClaimBrainsKeys
-- $1 brain, $2 keys, $3 SHA-256 of the requests, $4 now. Returns the keys that are new; waits for
-- a running transaction that holds the same key, for 2 seconds (55P03).
SELECT nexus_memory.claim_idempotency_keys($1::uuid, $2::text[], $3::text[], $4::timestamptz);

-- name: KeepBrainsResponses
-- $1 brain, $2 keys, $3 responses.
UPDATE nexus_memory.idempotency_keys k SET response = row.response
  FROM unnest($2::text[], $3::jsonb[]) AS row (key, response) WHERE k.brain_id = $1 AND k.key = row.key;

-- name: FindBrainsKey
-- $1 brain, $2 key.
SELECT request_sha256, coalesce(response::text, '') FROM nexus_memory.idempotency_keys WHERE brain_id = $1 AND key = $2;

-- name: ClaimCallersKeys
-- $1 caller, and as ClaimBrainsKeys.
SELECT nexus_memory.claim_caller_idempotency_keys($1::uuid, $2::text[], $3::text[], $4::timestamptz);

-- name: KeepCallersResponses
-- $1 caller, $2 keys, $3 responses.
UPDATE nexus_memory.caller_idempotency_keys k SET response = row.response
  FROM unnest($2::text[], $3::jsonb[]) AS row (key, response) WHERE k.caller_id = $1 AND k.key = row.key;

-- name: FindCallersKey
-- $1 caller, $2 key.
SELECT request_sha256, coalesce(response::text, '') FROM nexus_memory.caller_idempotency_keys
 WHERE caller_id = $1 AND key = $2;

-- name: PruneBrainsKeys
-- $1 keys older than this go.
DELETE FROM nexus_memory.idempotency_keys WHERE created_at < $1;

-- name: PruneCallersKeys
-- $1 keys older than this go.
DELETE FROM nexus_memory.caller_idempotency_keys WHERE created_at < $1;

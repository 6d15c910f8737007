-- name: InsertApiKey
-- $1 id, $2 brain or NULL for every brain, $3 name, $4 prefix, $5 SHA-256 of the secret, $6 scopes,
-- $7 created_at, $8 expires_at or NULL.
INSERT INTO nexus_memory.api_keys (key_id, brain_id, name, prefix, secret_sha256, scopes, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (secret_sha256) DO NOTHING;

-- name: FindApiKey
-- $1 SHA-256 of the secret, $2 now. Only a key that is valid now.
SELECT key_id, brain_id, name, scopes FROM nexus_memory.api_keys
 WHERE secret_sha256 = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2);

-- name: ListApiKeys
-- $1 only keys bound to this brain, or NULL for all.
SELECT key_id, brain_id, name, prefix, scopes, created_at, expires_at FROM nexus_memory.api_keys
 WHERE revoked_at IS NULL AND ($1::uuid IS NULL OR brain_id = $1) ORDER BY created_at, key_id LIMIT 1000;

-- name: RevokeApiKey
-- $1 id, $2 now, $3 only if bound to this brain, or NULL for any.
UPDATE nexus_memory.api_keys SET revoked_at = $2
 WHERE key_id = $1 AND revoked_at IS NULL AND ($3::uuid IS NULL OR brain_id = $3) RETURNING key_id;

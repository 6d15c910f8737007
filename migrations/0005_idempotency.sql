-- Idempotency-Key on every write. What concerns a brain's episodes is kept with the brain, as before;
-- what concerns the directory (brains, API keys) with the API key that asked.
SET LOCAL search_path = nexus_memory, public;

CREATE TABLE caller_idempotency_keys (
  caller_id uuid NOT NULL REFERENCES api_keys ON DELETE CASCADE,
  key text NOT NULL,
  request_sha256 text NOT NULL,
  response jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (caller_id, key)
);
CREATE INDEX caller_idempotency_keys_age ON caller_idempotency_keys (created_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON caller_idempotency_keys TO nexus_api;
GRANT SELECT, DELETE ON caller_idempotency_keys TO nexus_keeper;
GRANT SELECT ON caller_idempotency_keys TO nexus_backup;

-- The keys that are new. Waits for a running transaction that holds the same key, but not for ever:
-- beyond this time it is refused (55P03), and the caller is told that the first request still runs.
CREATE FUNCTION claim_idempotency_keys(brain uuid, keys text[], digests text[], at timestamptz)
RETURNS SETOF text LANGUAGE plpgsql SET search_path = nexus_memory, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
  RETURN QUERY
    INSERT INTO idempotency_keys AS made (brain_id, key, request_sha256, created_at)
    SELECT brain, r.key, r.sha256, at FROM unnest(keys, digests) AS r (key, sha256) ORDER BY r.key
    ON CONFLICT ON CONSTRAINT idempotency_keys_pkey DO NOTHING RETURNING made.key;
END
$$;

CREATE FUNCTION claim_caller_idempotency_keys(caller uuid, keys text[], digests text[], at timestamptz)
RETURNS SETOF text LANGUAGE plpgsql SET search_path = nexus_memory, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
  RETURN QUERY
    INSERT INTO caller_idempotency_keys AS made (caller_id, key, request_sha256, created_at)
    SELECT caller, r.key, r.sha256, at FROM unnest(keys, digests) AS r (key, sha256) ORDER BY r.key
    ON CONFLICT ON CONSTRAINT caller_idempotency_keys_pkey DO NOTHING RETURNING made.key;
END
$$;

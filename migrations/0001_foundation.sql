-- Brains, keys, episodes, idempotency; the outbox; row-level security.

CREATE SCHEMA IF NOT EXISTS nexus_memory;
GRANT USAGE ON SCHEMA nexus_memory TO nexus_api, nexus_embedder, nexus_relay, nexus_keeper,
  nexus_backup, nexus_auditor, nexus_sql;
SET LOCAL search_path = nexus_memory, public;

-- The brain of this transaction (SET LOCAL nexus.brain); NULL when unset, and then no row matches.
CREATE FUNCTION current_brain() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN NULLIF(current_setting('nexus.brain', true), '')::uuid;

-- Version 7 (RFC 9562) for rows that come by plain SQL; the server makes its own.
CREATE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
  RETURN (lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
          || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid;

-- The directory: looked up before a brain is known, so without row-level security.
CREATE TABLE brains (
  brain_id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$'),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE api_keys (
  key_id uuid PRIMARY KEY,
  brain_id uuid REFERENCES brains ON DELETE CASCADE,  -- NULL: every brain
  name text NOT NULL,
  prefix text NOT NULL,
  secret_sha256 text NOT NULL UNIQUE,
  scopes text[] NOT NULL CHECK (scopes <@ ARRAY['read', 'write', 'admin'] AND scopes <> '{}'),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz
);

CREATE TABLE episodes (
  brain_id uuid NOT NULL DEFAULT current_brain() REFERENCES brains ON DELETE CASCADE,
  episode_id uuid NOT NULL DEFAULT uuid_v7(),
  content text NOT NULL
    CONSTRAINT content_not_blank CHECK (content ~ '\S')
    CONSTRAINT content_at_most_1_mib CHECK (octet_length(content) <= 1048576),
  occurred_at timestamptz NOT NULL DEFAULT now()
    CONSTRAINT occurred_at_in_range CHECK (occurred_at >= '0001-01-01Z' AND occurred_at < '9999-12-31Z'),
  created_at timestamptz NOT NULL DEFAULT now()
    CONSTRAINT created_at_in_range CHECK (created_at >= '0001-01-01Z' AND created_at < '9999-12-31Z'),
  importance_score double precision NOT NULL DEFAULT 0.5
    CONSTRAINT importance_score_in_range CHECK (importance_score BETWEEN 0 AND 1),
  tags text[] NOT NULL DEFAULT '{}'  -- one dimension that begins at 1, no NULL
    CONSTRAINT tags_plain CHECK (array_position(tags, NULL) IS NULL AND coalesce(array_lower(tags, 1), 1) = 1),
  project_id text,
  session_id text CONSTRAINT session_id_not_empty CHECK (session_id <> ''),
  speaker text CONSTRAINT speaker_not_empty CHECK (speaker <> ''),
  metadata jsonb NOT NULL DEFAULT '{}' CONSTRAINT metadata_is_object CHECK (jsonb_typeof(metadata) = 'object'),
  version bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (brain_id, episode_id)
);
CREATE INDEX episodes_session ON episodes (brain_id, session_id, occurred_at, episode_id)
  WHERE session_id IS NOT NULL;

-- One row per write that named a key: the same key and body gives the same answer.
CREATE TABLE idempotency_keys (
  brain_id uuid NOT NULL REFERENCES brains ON DELETE CASCADE,
  key text NOT NULL,
  request_sha256 text NOT NULL,
  response jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (brain_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Every committed change, exactly one row; Debezium's column names. (xid, seq) is the order;
-- a reader takes only rows below the oldest running transaction, else it would miss commits.
CREATE SEQUENCE outbox_seq AS bigint;
CREATE TABLE outbox (
  id uuid NOT NULL DEFAULT uuid_v7(),
  brain_id uuid NOT NULL,
  seq bigint NOT NULL DEFAULT nextval('nexus_memory.outbox_seq'),
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  occurred_at timestamptz NOT NULL DEFAULT now(),
  aggregatetype text NOT NULL,
  aggregateid text NOT NULL,
  type text NOT NULL,
  payload jsonb NOT NULL,
  traceparent text
) PARTITION BY RANGE (occurred_at);
CREATE INDEX outbox_position ON outbox (xid, seq);
CREATE TABLE outbox_overflow PARTITION OF outbox DEFAULT;

CREATE TABLE outbox_cursors (
  consumer text PRIMARY KEY,
  epoch text NOT NULL,
  xid xid8 NOT NULL,
  seq bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Makes the month's partition that holds `day`. Rows that came before it, into the overflow
-- partition (nobody kept the database for months), move into it: a plain CREATE would be refused.
-- Gives up while a backup reads the overflow partition: who reads the outbox must not queue behind.
CREATE FUNCTION ensure_outbox_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = nexus_memory, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  first timestamptz := date_trunc('month', day)::timestamptz;
  beyond timestamptz := (date_trunc('month', day) + interval '1 month')::timestamptz;
  part text := 'outbox_' || to_char(day, 'YYYY_MM');
BEGIN
  IF to_regclass('nexus_memory.' || part) IS NOT NULL THEN
    RETURN;
  END IF;
  LOCK TABLE outbox_overflow IN ACCESS EXCLUSIVE MODE;
  EXECUTE format('CREATE TABLE %I (LIKE outbox INCLUDING DEFAULTS INCLUDING INDEXES)', part);
  EXECUTE format('WITH moved AS (DELETE FROM outbox_overflow WHERE occurred_at >= $1 AND occurred_at < $2 '
                 'RETURNING *) INSERT INTO %I SELECT * FROM moved', part) USING first, beyond;
  EXECUTE format('ALTER TABLE outbox ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, first, beyond);
  EXECUTE format('GRANT SELECT ON %I TO nexus_backup', part);
END
$$;
SELECT ensure_outbox_partition(current_date), ensure_outbox_partition((current_date + interval '1 month')::date);

-- Isolation: on, and forced also on the owner. No brain set, no rows.
DO $$
DECLARE
  guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['episodes', 'idempotency_keys', 'outbox'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY own_brain ON %I USING (brain_id = nexus_memory.current_brain()) '
                   'WITH CHECK (brain_id = nexus_memory.current_brain())', guarded);
    EXECUTE format('CREATE POLICY backup_reads_all ON %I FOR SELECT TO nexus_backup USING (true)', guarded);
  END LOOP;
END
$$;
CREATE POLICY relay_reads_all ON outbox FOR SELECT TO nexus_relay, nexus_auditor USING (true);
CREATE POLICY keeper_prunes ON idempotency_keys TO nexus_keeper USING (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON brains, api_keys, episodes, idempotency_keys TO nexus_api;
GRANT SELECT ON outbox TO nexus_api, nexus_sql, nexus_relay, nexus_auditor;
GRANT USAGE ON SEQUENCE outbox_seq TO nexus_api, nexus_embedder;
GRANT INSERT ON outbox TO nexus_embedder;
GRANT SELECT ON brains TO nexus_embedder, nexus_relay, nexus_keeper, nexus_sql;
GRANT SELECT ON episodes TO nexus_embedder;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox_cursors TO nexus_relay;
GRANT SELECT, DELETE ON idempotency_keys TO nexus_keeper;
REVOKE EXECUTE ON FUNCTION ensure_outbox_partition FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_outbox_partition TO nexus_keeper;
GRANT SELECT, INSERT, UPDATE, DELETE ON episodes TO nexus_sql;
GRANT SELECT (key_id, brain_id, name, prefix, scopes, created_at, expires_at, revoked_at)
  ON api_keys TO nexus_auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA nexus_memory TO nexus_backup;

-- name: LockMigrations
-- Held to the end of the transaction.
SELECT pg_advisory_xact_lock(4096133);

-- name: ListMigrations
SELECT version, sha256, applied_at FROM nexus_memory.schema_migrations ORDER BY version;

-- name: FindLedger
-- A row if the roles and the ledger of the migrations are there. Anybody may ask.
SELECT 1 FROM pg_roles
 WHERE rolname = 'nexus_owner' AND to_regclass('nexus_memory.schema_migrations') IS NOT NULL;

-- name: RecordMigration
-- $1 version, $2 name, $3 SHA-256 of its text.
INSERT INTO nexus_memory.schema_migrations (version, name, sha256) VALUES ($1, $2, $3);

-- name: DescribeColumns
-- The tables of every space look alike and are checked once, as embeddings_N.
SELECT DISTINCT format('%s.%s %s', regexp_replace(c.relname, '^embeddings_\d+$', 'embeddings_N'), a.attname,
              regexp_replace(format_type(a.atttypid, a.atttypmod), '\(\d+\)', ''))
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'nexus_memory' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1;

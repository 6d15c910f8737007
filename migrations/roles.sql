-- Roles and the extension: run before the migrations by whoever may create them (the private
-- stack's administrator, or the user of the DSN). Idempotent. Who runs it may act as each role
-- afterwards, which is how one DSN serves all pools (options='-c role=…').
--
--   nexus_owner     owns the schema, runs the migrations, serves no request
--   nexus_api       requests: reads and writes the rows of the brain that is set
--   nexus_embedder  claims queued work of every brain, writes vectors
--   nexus_relay     reads the outbox of every brain, keeps cursors
--   nexus_keeper    upkeep: counts, partitions, retention
--   nexus_backup    reads everything, writes nothing
--   nexus_auditor   reads keys (never their secrets) and the outbox
--   nexus_sql       people and older programs: the views and episodes of the brain that is set
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['nexus_owner', 'nexus_api', 'nexus_embedder', 'nexus_relay',
                                'nexus_keeper', 'nexus_backup', 'nexus_auditor', 'nexus_sql'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', wanted);
    END IF;
    IF NOT pg_has_role(current_user, wanted, 'SET') THEN
      EXECUTE format('GRANT %I TO current_user', wanted);
    END IF;
  END LOOP;
  IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') THEN
    CREATE EXTENSION vector;
  END IF;
  IF NOT has_database_privilege('nexus_owner', current_database(), 'CREATE') THEN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO nexus_owner', current_database());
  END IF;
  IF NOT has_schema_privilege('nexus_owner', 'public', 'CREATE') THEN
    GRANT CREATE ON SCHEMA public TO nexus_owner;
  END IF;
END
$$;

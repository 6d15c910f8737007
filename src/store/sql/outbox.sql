-- name: OutboxStart
-- Where a reader that wants only what comes begins, and the epoch that positions belong to.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text,
       (SELECT system_identifier FROM pg_control_system()),
       (SELECT timeline_id FROM pg_control_checkpoint());

-- name: ReadOutbox
-- $1 xid, $2 seq: rows behind this place, in order, up to the oldest running transaction. $3 limit.
SELECT xid::text, seq, brain_id, aggregateid, type, (payload->>'generation')::bigint,
       (payload->>'space')::bigint
  FROM nexus_memory.outbox
 WHERE (xid, seq) > ($1::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
 ORDER BY xid, seq LIMIT $3;

-- name: ReadBrainsOutbox
-- $1 brain, $2 xid, $3 seq: the brain's rows behind this place, in order. $4 limit.
SELECT xid::text, seq, brain_id, aggregateid, type, (payload->>'generation')::bigint,
       (payload->>'space')::bigint
  FROM nexus_memory.outbox
 WHERE brain_id = $1 AND (xid, seq) > ($2::xid8, $3::bigint) ORDER BY xid, seq LIMIT $4;

-- name: OutboxReach
-- Two places, each without a row if there is none: that of the oldest row, and that of the row behind
-- which $1 rows are.
(SELECT 'oldest', xid::text, seq FROM nexus_memory.outbox ORDER BY xid, seq LIMIT 1)
UNION ALL
(SELECT 'floor', xid::text, seq FROM nexus_memory.outbox ORDER BY xid DESC, seq DESC OFFSET $1 LIMIT 1);

-- name: LastErasures
-- $1 xid, $2 seq: where behind this place each brain's last deletion of an episode is.
SELECT DISTINCT ON (brain_id) brain_id, xid::text, seq FROM nexus_memory.outbox
 WHERE (xid, seq) > ($1::xid8, $2::bigint) AND type = 'episode.deleted'
 ORDER BY brain_id, xid DESC, seq DESC;

-- name: IdentifyTables
-- Which tables these are: others after they were restored, or emptied at one stroke. That is nothing
-- which the outbox would tell of.
SELECT format('%s.%s.%s', (SELECT oid FROM pg_database WHERE datname = current_database()),
              'nexus_memory.episodes'::regclass::oid, pg_relation_filenode('nexus_memory.episodes'));

-- name: EnsureOutboxPartition
-- $1 a day: its month's partition exists afterwards.
SELECT nexus_memory.ensure_outbox_partition($1::date);

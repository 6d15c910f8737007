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

-- name: EnsureOutboxPartition
-- $1 a day: its month's partition exists afterwards.
SELECT nexus_memory.ensure_outbox_partition($1::date);

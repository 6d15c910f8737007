-- name: InsertBrain
-- $1 id, $2 name, $3 created_at. Zero rows: the name is taken.
INSERT INTO nexus_memory.brains (brain_id, name, created_at) VALUES ($1, $2, $3)
ON CONFLICT (name) DO NOTHING RETURNING brain_id;

-- name: FindBrain
-- $1 name or id as text, $2 the id if it is one, else NULL.
SELECT brain_id, name, created_at FROM nexus_memory.brains WHERE name = $1 OR brain_id = $2::uuid
ORDER BY name = $1 DESC LIMIT 1;

-- name: ListBrains
-- $1 the last name of the page before or '', $2 limit, $3 only this brain or NULL.
SELECT brain_id, name, created_at FROM nexus_memory.brains
 WHERE name > $1 AND ($3::uuid IS NULL OR brain_id = $3) ORDER BY name LIMIT $2;

-- name: DeleteBrain
-- $1 brain. Episodes, vectors, queue and keys go with it.
DELETE FROM nexus_memory.brains WHERE brain_id = $1 RETURNING brain_id;

-- name: ListSpaces
SELECT space_id, model, artefact_sha256, dimension, max_tokens, state, source, created_at, activated_at
  FROM nexus_memory.embedding_spaces ORDER BY space_id;

-- name: CreateSpace
-- $1 model, $2 artefact digest, $3 dimension, $4 max tokens, $5 query prefix, $6 passage prefix,
-- $7 pooling, $8 source.
SELECT nexus_memory.create_embedding_space($1, $2, $3, $4, $5, $6, $7, $8);

-- name: MoveSpace
-- $1 space, $2 source: where its model is now.
UPDATE nexus_memory.embedding_spaces SET source = $2 WHERE space_id = $1;

-- name: ActivateSpace
-- $1 space.
SELECT nexus_memory.activate_embedding_space($1::int);

-- name: RetireSpace
-- $1 space.
SELECT nexus_memory.retire_embedding_space($1::int);

// What the database's refusal of a write means to the writer. Pure.
#pragma once

#include "base/error.h"
#include "postgres/error.h"

namespace nexus::memory {

// kInvalid / kTooLarge with the field for a constraint of `episodes`, kNotFound when the brain is
// gone, kStillRunning when another transaction holds an idempotency key for too long, kUnavailable
// for what passes by itself (a deadlock, a server that shuts down, a full disk), kInternal for the
// rest. `batch`: the episode at fault is not known, so the field is the whole batch.
Error ToError(const postgres::QueryError& refusal, bool batch);

// Before COMMIT was sent nothing was stored; after it nobody knows.
Error ToError(const postgres::ConnectionLost& loss);

}  // namespace nexus::memory

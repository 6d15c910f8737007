// Waiting until written episodes are found by meaning.
#pragma once

#include <chrono>
#include <vector>

#include "base/task.h"
#include "base/uuid.h"
#include "store/embeddings.h"

namespace nexus::memory {

// True once all episodes have their vectors; false after `timeout`, when the work of one was given
// up and no other is waiting, and when the database cannot be asked: what is waited for is durable
// already, so its writer must not hear of a fault. Asks first every 10 ms, then less and less
// often, down to every 100 ms. Loop thread only.
Task<bool> WaitEmbedded(store::Vectors& vectors, Uuid brain, std::vector<Uuid> ids,
                        std::chrono::milliseconds timeout);

}  // namespace nexus::memory

// Which embedding space serves when a node starts.
#pragma once

#include <memory>
#include <string>

#include "app/config.h"
#include "app/node.h"
#include "memory/spaces.h"
#include "store/spaces.h"

namespace nexus::app {

// Admits the active space, made if there is none, and activates it here. Its model is the one given
// or, if that is another, the one at the space's source; without any, and with `model = none`,
// words alone answer. Throws Failure(kConflict) if a model is given, is not the active space's, and
// that one cannot be loaded: vectors of two models must never mix. Loop thread, before others run.
Task<> OpenFirstSpace(store::Spaces& directory, memory::Spaces& spaces,
                      std::unique_ptr<const embed::Embedder> given, const Config& config,
                      const StepReport& report);

}  // namespace nexus::app

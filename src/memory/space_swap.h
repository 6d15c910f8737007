// Changing the embedding model while reads and writes go on: a second space is built beside the one
// that serves, checked, activated in one transaction; the former one is kept up to date, so that it
// can be gone back to at once, until it is retired.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "memory/recall.h"
#include "memory/spaces.h"
#include "store/brains.h"
#include "store/spaces.h"

namespace nexus::memory {

struct SpaceReport {
  store::Space space;
  store::SpaceCounts counts;  // of a retired one: nothing
  std::string trouble;        // why this node cannot serve it
};

struct Verification {
  store::SpaceCounts counts;
  int64_t questions = 0;  // that were asked in both spaces
  double overlap = 1;     // the mean share of the active space's results that are also here
  bool is_complete = false;
};

// How many of `expected` are in `found`, 0 to 1; 1 if nothing is expected. Pure.
double Overlap(const std::vector<Recollection>& expected, const std::vector<Recollection>& found);

// Loop thread only. All references are borrowed. Where an id is taken: kNotFound if there is no
// such space. Other nodes follow an activation within jobs::SpaceRunner's pause; until then they
// answer in the former space.
class SpaceSwap {
 public:
  static constexpr std::chrono::seconds kWaitComplete{30};
  static constexpr int64_t kBrainsAtOnce = 1'000;

  struct Parts {
    store::Spaces& directory;
    Spaces& spaces;
    store::Brains& brains;
    store::Episodes& episodes;
    Recall& recall;
    ComputePool& compute;
    const Clock& clock;
    std::function<void()> on_changed;  // wakes who keeps this node's spaces as the table says
  };
  explicit SpaceSwap(Parts parts) : parts_(std::move(parts)) {}

  Task<std::vector<SpaceReport>> List();
  Task<Result<SpaceReport>> Get(int64_t id);
  // The model is loaded from the directory, of this machine and of every other node's, to see that
  // it is whole. The first space is active at once. kConflict if its artefact has a living space;
  // what embed::LoadModel throws, as kInvalid.
  Task<Result<SpaceReport>> Create(std::string directory);
  // Asks as many questions (beginnings of stored texts) in this space and in the active one, and
  // compares the first `limit` results.
  Task<Result<Verification>> Verify(int64_t id, int64_t questions, int64_t limit);
  // Waits up to kWaitComplete until all that was remembered before the call is embedded there, else
  // kConflict; not with `force`.
  Task<Result<SpaceReport>> Activate(int64_t id, bool force);
  // Activates the space that served before this one, at once. kConflict if there is none.
  Task<Result<SpaceReport>> Rollback();
  // kConflict if it is active or retired.
  Task<Result<SpaceReport>> Retire(int64_t id);
  // What was given up, tried again: how much it is.
  Task<Result<int64_t>> Retry(int64_t id);
  // Queues what has neither a vector nor work: how much it is.
  Task<Result<int64_t>> Backfill(int64_t id);
  Task<Result<std::vector<store::FailedWork>>> ListFailed(int64_t id, int64_t limit);

 private:
  Task<Result<store::Space>> FindLiving(int64_t id);
  Task<SpaceReport> Report(store::Space space);
  Task<bool> WaitComplete(int64_t id, Timestamp before);
  Task<Result<SpaceReport>> Switch(store::Space space);
  Task<std::vector<std::pair<Uuid, std::string>>> SampleQuestions(int64_t count);

  Parts parts_;
};

}  // namespace nexus::memory

// Keeps this node's embedding spaces as the table says: loads the model of one that appears, lets
// it be filled, follows an activation, gives up what is retired.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/service.h"
#include "jobs/space_workers.h"

namespace nexus::jobs {

class SpaceRunner final : public Service {
 public:
  static constexpr std::chrono::milliseconds kPause{1'000};
  static constexpr std::chrono::seconds kLoadAgain{30};  // a model that could not be loaded

  // Loads the model of a directory; burns CPU, throws Failure.
  using LoadModel = std::function<std::unique_ptr<const embed::Embedder>(const std::string&)>;

  struct Options {
    size_t threads = 0;  // that embed into each space; 0: this process does not embed
    std::chrono::milliseconds pause = kPause;
    LoadModel load;
  };

  // What `parts` refers to, `spaces` and `compute` are borrowed.
  SpaceRunner(SpaceWorkers::Parts parts, memory::Spaces& spaces, ComputePool& compute,
              Options options);

  // There is something to embed.
  void WakeWorkers();
  // After Stop() of the runner itself: a run may be starting workers.
  Task<> StopWorkers();
  // Why some worker does not work at the moment; empty if all do.
  std::string trouble() const;

 protected:
  Task<bool> RunOnce() override;

 private:
  Task<> Admit(store::Space row);
  Task<std::unique_ptr<const embed::Embedder>> Load(store::Space row);
  Task<> Dismiss(int64_t id);
  Task<> Follow(const store::Space* active, uint64_t asked_at);

  SpaceWorkers::Parts parts_;
  memory::Spaces& spaces_;
  ComputePool& compute_;
  Options options_;
  std::vector<std::unique_ptr<SpaceWorkers>> workers_;
  std::unordered_map<int64_t, std::chrono::steady_clock::time_point> load_again_at_;
};

}  // namespace nexus::jobs

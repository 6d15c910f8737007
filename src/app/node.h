// One running Nexus: everything between the configuration and the open port, wired and owned.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "app/config.h"
#include "base/task.h"
#include "embed/embedder.h"

namespace nexus::app {

inline constexpr std::string_view kVersion = NEXUS_VERSION;

// Where the servers are, and how to become a role there.
struct Backends {
  std::function<std::string(std::string_view role)>
      conninfo;           // "nexus_admin" for the administrator
  std::string redis_url;  // empty: none
};

using StepReport = std::function<void(std::string_view)>;  // one line for people

// Null if the default directory holds no model, or `model = none`: then words alone are searched,
// and `report` says so. Throws what embed::LoadModel throws. Before other threads run.
std::unique_ptr<const embed::Embedder> LoadConfiguredModel(const Config& config,
                                                           const StepReport& report);

// Loop thread only.
class Node {
 public:
  // `embedder` may be null.
  Node(asio::any_io_executor executor, Config config, Backends backends,
       std::unique_ptr<const embed::Embedder> embedder, StepReport report);
  ~Node();
  Node(const Node&) = delete;

  // Migrates, checks the schema, starts the services of the configured roles, listens. Throws
  // Failure in one line with a remedy. May be cancelled. Stop() is needed all the same.
  Task<> Start();
  // New requests are refused, running ones drained, services stopped, in this order.
  Task<> Stop();
  // Cancels the requests that a running Stop() waits for.
  void CutOff();

  uint16_t port() const;

 private:
  struct Parts;
  Task<> PrepareDatabase();
  Task<> PrepareKeys();
  void Wire(std::string epoch);
  void WireSnapshots();
  Task<> FinishSnapshots();
  void Listen();

  Config config_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nexus::app

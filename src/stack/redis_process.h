// The private Redis (or Valkey): an append-only file synced every second, on a Unix socket only.
#pragma once

#include <optional>

#include "stack/data_directory.h"
#include "stack/server.h"

namespace nexus::stack {

class RedisProcess final : public Server {
 public:
  RedisProcess(std::filesystem::path program, Layout layout, Account account,
               std::filesystem::path socket_folder);

  std::filesystem::path socket() const { return socket_folder_ / "redis.sock"; }

  std::string_view name() const override { return "redis"; }
  std::filesystem::path log() const override { return layout_.log() / "redis.log"; }
  // Finds it by its socket: a second Redis would take that over without a word, and remove it
  // when it ends.
  bool EndPredecessor(SteadyTime deadline) override;
  Process Launch() override;
  bool Answers(pid_t pid) const override;
  void Stop(Process& process, std::chrono::milliseconds timeout) override;

 private:
  std::filesystem::path program_;
  Layout layout_;
  Account account_;
  std::filesystem::path socket_folder_;
};

}  // namespace nexus::stack

// Settings: flag > NEXUS_NAME > NEXUS_NAME_FILE > nexus.toml > default. Read once, into a plain
// struct with units in the names. Unknown keys of nexus.toml are errors; an empty variable of the
// environment counts as not set.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log.h"

namespace nexus::app {

struct Setting {
  std::string_view name;  // "data-dir": flag --data-dir, NEXUS_DATA_DIR, data-dir = in nexus.toml
  std::string_view help;
  std::string default_text;
  bool secret = false;  // masked when shown
};

// Every setting there is, in the order of the reference.
std::span<const Setting> Settings();

struct Roles {
  bool api = true;       // HTTP, recall, the resident indexes
  bool embedder = true;  // the embedding queue
  bool relay = true;     // reserved for delivering events
  bool keeper = true;    // upkeep
};

struct Config {
  std::filesystem::path data_directory;
  std::string address;
  uint16_t port = 0;
  std::string database;  // a DSN, for `nexus serve` only
  std::string redis;     // a URL; empty: the private stack's, or none for `nexus serve`
  std::filesystem::path model_directory;
  bool model_is_default = true;  // then its absence is no error: words alone
  bool model_off = false;
  std::filesystem::path admin_key_file;
  Roles roles;
  size_t bulk_threads = 1;
  size_t index_bytes = 0;
  size_t max_body_bytes = 0;
  std::chrono::milliseconds drain{0};
  LogOptions log;
};

using FlagValues = std::map<std::string, std::string, std::less<>>;  // by Setting::name

// Collects the layers under `flags`. kInvalid naming the setting, where it came from, and what was
// expected.
Result<FlagValues> ResolveSettings(const FlagValues& flags,
                                   const std::optional<std::filesystem::path>& file);
// Gives the texts their types.
Result<Config> MakeConfig(const FlagValues& values);

}  // namespace nexus::app

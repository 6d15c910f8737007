// Settings: what there is, and their types. Read once, into a plain struct with units in the names.
// Where their values come from: layers.h.
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

// The whole numbers that a setting takes, both ends included.
struct Range {
  int64_t low = 0;
  int64_t high = 0;
};

struct Setting {
  std::string_view name;  // "data-dir": flag --data-dir, NEXUS_DATA_DIR, data-dir = in nexus.toml
  std::string_view help;
  std::string default_text;
  bool secret = false;                        // may hold a password: masked when shown
  std::optional<Range> range = std::nullopt;  // of a number
  std::string_view default_words = {};        // what the reference says, if machines differ in it
};

// Every setting there is, in the order of the reference.
std::span<const Setting> Settings();
// Null if there is none of that name.
const Setting* FindSetting(std::string_view name);

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
  std::filesystem::path snapshot_directory;  // empty: the private stack's, or none
  uint64_t snapshot_bytes = 0;               // 0: no snapshots
  size_t max_body_bytes = 0;
  std::chrono::milliseconds drain{0};
  LogOptions log;
};

using FlagValues = std::map<std::string, std::string, std::less<>>;  // by Setting::name

// Gives the texts their types; there is one for every setting. kInvalid, with a message that begins
// with the name of the first setting that is wrong.
Result<Config> MakeConfig(const FlagValues& values);

}  // namespace nexus::app

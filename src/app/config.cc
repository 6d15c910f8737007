#include "app/config.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <thread>

#include "embed/model.h"

namespace nexus::app {
namespace {

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Root's home is closed to the user that the private servers run as.
std::string DefaultDataDirectory() {
  if (geteuid() == 0) return "/var/lib/nexus";
  if (auto base = FromEnvironment("XDG_DATA_HOME"); !base.empty()) return base + "/nexus";
  if (auto home = FromEnvironment("HOME"); !home.empty()) return home + "/.local/share/nexus";
  return "/var/lib/nexus";
}

Result<int64_t> Number(const FlagValues& values, std::string_view name) {
  const std::string& text = values.find(name)->second;
  const auto [low, high] = FindSetting(name)->range.value();
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < low || number > high) {
    return Fail(ErrorCode::kInvalid, "{} is `{}`; it must be a number from {} to {}", name, text,
                low, high);
  }
  return number;
}

Result<Roles> ReadRoles(const std::string& text) {
  Roles roles{false, false, false, false};
  if (text.empty()) {
    return Fail(ErrorCode::kInvalid, "roles is empty; known are api, embedder, relay and keeper");
  }
  for (auto part : std::views::split(text, ',')) {
    const std::string_view role(part.begin(), part.end());
    if (role == "api") {
      roles.api = true;
    } else if (role == "embedder") {
      roles.embedder = true;
    } else if (role == "relay") {
      roles.relay = true;
    } else if (role == "keeper") {
      roles.keeper = true;
    } else {
      return Fail(ErrorCode::kInvalid,
                  "roles names `{}`; known are api, embedder, relay and keeper", role);
    }
  }
  return roles;
}

Result<LogOptions> ReadLog(const FlagValues& values) {
  LogOptions log;
  const std::string& level = values.find("log-level")->second;
  const std::string& format = values.find("log-format")->second;
  auto parsed = ParseLogLevel(level);
  if (!parsed) {
    return Fail(ErrorCode::kInvalid, "log-level is `{}`; it must be debug, info, warning or error",
                level);
  }
  log.level = *parsed;
  if (format == "text") {
    log.format = LogFormat::kText;
  } else if (format == "json") {
    log.format = LogFormat::kJson;
  } else if (format != "auto") {
    return Fail(ErrorCode::kInvalid, "log-format is `{}`; it must be auto, text or json", format);
  }
  return log;
}

std::optional<Error> ReadNumbers(const FlagValues& values, Config& config) {
  auto port = Number(values, "port");
  auto threads = Number(values, "bulk-threads");
  auto index = Number(values, "index-mib");
  auto snapshots = Number(values, "snapshot-mib");
  auto body = Number(values, "max-body-mib");
  auto drain = Number(values, "drain-ms");
  for (const auto* number : {&port, &threads, &index, &snapshots, &body, &drain}) {
    if (!*number) return number->error();
  }
  config.port = static_cast<uint16_t>(*port);
  config.bulk_threads = static_cast<size_t>(*threads);
  config.index_bytes = static_cast<size_t>(*index) << 20;
  config.snapshot_bytes = static_cast<uint64_t>(*snapshots) << 20;
  config.max_body_bytes = static_cast<size_t>(*body) << 20;
  config.drain = std::chrono::milliseconds(*drain);
  return std::nullopt;
}

}  // namespace

std::span<const Setting> Settings() {
  static const std::vector<Setting> all = {
      {.name = "data-dir",
       .help = "`nexus up`: where the private stack keeps everything",
       .default_text = DefaultDataDirectory(),
       .default_words = "`/var/lib/nexus` as root, else `~/.local/share/nexus`"},
      {"address", "the IP address to listen on", "127.0.0.1"},
      {"port", "the port to listen on; 0 for any free one", "8002", false, Range{0, 65'535}},
      {"database", "`nexus serve`: the DSN or URI of the PostgreSQL", "", true},
      {"redis", "a Redis URL, instead of the private one", "", true},
      {.name = "model",
       .help = "the directory of the embedding model, or `none` for words alone",
       .default_text = embed::DefaultModelDirectory().string(),
       .default_words = "`~/.cache/nexus/models/multilingual-e5-small`"},
      {"admin-key-file",
       "the file of the first admin key; made if missing (`nexus up`: admin.key in the data "
       "directory)",
       ""},
      {"roles", "what this process does: api,embedder,relay,keeper", "api,embedder,relay,keeper"},
      {.name = "bulk-threads",
       .help = "threads that embed in bulk, niced",
       .default_text = std::to_string(std::max(1u, std::thread::hardware_concurrency())),
       .range = Range{1, 256},
       .default_words = "one for each processor"},
      {"index-mib", "memory for the resident indexes of brains, in MiB", "1024", false,
       Range{16, 1 << 20}},
      {.name = "snapshot-dir",
       .help =
           "the directory for snapshots of the resident indexes, which make the next start fast; "
           "for this process alone",
       .default_text = "",
       .default_words = "`index` in the data directory; `nexus serve`: none"},
      {"snapshot-mib", "space for the snapshots on the disk, in MiB; 0 for none", "4096", false,
       Range{0, 1 << 24}},
      {"max-body-mib", "largest request body, in MiB", "8", false, Range{1, 1'024}},
      {"drain-ms", "how long running requests may go on after SIGTERM, in milliseconds", "10000",
       false, Range{0, 600'000}},
      {"log-level", "debug, info, warning or error", "info"},
      {"log-format", "auto, text or json", "auto"},
  };
  return all;
}

const Setting* FindSetting(std::string_view name) {
  auto found = std::ranges::find(Settings(), name, &Setting::name);
  return found == Settings().end() ? nullptr : &*found;
}

Result<Config> MakeConfig(const FlagValues& values) {
  auto text = [&](std::string_view name) -> const std::string& {
    return values.find(name)->second;
  };
  Config config;
  if (auto error = ReadNumbers(values, config)) return std::unexpected(*error);
  auto roles = ReadRoles(text("roles"));
  if (!roles) return std::unexpected(roles.error());
  auto log = ReadLog(values);
  if (!log) return std::unexpected(log.error());
  config.roles = *roles;
  config.log = *log;
  if (text("data-dir").empty()) {
    return Fail(ErrorCode::kInvalid, "data-dir is empty; it must be the path of a directory");
  }
  config.data_directory = std::filesystem::absolute(text("data-dir")).lexically_normal();
  config.address = text("address");
  config.database = text("database");
  config.redis = text("redis");
  config.model_off = text("model") == "none";
  config.model_directory = text("model");
  config.model_is_default = text("model") == FindSetting("model")->default_text;
  config.admin_key_file = text("admin-key-file");
  config.snapshot_directory = text("snapshot-dir");
  return config;
}

}  // namespace nexus::app

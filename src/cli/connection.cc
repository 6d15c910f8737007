#include "cli/connection.h"

#include <arpa/inet.h>

#include <cstdlib>
#include <fstream>

#include "http/client.h"

namespace nexus::cli {
namespace {

constexpr size_t kMaxKeyBytes = 4096;

std::string FirstOf(std::string given, std::string otherwise) {
  return given.empty() ? std::move(otherwise) : std::move(given);
}

Result<std::string> ReadKey(const std::filesystem::path& file, const std::string& remedy) {
  std::ifstream stream(file);
  std::string key(kMaxKeyBytes, '\0');
  stream.read(key.data(), static_cast<std::streamsize>(key.size()));
  key.resize(static_cast<size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  while (!key.empty() && std::isspace(static_cast<unsigned char>(key.back()))) key.pop_back();
  if (!key.empty()) return key;
  std::error_code closed;
  const bool absent = !std::filesystem::exists(file, closed) && !closed;
  return std::unexpected(Error{ErrorCode::kUnauthorized,
                               std::format("there is no key: {} {}", file.native(),
                                           absent ? "does not exist" : "cannot be read"),
                               "", remedy});
}

Result<std::string> ChooseKey(const ConnectionFlags& given, const Environment& environment,
                              const Connection& connection) {
  if (!given.key_file.empty()) return ReadKey(given.key_file, "correct --key-file");
  if (auto key = environment("NEXUS_KEY"); !key.empty()) return key;
  if (auto file = environment("NEXUS_KEY_FILE"); !file.empty()) {
    return ReadKey(file, "correct NEXUS_KEY_FILE");
  }
  auto url = http::ParseUrl(connection.url);
  if (url && !IsThisMachine(url->host)) {
    return std::unexpected(Error{ErrorCode::kUnauthorized, "there is no key for " + connection.url,
                                 "",
                                 "give --key-file, NEXUS_KEY or NEXUS_KEY_FILE; this machine's own "
                                 "admin key is not sent elsewhere"});
  }
  return ReadKey(connection.data_directory / "admin.key",
                 "start the server with `nexus up`, say where it keeps its data with --data-dir, "
                 "or give --key-file or NEXUS_KEY");
}

}  // namespace

void AddConnection(Flags& command, ConnectionFlags& given, BrainFlag brain) {
  command.Text("--url", given.url, "the server [NEXUS_URL, or http://127.0.0.1:8002]");
  command.Text("--key-file", given.key_file, "a file with the key [NEXUS_KEY, NEXUS_KEY_FILE]");
  command.Text("--data-dir", given.data_directory,
               "where `nexus up` keeps its data, and the admin key [NEXUS_DATA_DIR]");
  if (brain == BrainFlag::kOne) {
    command.Text("--brain", given.brain, "name or id of the brain [NEXUS_BRAIN, or default]");
  }
  command.Switch("--json", given.json, "print JSON also on a terminal");
}

std::string ProcessEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Connection Resolve(const ConnectionFlags& given, const Environment& environment,
                   const std::filesystem::path& default_data_directory) {
  Connection connection;
  const std::string port = FirstOf(environment("NEXUS_PORT"), "8002");
  connection.url =
      FirstOf(given.url, FirstOf(environment("NEXUS_URL"), "http://127.0.0.1:" + port));
  connection.brain = FirstOf(given.brain, FirstOf(environment("NEXUS_BRAIN"), "default"));
  connection.data_directory =
      FirstOf(given.data_directory,
              FirstOf(environment("NEXUS_DATA_DIR"), default_data_directory.native()));
  connection.key = ChooseKey(given, environment, connection);
  return connection;
}

// A name that begins with "127." may be anybody's.
bool IsThisMachine(const std::string& host) {
  in_addr address;
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return ntohl(address.s_addr) >> 24 == 127;
  return host == "localhost" || host == "::1";
}

}  // namespace nexus::cli

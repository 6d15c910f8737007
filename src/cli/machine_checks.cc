#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "cli/doctor_checks.h"
#include "stack/data_directory.h"
#include "stack/private_stack.h"
#include "stack/programs.h"

namespace nexus::cli {
namespace {

namespace fs = std::filesystem;

Check CheckPostgres() {
  Check check{.name = "PostgreSQL 17"};
  try {
    check.detail = stack::FindPostgresFolder().native();
    check.ok = true;
  } catch (const Failure& failure) {
    check.detail = failure.error().message;
    check.remedy = failure.error().remedy;
  }
  return check;
}

// Where the extension is, seen from the folder of the programs: Debian's place, or a prefix's.
Check CheckVectorExtension(const fs::path& programs) {
  Check check{.name = "pgvector"};
  const std::array<fs::path, 3> places = {
      "/usr/share/postgresql/17/extension",
      programs.parent_path() / "share/extension",
      programs.parent_path() / "share/postgresql/extension",
  };
  for (const fs::path& place : places) {
    if (!fs::exists(place / "vector.control")) continue;
    check.ok = true;
    check.detail = place.native();
    return check;
  }
  check.detail = "the extension `vector` is not installed";
  check.remedy = "apt-get install postgresql-17-pgvector";
  return check;
}

Check CheckRedis() {
  Check check{.name = "Redis", .needed = false};
  const auto program = stack::FindRedisServer();
  check.ok = program.has_value();
  check.detail = check.ok ? program->native() : "neither redis-server nor valkey-server is found";
  if (!check.ok) check.remedy = "apt-get install redis-server (Nexus works without, slower)";
  return check;
}

Check CheckDataDirectory(const fs::path& directory) {
  Check check{.name = "data directory", .detail = directory.native()};
  struct stat status;
  if (stat(directory.c_str(), &status) != 0) {
    check.ok = errno == ENOENT;
    check.detail += check.ok ? ": not there yet; `nexus up` makes it" : ": cannot be looked at";
    if (!check.ok) check.remedy = "run this as the user that runs nexus";
  } else if (!S_ISDIR(status.st_mode)) {
    check.detail += ": is not a directory";
    check.remedy = "choose another --data-dir";
  } else if (status.st_uid != geteuid()) {
    check.detail += std::format(": belongs to the user {}", status.st_uid);
    check.remedy = "run this as that user, or choose another --data-dir";
  } else if ((status.st_mode & 022) != 0) {
    check.detail += std::format(": others may write into it (mode {:o})", status.st_mode & 07777);
    check.remedy = std::format("chmod go-w {}", directory.native());
  } else {
    check.ok = true;
    check.detail += std::format(" (mode {:o})", status.st_mode & 07777);
  }
  return check;
}

Check CheckSockets(const fs::path& directory) {
  Check check{.name = "socket path"};
  const stack::Account account = stack::CurrentAccount();
  const fs::path folder = stack::ChooseSocketFolder(stack::LayoutOf(directory), account,
                                                    ProcessEnvironment("XDG_RUNTIME_DIR"));
  const std::string socket = (folder / ".s.PGSQL.5432").native();
  check.ok = socket.size() <= stack::kMaxSocketPath;
  check.detail =
      std::format("{} ({} of {} bytes)", folder.native(), socket.size(), stack::kMaxSocketPath);
  if (!check.ok) check.remedy = "choose a shorter --data-dir";
  return check;
}

Check CheckModel(const fs::path& directory) {
  Check check{.name = "embedding model", .needed = false, .detail = directory.native()};
  if (directory == "none") {
    check.detail = "switched off: words alone are searched";
    check.remedy = "unset NEXUS_MODEL to search by meaning";
    return check;
  }
  for (const char* name : {"nexus-model.toml", "model.onnx", "tokenizer.bin"}) {
    std::error_code ignored;
    if (fs::file_size(directory / name, ignored) > 0 && !ignored) continue;
    check.detail += std::format(": {} is missing; words alone are searched", name);
    check.remedy = "make model";
    return check;
  }
  check.ok = true;
  return check;
}

// What a check cannot find out is said, never thrown.
template <typename Look>
Check Guarded(const char* name, Look look) {
  try {
    return look();
  } catch (const Failure& failure) {
    return {.name = name, .detail = failure.error().message, .remedy = failure.error().remedy};
  } catch (const std::exception& error) {
    return {.name = name, .detail = error.what()};
  }
}

}  // namespace

std::vector<Check> CheckMachine(const Connection& connection, const fs::path& model_directory) {
  const fs::path directory = fs::absolute(connection.data_directory).lexically_normal();
  std::vector<Check> checks = {CheckPostgres()};
  const fs::path programs = checks.front().ok ? checks.front().detail : "";
  checks.push_back(Guarded("pgvector", [&] { return CheckVectorExtension(programs); }));
  checks.push_back(CheckRedis());
  checks.push_back(CheckDataDirectory(directory));
  checks.push_back(Guarded("socket path", [&] { return CheckSockets(directory); }));
  checks.push_back(Guarded("embedding model", [&] { return CheckModel(model_directory); }));
  return checks;
}

}  // namespace nexus::cli

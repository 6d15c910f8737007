#include "app/admin_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include "api/secret.h"
#include "base/uuid.h"

namespace nexus::app {
namespace {

[[noreturn]] void Refuse(const std::filesystem::path& file, std::string_view what) {
  throw Failure(ErrorCode::kForbidden, std::format("{} cannot be {}", file.string(), what),
                "check the owner and the mode of the file and its folder");
}

std::string ReadKey(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string text;
  if (!(stream >> text)) Refuse(file, "read");
  return text;
}

// Complete or not there: a killed start must not leave half a key.
void WriteKey(const std::filesystem::path& file, const std::string& text) {
  const std::string temporary = file.string() + ".new";
  unlink(temporary.c_str());
  const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) Refuse(file, "written");
  const std::string line = text + "\n";
  const bool written =
      write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
      fsync(descriptor) == 0;
  close(descriptor);
  if (!written || rename(temporary.c_str(), file.c_str()) != 0) Refuse(file, "written");
}

}  // namespace

Task<> EnsureAdminKey(store::Brains& brains, const Clock& clock, std::filesystem::path file) {
  api::Secret secret;
  if (std::filesystem::exists(file)) {
    secret.text = ReadKey(file);
    secret.prefix = secret.text.substr(0, 9);
    secret.sha256 = api::SecretDigest(secret.text);
    if (co_await brains.FindKey(secret.sha256, clock.Now())) co_return;
  } else {
    secret = api::NewSecret();
    WriteKey(file, secret.text);
  }
  UuidGenerator ids(clock);
  store::ApiKey key;
  key.id = ids.Next();
  key.name = "first admin key";
  key.prefix = secret.prefix;
  key.scopes = {"read", "write", "admin"};
  key.created_at = clock.Now();
  co_await brains.InsertKey(key, secret.sha256);
}

}  // namespace nexus::app

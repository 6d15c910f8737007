#include "app/admin_key.h"

#include <fstream>

#include "api/secret.h"
#include "base/uuid.h"
#include "stack/data_directory.h"
#include "store/brains.h"

namespace nexus::app {
namespace {

constexpr size_t kLeastKeyLength = 32;  // a key of somebody's own making must not be guessable

std::string ReadKey(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string text;
  if (!(stream >> text)) {
    throw Failure(ErrorCode::kForbidden, file.string() + " cannot be read",
                  "check the owner and the mode of the file and its folder");
  }
  if (text.size() >= kLeastKeyLength) return text;
  throw Failure(
      ErrorCode::kForbidden,
      std::format("the key in {} is shorter than {} characters", file.string(), kLeastKeyLength),
      "remove the file: the next start makes a new one");
}

}  // namespace

Task<bool> EnsureAdminKey(postgres::Pool& api, const Clock& clock, std::filesystem::path file) {
  store::Brains brains(api);
  api::Secret secret;
  std::error_code closed;  // then it cannot be written either, which says it
  if (std::filesystem::exists(file, closed)) {
    secret.text = ReadKey(file);
    secret.prefix = secret.text.substr(0, 9);
    secret.sha256 = api::SecretDigest(secret.text);
    if (co_await brains.FindKey(secret.sha256, clock.Now())) co_return true;
  } else {
    secret = api::NewSecret();
    stack::ReplaceFile(file, secret.text + "\n", 0600);
  }
  UuidGenerator ids(clock);
  store::ApiKey key;
  key.id = ids.Next();
  key.name = "first admin key";
  key.prefix = secret.prefix;
  key.scopes = {"read", "write", "admin"};
  key.created_at = clock.Now();
  postgres::Transaction transaction = co_await api.Begin();
  co_await store::Brains::InsertKey(transaction, key,
                                    secret.sha256);  // one that was revoked stays so
  co_await transaction.Commit();
  co_return (co_await brains.FindKey(secret.sha256, clock.Now())).has_value();
}

}  // namespace nexus::app

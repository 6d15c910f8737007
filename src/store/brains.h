// Brains and the keys that open them: the directory, read before a brain is known.
// Loop thread only; every function may throw what postgres/ throws.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "base/time.h"
#include "base/uuid.h"
#include "postgres/pool.h"

namespace nexus::store {

struct Brain {
  Uuid id;
  std::string name;
  Timestamp created_at;
};

struct ApiKey {
  Uuid id;
  std::optional<Uuid> brain;  // none: every brain
  std::string name;
  std::string prefix;  // what a person may see of the secret
  std::vector<std::string> scopes;
  Timestamp created_at;
  std::optional<Timestamp> expires_at;
};

class Brains {
 public:
  explicit Brains(postgres::Pool& api) : api_(api) {}

  Task<std::optional<Brain>> Find(std::string name_or_id);
  Task<std::vector<Brain>> List(std::string after_name, int64_t limit, std::optional<Uuid> only);
  // Only a key that is valid at `now`.
  Task<std::optional<ApiKey>> FindKey(std::string secret_sha256, Timestamp now);
  Task<std::vector<ApiKey>> ListKeys(std::optional<Uuid> brain);

  // Parts of one write; the caller owns the transaction.
  // False if the name is taken.
  static Task<bool> Insert(postgres::Transaction& transaction, Brain brain);
  // With all that it remembers; the transaction must be begun as `brain`.
  static Task<bool> Delete(postgres::Transaction& transaction, Uuid brain);
  static Task<> InsertKey(postgres::Transaction& transaction, ApiKey key,
                          std::string secret_sha256);
  static Task<bool> RevokeKey(postgres::Transaction& transaction, Uuid key, Timestamp now,
                              std::optional<Uuid> brain);

 private:
  postgres::Pool& api_;
};

}  // namespace nexus::store

#include "memory/spaces.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <span>

#include "base/log.h"

namespace nexus::memory {

namespace {
constexpr std::chrono::milliseconds kLookAgain{20};  // whether a space is still in use
}  // namespace

LivingSpace::LivingSpace(std::optional<store::Space> row,
                         std::unique_ptr<const embed::Embedder> embedder, const SpaceParts& parts)
    : row_(std::move(row)), embedder_(std::move(embedder)) {
  IndexOptions options = parts.index;
  options.dimension = row_ ? static_cast<size_t>(row_->dimension) : 0;
  options.artefact = row_ ? row_->artefact_sha256 : "";
  if (row_) vectors_.emplace(parts.api, row_->id);
  if (embedder_) lane_.emplace(*embedder_, parts.metrics);
  indexes_.emplace(parts.episodes, vectors(), parts.compute, parts.metrics, options);
  past_.emplace(parts.episodes, vectors(), parts.compute, options.dimension);
}

Spaces::Spaces(SpaceParts parts)
    : parts_(parts),
      all_{std::make_shared<LivingSpace>(std::nullopt, nullptr, parts_)},
      active_(all_.front()) {}

SharedSpace Spaces::Find(int64_t id) const {
  const auto found = std::ranges::find(all_, id, [](const auto& space) { return space->id(); });
  return found == all_.end() ? nullptr : *found;
}

SharedSpace Spaces::Admit(store::Space row, std::unique_ptr<const embed::Embedder> embedder) {
  all_.push_back(std::make_shared<LivingSpace>(std::move(row), std::move(embedder), parts_));
  return all_.back();
}

bool Spaces::Activate(int64_t id) {
  SharedSpace space = Find(id);
  if (!space) return false;
  active_ = std::move(space);
  ++activations_;
  return true;
}

Task<> Spaces::Warm(SharedSpace space) {
  const SharedSpace from = active_;
  for (const Uuid& brain : from->indexes().brains()) co_await space->indexes().Get(brain);
}

Task<> Spaces::Remove(int64_t id) {
  SharedSpace space = Find(id);
  if (!space || space == active_) co_return;
  std::erase(all_, space);
  asio::steady_timer timer(co_await asio::this_coro::executor);
  do {
    co_await space->indexes().Drain();
    timer.expires_after(kLookAgain);
    co_await timer.async_wait(asio::use_awaitable);
  } while (space.use_count() > 1);
  space->indexes().Clear();
  if (parts_.index.snapshots != nullptr) co_await parts_.index.snapshots->ForgetSpace(id);
}

void Spaces::SetTrouble(int64_t id, std::string why) {
  if (why.empty()) {
    troubles_.erase(id);
  } else {
    troubles_[id] = std::move(why);
  }
}

std::string Spaces::TroubleOf(int64_t id) const {
  const auto found = troubles_.find(id);
  return found == troubles_.end() ? "" : found->second;
}

std::string Spaces::trouble() const {
  if (troubles_.empty()) return "";
  const auto& [id, why] = *troubles_.begin();
  return std::format("space {}: {}", id, why);
}

Task<> Spaces::Put(Uuid brain, std::vector<Episode> episodes) {
  const std::vector<SharedSpace> spaces = all_;
  for (const SharedSpace& space : std::span(spaces).subspan(1)) {
    co_await space->indexes().Put(brain, episodes);
  }
  co_await spaces.front()->indexes().Put(brain, std::move(episodes));
}

void Spaces::Remove(Uuid brain, Uuid id) {
  for (const SharedSpace& space : all_) space->indexes().Remove(brain, id);
}

Task<> Spaces::Apply(std::vector<store::OutboxEvent> events) {
  const std::vector<SharedSpace> spaces = all_;
  for (const SharedSpace& space : spaces) co_await space->indexes().Apply(events);
  if (parts_.index.snapshots == nullptr) co_return;
  try {
    co_await parts_.index.snapshots->ForgetErased(std::move(events));
  } catch (const Failure& failure) {
    LogError("a snapshot is still there", {{"error", failure.what()}});
  }
}

Task<> Spaces::Clear() {
  for (const SharedSpace& space : all_) space->indexes().Clear();
  if (parts_.index.snapshots != nullptr) co_await parts_.index.snapshots->ForgetAll();
}

Task<> Spaces::ForgetSnapshots(Uuid brain) {
  if (parts_.index.snapshots != nullptr) co_await parts_.index.snapshots->Forget(brain);
}

Task<bool> Spaces::SaveDue() {
  const std::vector<SharedSpace> spaces = all_;
  for (const SharedSpace& space : spaces) {
    if (co_await space->indexes().SaveDue()) co_return true;
  }
  co_return false;
}

Task<> Spaces::SaveLast(std::chrono::steady_clock::time_point deadline) {
  const std::vector<SharedSpace> spaces = all_;
  for (const SharedSpace& space : spaces) co_await space->indexes().SaveLast(deadline);
}

void Spaces::Drop(Uuid brain) {
  for (const SharedSpace& space : all_) space->indexes().Drop(brain);
}

Task<> Spaces::Drain() {
  const std::vector<SharedSpace> spaces = all_;
  for (const SharedSpace& space : spaces) co_await space->indexes().Drain();
}

}  // namespace nexus::memory

#include "memory/recall.h"

#include <algorithm>
#include <chrono>
#include <ranges>

#include "base/log.h"
#include "text/terms.h"

namespace nexus::memory {

namespace {
constexpr size_t kRowsAtOnce = 100;  // each may hold a megabyte
}  // namespace

Recall::Recall(store::Episodes& episodes, Indexes& indexes, embed::QueryLane* lane,
               ComputePool& compute, Metrics& metrics)
    : episodes_(episodes),
      indexes_(indexes),
      lane_(lane),
      compute_(compute),
      seconds_(metrics.histogram("nexus_recall_seconds", "From the question to the memories.")) {}

Task<Recalled> Recall::Run(Uuid brain, std::string query, recall::Mode mode, size_t limit) {
  const auto begin = std::chrono::steady_clock::now();
  Recalled recalled;
  recall::Question question{text::QuestionTerms(query), {}, mode, limit};
  if (mode != recall::Mode::kWords) {
    question.vector = co_await EmbedOrDegrade(std::move(query), recalled.degraded);
  }
  auto index = co_await indexes_.Get(brain);
  const std::vector<recall::Hit> hits = co_await compute_.Run(
      [index, question = std::move(question)] { return index->Search(question); });
  recalled.results = co_await Fetch(brain, hits);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  seconds_.Observe(took.count());
  co_return recalled;
}

// The rows of the hits that are still there, in the order of the hits.
Task<std::vector<Recollection>> Recall::Fetch(Uuid brain, std::vector<recall::Hit> hits) {
  std::vector<Recollection> results;
  size_t bytes = 0;
  for (auto part : hits | std::views::chunk(kRowsAtOnce)) {
    std::vector<Uuid> ids;
    for (const recall::Hit& hit : part) ids.push_back(hit.id);
    std::unordered_map<Uuid, Episode> rows;
    for (Episode& row : co_await episodes_.Get(brain, std::move(ids))) {
      const Uuid id = row.id;
      rows.emplace(id, std::move(row));
    }
    for (const recall::Hit& hit : part) {
      auto row = rows.find(hit.id);
      if (row == rows.end()) {
        indexes_.Remove(brain, hit.id);
        continue;
      }
      if (bytes >= kMaxAnswerBytes) co_return results;
      // The text may have been replaced since it was indexed.
      const auto size = static_cast<uint32_t>(row->second.content.size());
      bytes += size;
      results.push_back({std::move(row->second), hit.score, hit.words, hit.meaning,
                         std::min(hit.begin, size), std::min(hit.end, size)});
    }
  }
  co_return results;
}

Task<std::vector<float>> Recall::EmbedOrDegrade(std::string query,
                                                std::vector<std::string>& degraded) {
  if (lane_ != nullptr) {
    try {
      co_return co_await lane_->Embed(std::move(query), kEmbedTimeout);
    } catch (const Failure& failure) {
      LogWarning("a question was answered by words alone", {{"error", failure.what()}});
    }
  }
  degraded.emplace_back("vectors");
  co_return std::vector<float>{};
}

}  // namespace nexus::memory

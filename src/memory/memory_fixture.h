// The use cases on a real PostgreSQL, as one node wires them. Only for *_pgtest.cc files.
#pragma once

#include <boost/asio/detached.hpp>

#include "memory/recall.h"
#include "memory/remember.h"
#include "store/database_fixture.h"

namespace nexus::memory {

// One server's worth of use cases; several of them are several servers on one database.
struct Node {
  Node(std::unique_ptr<postgres::Pool> pool, int64_t space, const Clock& clock,
       IndexOptions options = {.dimension = 3})
      : api(std::move(pool)),
        episodes(*api),
        spaces({*api, episodes, compute, metrics, options}),
        active(Activate(spaces, space, options)),
        vectors(*active->vectors()),
        indexes(active->indexes()),
        remember(*api, spaces, clock, metrics, "7.1", [this] { ++commits; }),
        recall(episodes, spaces, compute, clock, metrics) {}

  static SharedSpace Activate(Spaces& spaces, int64_t id, const IndexOptions& options) {
    const auto dimension = static_cast<int64_t>(options.dimension);
    SharedSpace space = spaces.Admit({.id = id, .dimension = dimension}, nullptr);
    spaces.Activate(id);
    return space;
  }

  std::unique_ptr<postgres::Pool> api;
  store::Episodes episodes;
  Metrics metrics;
  ComputePool compute{1, 0};
  int commits = 0;
  Spaces spaces;
  SharedSpace active;
  store::Vectors& vectors;
  Indexes& indexes;
  Remember remember;
  Recall recall;
};

class MemoryTest : public store::DatabaseTest {
 protected:
  using Answer = Result<Acknowledged>;

  void SetUp() override { Migrated(); }

  std::unique_ptr<Node> NewNode(IndexOptions options = {.dimension = 3}, size_t connections = 4) {
    return std::make_unique<Node>(PoolAs("nexus_api", connections), space_, clock_, options);
  }

  static Episode Text(std::string content, std::optional<std::string> session = {}) {
    Episode episode;
    episode.content = std::move(content);
    episode.occurred_at = store::kNow;
    episode.session_id = std::move(session);
    return episode;
  }

  // Begins a write; its answer is in `answer` once the loop has run.
  void Begin(Node& node, Uuid brain, Episode episode, std::optional<Answer>& answer,
             std::optional<IdempotencyKey> key = {}) {
    asio::co_spawn(loop_, node.remember.Store(brain, {std::move(episode)}, false, std::move(key)),
                   [&answer](std::exception_ptr failure, Answer got) {
                     if (failure) std::rethrow_exception(failure);
                     answer = std::move(got);
                   });
  }

  Answer Store(Node& node, Uuid brain, Episode episode, std::optional<IdempotencyKey> key = {}) {
    std::optional<Answer> answer;
    Begin(node, brain, std::move(episode), answer, std::move(key));
    Drain();
    return std::move(*answer);
  }

  Uuid StoreText(Node& node, Uuid brain, std::string content,
                 std::optional<std::string> session = {}) {
    return Store(node, brain, Text(std::move(content), std::move(session))).value().items[0].id;
  }

  int64_t Total(Node& node, Uuid brain) { return Await(node.episodes.Count(brain, space_)).total; }

  // Embeds everything that waits, with vectors that depend on the order of the work only.
  std::vector<store::StoredVector> EmbedAll() {
    auto embedder = PoolAs("nexus_embedder");
    store::EmbeddingQueue queue(*embedder, space_);
    const Uuid lease = RandomUuid();
    const Timestamp now = clock_.Now() + std::chrono::seconds(1);
    std::vector<store::StoredVector> made;
    float angle = 0.1f;
    for (const store::Work& work :
         Await(queue.Claim(lease, now, now + std::chrono::seconds(60), 100))) {
      store::StoredVector first{work.item, 0, 0, 2, 1, work.generation, {angle, 1 - angle, 0}};
      store::StoredVector second{work.item, 1, 2, 4, 1, work.generation, {0, angle, 1 - angle}};
      angle += 0.1f;
      EXPECT_TRUE(Await(queue.Finish(work, lease, {first, second})));
      made.push_back(first);
      made.push_back(second);
    }
    return made;
  }

  std::vector<std::string> Found(Node& node, Uuid brain, std::string query,
                                 recall::Mode mode = recall::Mode::kWords) {
    std::vector<std::string> contents;
    for (const auto& found :
         Await(node.recall.Run(brain, {.query = std::move(query), .mode = mode})).results) {
      contents.push_back(found.episode.content);
    }
    return contents;
  }
};

}  // namespace nexus::memory

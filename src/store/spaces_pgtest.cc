#include "store/spaces.h"

#include "store/database_fixture.h"

namespace nexus::store {
namespace {

embed::ModelInfo OtherModel(size_t dimension = 3) {
  embed::ModelInfo model = ToyModel();
  model.artefact_sha256 = "cd34";
  model.dimension = dimension;
  return model;
}

class SpacesTest : public DatabaseTest {
 protected:
  void SetUp() override {
    Migrated();
    owner_ = PoolAs("nexus_owner");
    api_ = PoolAs("nexus_api");
    embedder_ = PoolAs("nexus_embedder");
    keeper_ = PoolAs("nexus_keeper");
    spaces_.emplace(*owner_, *embedder_, *keeper_);
    brain_ = NewBrain("ana");
  }

  SpaceState StateOf(int64_t id) {
    const std::vector<Space> all = Await(spaces_->List());
    return std::ranges::find(all, id, &Space::id)->state;
  }

  // Claims what waits in a space, and stores one vector for each.
  void EmbedAll(int64_t space, size_t dimension = 3) {
    EmbeddingQueue queue(*embedder_, space);
    const Uuid lease = RandomUuid();
    const Timestamp now = clock_.Now() + std::chrono::seconds(1);
    for (const Work& work : Await(queue.Claim(lease, now, now + std::chrono::seconds(60), 100))) {
      std::vector<float> values(dimension, 0.5f);
      EXPECT_TRUE(Await(queue.Finish(
          work, lease, {{work.item, 0, 0, 3, 1, work.generation, std::move(values)}})));
    }
  }

  std::unique_ptr<postgres::Pool> owner_, api_, embedder_, keeper_;
  std::optional<Spaces> spaces_;
  Uuid brain_;
};

TEST_F(SpacesTest, TheFirstSpaceServesAndTheNextIsBuilt) {
  const Space second = NewSpace(OtherModel());
  EXPECT_EQ(StateOf(space_), SpaceState::kActive);
  EXPECT_EQ(second.state, SpaceState::kBuilding);
  EXPECT_EQ(second.source, "models/toy");
  EXPECT_FALSE(second.activated_at);
}

TEST_F(SpacesTest, OneArtefactHasOneLivingSpace) {
  const auto again = Await(spaces_->Create(ToyModel(), "elsewhere"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
}

TEST_F(SpacesTest, AWriteIsQueuedForEveryLivingSpace) {
  const int64_t second = NewSpace(OtherModel()).id;
  Await(InsertAll(*api_, brain_, {NewEpisode("uno")}));
  for (int64_t space : {space_, second}) {
    EXPECT_EQ(Await(spaces_->Count(space, std::nullopt)).pending, 1);
  }
}

TEST_F(SpacesTest, ActivatingIsUndoneByActivatingTheFormerOne) {
  const int64_t second = NewSpace(OtherModel()).id;
  EXPECT_TRUE(Await(spaces_->Activate(second)));
  EXPECT_EQ(StateOf(second), SpaceState::kActive);
  EXPECT_EQ(StateOf(space_), SpaceState::kBuilding);
  EXPECT_TRUE(Await(spaces_->Activate(space_)));
  EXPECT_EQ(StateOf(space_), SpaceState::kActive);
  EXPECT_FALSE(Await(spaces_->Activate(second + 1)));
}

TEST_F(SpacesTest, ARetiredSpaceLeavesItsRowAndItsArtefactMayComeBack) {
  const int64_t second = NewSpace(OtherModel()).id;
  Await(InsertAll(*api_, brain_, {NewEpisode("uno"), NewEpisode("dos")}));
  EmbedAll(second);
  EXPECT_FALSE(Await(spaces_->Retire(space_)));  // it serves
  EXPECT_TRUE(Await(spaces_->Retire(second)));
  EXPECT_FALSE(Await(spaces_->Retire(second)));
  EXPECT_FALSE(Await(spaces_->Activate(second)));
  EXPECT_EQ(StateOf(second), SpaceState::kRetired);
  constexpr postgres::Statement left{
      "left", "SELECT count(*) FROM nexus_memory.embedding_queue WHERE space_id <> $1"};
  EXPECT_EQ(Await(keeper_->Run(left, {postgres::ToParameter(space_)}))[0].Integer(0), 0);
  EXPECT_NE(NewSpace(OtherModel()).id, second);
}

TEST_F(SpacesTest, AnEpisodeIsForgottenAlsoWhereASpaceIsRetired) {
  const int64_t second = NewSpace(OtherModel()).id;
  const Episode episode = NewEpisode("uno");
  Await(InsertAll(*api_, brain_, {episode}));
  EXPECT_TRUE(Await(spaces_->Retire(second)));
  EXPECT_TRUE(Await(DeleteEpisode(*api_, brain_, episode.id)));
}

TEST_F(SpacesTest, VectorsOfThousandsOfDimensionsAreKeptInHalfPrecision) {
  constexpr size_t kDimension = 4'000;
  const int64_t wide = NewSpace(OtherModel(kDimension)).id;
  Await(InsertAll(*api_, brain_, {NewEpisode("uno")}));
  EmbedAll(wide, kDimension);
  const auto stored = Await(Vectors(*api_, wide).Scan(brain_, std::nullopt, 10));
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(stored[0].values, std::vector<float>(kDimension, 0.5f));
}

TEST_F(SpacesTest, WhatNeitherHasAVectorNorWaitsForOneIsQueued) {
  const Uuid lease = RandomUuid();
  Await(
      InsertAll(*api_, brain_, {NewEpisode("embedded"), NewEpisode("lost"), NewEpisode("waits")}));
  const Timestamp now = clock_.Now() + std::chrono::seconds(1);
  EmbeddingQueue queue(*embedder_, space_);
  auto work = Await(queue.Claim(lease, now, now + std::chrono::seconds(30), 2));
  StoredVector vector{work[0].item, 0, 0, 3, 1, work[0].generation, {1, 0, 0}};
  EXPECT_TRUE(Await(queue.Finish(work[0], lease, {vector})));
  EXPECT_TRUE(Await(queue.Drop(work[1], lease)));
  Vectors vectors(*api_, space_);
  EXPECT_EQ(Await(vectors.CountQueued(brain_, {work[0].item, work[1].item})).pending, 0);
  Await(spaces_->QueueMissing(space_, brain_));
  EXPECT_EQ(Await(vectors.CountQueued(brain_, {work[0].item})).pending, 0);
  EXPECT_EQ(Await(vectors.CountQueued(brain_, {work[1].item})).pending, 1);
}

TEST_F(SpacesTest, ANewSpaceLacksEverythingAndTheOldOneIsNotQueuedAnew) {
  Await(InsertAll(*api_, brain_, {NewEpisode("uno"), NewEpisode("dos")}));
  EmbedAll(space_);
  const int64_t second = NewSpace(OtherModel()).id;
  Await(spaces_->QueueMissing(second, brain_));
  EXPECT_EQ(Await(spaces_->Count(space_, std::nullopt)).embedded, 2);
  EXPECT_EQ(Await(spaces_->Count(second, std::nullopt)).pending, 2);
  EmbedAll(second);
  EXPECT_EQ(Await(spaces_->Count(second, std::nullopt)).embedded, 2);
}

TEST_F(SpacesTest, WhatWasGivenUpIsListedAndTriedAgain) {
  const Episode episode = NewEpisode("uno");
  Await(InsertAll(*api_, brain_, {episode}));
  EmbeddingQueue queue(*embedder_, space_);
  const Uuid lease = RandomUuid();
  const Timestamp now = clock_.Now() + std::chrono::seconds(1);
  const auto work = Await(queue.Claim(lease, now, now + std::chrono::seconds(30), 1));
  EXPECT_TRUE(Await(queue.Delay(work[0], lease, now, "it is odd", true)));
  EXPECT_EQ(Await(spaces_->Count(space_, std::nullopt)).failed, 1);
  const auto failed = Await(spaces_->ListFailed(space_, 10));
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].item, episode.id);
  EXPECT_EQ(failed[0].reason, "it is odd");
  EXPECT_EQ(Await(spaces_->RetryFailed(space_, now)), 1);
  EXPECT_EQ(Await(spaces_->Count(space_, std::nullopt)).pending, 1);
  EXPECT_EQ(Await(spaces_->Count(space_, kNow - std::chrono::hours(1))).total, 0);
}

}  // namespace
}  // namespace nexus::store

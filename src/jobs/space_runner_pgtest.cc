#include "jobs/space_runner.h"

#include "jobs/jobs_fixture.h"

namespace nexus::jobs {
namespace {

// The fake model, as another artefact.
class OtherModel final : public embed::Embedder {
 public:
  explicit OtherModel(std::string artefact) {
    info_ = fake_.info();
    info_.artefact_sha256 = std::move(artefact);
  }
  const embed::ModelInfo& info() const override { return info_; }
  const text::Tokenizer& tokenizer() const override { return fake_.tokenizer(); }
  std::vector<float> Embed(std::string_view text, embed::TextRole role) const override {
    return fake_.Embed(text, role);
  }

 private:
  embed::FakeEmbedder fake_{64};
  embed::ModelInfo info_;
};

class SpaceRunnerTest : public JobsTest {
 protected:
  void SetUp() override {
    JobsTest::SetUp();
    owner_ = PoolAs("nexus_owner");
    keeper_ = PoolAs("nexus_keeper");
    directory_.emplace(*owner_, *embedder_pool_, *keeper_);
    brains_.emplace(*api_);
    Insert("uno");
    Insert("dos");
  }

  void TearDown() override {
    if (runner_) {
      EXPECT_TRUE(Stop(*runner_));
      Beside(runner_->StopWorkers());
    }
    JobsTest::TearDown();
  }

  void Start(SpaceRunner::LoadModel load) {
    runner_.emplace(
        SpaceWorkers::Parts{loop_.get_executor(), *directory_, *brains_, *embedder_pool_,
                            moved_clock_, metrics_},
        *spaces_, compute_,
        SpaceRunner::Options{
            .threads = 1, .pause = std::chrono::milliseconds(5), .load = std::move(load)});
    runner_->Start();
  }

  void StartWithOtherModel() {
    Start([](const std::string&) { return std::make_unique<OtherModel>("cd34"); });
  }

  int64_t AddSpace() {
    embed::ModelInfo model = store::ToyModel();
    model.artefact_sha256 = "cd34";
    return Beside(directory_->Create(model, "models/other")).value().id;
  }

  bool FillsUp(int64_t space) {
    return Until([&] { return Beside(directory_->Count(space, std::nullopt)).embedded == 2; });
  }

  std::unique_ptr<postgres::Pool> owner_, keeper_;
  std::optional<store::Spaces> directory_;
  std::optional<store::Brains> brains_;
  std::optional<SpaceRunner> runner_;
};

TEST_F(SpaceRunnerTest, ASpaceThatAppearsIsServedAndFilled) {
  StartWithOtherModel();
  const int64_t second = AddSpace();
  EXPECT_TRUE(FillsUp(second));
  EXPECT_NE(spaces_->Find(second), nullptr);
  EXPECT_EQ(spaces_->active()->id(), space_);
  EXPECT_EQ(runner_->trouble(), "");
}

TEST_F(SpaceRunnerTest, AnActivationByAnotherNodeIsFollowed) {
  StartWithOtherModel();
  const int64_t second = AddSpace();
  EXPECT_TRUE(Until([&] { return spaces_->Find(second) != nullptr; }));
  EXPECT_TRUE(Beside(directory_->Activate(second)));
  EXPECT_TRUE(Until([&] { return spaces_->active()->id() == second; }));
  EXPECT_TRUE(Beside(directory_->Activate(space_)));
  EXPECT_TRUE(Until([&] { return spaces_->active()->id() == space_; }));
}

TEST_F(SpaceRunnerTest, ARetiredSpaceIsGivenUpWhenNobodyWorksInItAnyLonger) {
  StartWithOtherModel();
  const int64_t second = AddSpace();
  EXPECT_TRUE(Until([&] { return spaces_->Find(second) != nullptr; }));
  std::weak_ptr<memory::LivingSpace> left;
  {
    const memory::SharedSpace asking = spaces_->Find(second);
    left = asking;
    EXPECT_TRUE(Beside(directory_->Retire(second)));
    EXPECT_TRUE(Until([&] { return spaces_->Find(second) == nullptr; }));
    EXPECT_FALSE(left.expired());
  }
  EXPECT_TRUE(Until([&] { return left.expired(); }));
}

TEST_F(SpaceRunnerTest, AModelThatCannotBeLoadedIsToldAndTheOthersServe) {
  Start([](const std::string& source) -> std::unique_ptr<const embed::Embedder> {
    throw Failure(ErrorCode::kNotFound, "there is no model in " + source);
  });
  const int64_t second = AddSpace();
  EXPECT_TRUE(Until([&] { return !spaces_->TroubleOf(second).empty(); }));
  EXPECT_EQ(spaces_->TroubleOf(second), "there is no model in models/other");
  EXPECT_EQ(spaces_->Find(second), nullptr);
  EXPECT_EQ(spaces_->active()->id(), space_);
}

TEST_F(SpaceRunnerTest, ADirectoryThatHoldsAnotherModelByNowIsNoModelOfTheSpace) {
  Start([](const std::string&) { return std::make_unique<OtherModel>("ef56"); });
  const int64_t second = AddSpace();
  EXPECT_TRUE(Until([&] { return spaces_->TroubleOf(second).contains("another model"); }));
  EXPECT_EQ(spaces_->Find(second), nullptr);
}

}  // namespace
}  // namespace nexus::jobs

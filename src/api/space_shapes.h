// The embedding spaces as they travel over the API (as shapes.h).
#pragma once

#include "api/shapes.h"

namespace nexus::store {
BOOST_DESCRIBE_ENUM(SpaceState, kBuilding, kActive, kRetired)
}

namespace nexus::api {

inline constexpr int64_t kMaxQuestions = 500;

struct NewSpace {
  std::string source;

  static constexpr std::string_view kDescription = "A space to be built.";
  static constexpr FieldRule kFields[] = {
      Field("source",
            "The directory of the model, on the server's machine (and on that of every node): "
            "nexus-model.toml and what it names.")
          .NonBlank()
          .MaxBytes(4'000)
          .Pattern("^/")};
};
BOOST_DESCRIBE_STRUCT(NewSpace, (), (source))

struct SpaceView {
  int64_t id = 0;
  std::string model;
  std::string artefact_sha256;
  int64_t dimension = 0;
  int64_t max_tokens = 0;
  store::SpaceState state = store::SpaceState::kBuilding;
  std::optional<std::string> source;
  Timestamp created_at;
  std::optional<Timestamp> activated_at;
  EpisodeStats episodes;
  double coverage = 0;
  std::optional<std::string> trouble;

  static constexpr std::string_view kDescription = "One model, one artefact, one dimension.";
  static constexpr FieldRule kFields[] = {
      Field("state",
            "`active` serves; `building` is kept up to date beside it, and is the one to go back "
            "to if it has an `activated_at`; of `retired` nothing is left but this."),
      Field("source", "Where the model is; null if an older server made the space.")
          .NullWhenEmpty(),
      Field("activated_at", "When it last began to serve; null: never.").NullWhenEmpty(),
      Field("episodes", "Of all brains: total = embedded + pending + failed."),
      Field("coverage", "embedded / total, 1 if there is nothing."),
      Field("trouble", "Why the server that answers cannot serve it.")};
};
BOOST_DESCRIBE_STRUCT(SpaceView, (),
                      (id, model, artefact_sha256, dimension, max_tokens, state, source, created_at,
                       activated_at, episodes, coverage, trouble))

struct SpacePage {
  std::vector<SpaceView> spaces;

  static constexpr std::string_view kDescription = "Oldest first.";
};
BOOST_DESCRIBE_STRUCT(SpacePage, (), (spaces))

struct VerifyRequest {
  int64_t questions = 50;
  int64_t limit = 10;

  static constexpr std::string_view kDescription = "How thoroughly to look.";
  static constexpr FieldRule kFields[] = {
      Field("questions", "How many to ask, made of beginnings of stored texts.")
          .Defaulted()
          .Between(1, kMaxQuestions),
      Field("limit", "How many results of each are compared.").Defaulted().Between(1, 100)};
};
BOOST_DESCRIBE_STRUCT(VerifyRequest, (), (questions, limit))

struct VerificationView {
  EpisodeStats episodes;
  double coverage = 0;
  bool complete = false;
  int64_t questions = 0;
  double overlap = 0;

  static constexpr FieldRule kFields[] = {
      Field("complete", "Everything is embedded: it may be activated."),
      Field("questions", "How many were asked; fewer than wanted if there are fewer texts."),
      Field("overlap",
            "The mean share of the active space's results that this space finds, too. Two models "
            "rarely agree on all; what says the same in other words is no fault.")};
};
BOOST_DESCRIBE_STRUCT(VerificationView, (), (episodes, coverage, complete, questions, overlap))

struct ActivateRequest {
  bool force = false;

  static constexpr std::string_view kDescription = "An activation.";
  static constexpr FieldRule kFields[] = {
      Field("force", "Also if it is not complete: what it lacks is found by words alone.")
          .Defaulted()};
};
BOOST_DESCRIBE_STRUCT(ActivateRequest, (), (force))

struct WorkCount {
  int64_t queued = 0;

  static constexpr FieldRule kFields[] = {Field("queued", "How many episodes now wait.")};
};
BOOST_DESCRIBE_STRUCT(WorkCount, (), (queued))

struct FailureRequest {
  int64_t limit = 50;

  static constexpr FieldRule kFields[] = {
      Field("limit", "How many at most.").Defaulted().Between(1, kMaxPage)};
};
BOOST_DESCRIBE_STRUCT(FailureRequest, (), (limit))

struct FailureView {
  Uuid brain_id;
  Uuid episode_id;
  int64_t attempts = 0;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(FailureView, (), (brain_id, episode_id, attempts, reason))

struct FailurePage {
  std::vector<FailureView> failures;

  static constexpr std::string_view kDescription = "Oldest work first.";
};
BOOST_DESCRIBE_STRUCT(FailurePage, (), (failures))

}  // namespace nexus::api

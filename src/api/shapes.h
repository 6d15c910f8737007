// What travels over the API, described once: parsing, printing and /openapi.json come from here.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "api/cursor.h"
#include "base/describe.h"
#include "domain/episode.h"
#include "recall/brain_index.h"

namespace nexus::recall {
BOOST_DESCRIBE_ENUM(Mode, kHybrid, kWords, kVectors)
}

namespace nexus::api {

inline constexpr int64_t kMaxPage = 1'000;        // items of one list or recall
inline constexpr size_t kMaxQueryLength = 8'000;  // characters of a question
inline constexpr double kMaxWeight = 10;          // of recency or importance
inline constexpr int64_t kMaxNeighbours = 20;     // on each side of a result

struct NewBrain {
  std::string name;

  static constexpr std::string_view kDescription = "A brain to be made: one per agent identity.";
  static constexpr FieldRule kFields[] = {
      Field("name", "1 to 63 of A-Z a-z 0-9 _ . -, beginning with a letter or digit. Unique.")
          .NonBlank()
          .MaxLength(63)
          .Pattern("^[A-Za-z0-9][A-Za-z0-9_.-]*$")};
};
BOOST_DESCRIBE_STRUCT(NewBrain, (), (name))

struct BrainView {
  Uuid id;
  std::string name;
  Timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(BrainView, (), (id, name, created_at))

struct BrainPage {
  std::vector<BrainView> brains;
  std::optional<std::string> next_cursor;

  static constexpr FieldRule kFields[] = {
      Field("next_cursor", "Give it as `cursor` to read on; null at the end.").NullWhenEmpty()};
};
BOOST_DESCRIBE_STRUCT(BrainPage, (), (brains, next_cursor))

struct PageRequest {
  int64_t limit = 50;
  std::optional<std::string> cursor;

 protected:
  // Each list has cursors of its own kind (api/cursor.h).
  static constexpr std::array<FieldRule, 2> Rules(std::string_view cursor_pattern) {
    return {Field("limit", "How many at most; fewer when their contents reach 16 MiB.")
                .Defaulted()
                .Between(1, kMaxPage),
            Field("cursor", "`next_cursor` of the page before.")
                .MaxLength(200)
                .Pattern(cursor_pattern)};
  }
};
BOOST_DESCRIBE_STRUCT(PageRequest, (), (limit, cursor))

struct BrainListRequest : PageRequest {
  static constexpr auto kFields = Rules(kTextCursor);
};
BOOST_DESCRIBE_STRUCT(BrainListRequest, (PageRequest), ())

struct RevisionListRequest : PageRequest {
  static constexpr auto kFields = Rules(kNumberCursor);
};
BOOST_DESCRIBE_STRUCT(RevisionListRequest, (PageRequest), ())

struct NoParameters {};
BOOST_DESCRIBE_STRUCT(NoParameters, (), ())

struct NewEpisode {
  std::string content;
  std::optional<Timestamp> occurred_at;
  std::optional<std::string> speaker;
  std::optional<std::string> session_id;
  std::vector<std::string> tags;
  double importance_score = 0.5;
  std::optional<std::string> project_id;
  boost::json::object metadata;

  static constexpr std::string_view kDescription = "Something that happened, to be remembered.";
  static constexpr FieldRule kFields[] = {
      Field("content", "The text, whole: up to 1 MiB of UTF-8.")
          .NonBlank()
          .MaxBytes(kMaxContentBytes),
      Field("occurred_at", "When it happened (RFC 3339); now if left out."),
      Field("speaker", "Who said it, if it was said.").NotEmpty().MaxBytes(kMaxLabelBytes),
      Field("session_id", "The conversation it belongs to; neighbours in it are its context.")
          .NotEmpty()
          .MaxBytes(kMaxLabelBytes),
      Field("tags", "Labels.").Defaulted().MaxItems(kMaxTags).NotEmpty().MaxBytes(kMaxLabelBytes),
      Field("importance_score", "0 to 1.").Defaulted().Between(0, 1),
      Field("project_id", "The project it belongs to.").NotEmpty().MaxBytes(kMaxLabelBytes),
      Field("metadata", "Any JSON object, up to 64 KiB.").Defaulted()};
};
BOOST_DESCRIBE_STRUCT(NewEpisode, (),
                      (content, occurred_at, speaker, session_id, tags, importance_score,
                       project_id, metadata))

struct NewEpisodes {
  std::vector<NewEpisode> episodes;

  static constexpr std::string_view kDescription = "Several episodes: all are stored, or none.";
  static constexpr FieldRule kFields[] = {
      Field("episodes", "In the order of arrival.").MinItems(1).MaxItems(kMaxBatch)};
};
BOOST_DESCRIBE_STRUCT(NewEpisodes, (), (episodes))

enum class Wait { kNone, kIndexed, kEmbedded };
BOOST_DESCRIBE_ENUM(Wait, kNone, kIndexed, kEmbedded)

struct RememberParameters {
  Wait wait = Wait::kNone;

  static constexpr FieldRule kFields[] = {
      Field("wait",
            "When to answer: `none` and `indexed` when it is durable and found by word; `embedded` "
            "when it is found by meaning, within 30 seconds.")
          .Defaulted()};
};
BOOST_DESCRIBE_STRUCT(RememberParameters, (), (wait))

struct EpisodeReceipt {
  Uuid id;
  int64_t version = 1;
  std::string position;
  Timestamp created_at;
  std::optional<bool> embedded;

  static constexpr std::string_view kDescription = "It is durable.";
  static constexpr FieldRule kFields[] = {
      Field("position", "Its place in the stream of changes: epoch, transaction, sequence."),
      Field("embedded", "With `wait=embedded`: false if the time was over before.")};
};
BOOST_DESCRIBE_STRUCT(EpisodeReceipt, (), (id, version, position, created_at, embedded))

struct EpisodeReceipts {
  std::vector<EpisodeReceipt> episodes;
};
BOOST_DESCRIBE_STRUCT(EpisodeReceipts, (), (episodes))

struct EpisodeView {
  std::string kind = "episode";
  Uuid id;
  std::string content;
  Timestamp occurred_at;
  Timestamp created_at;
  double importance_score = 0;
  std::vector<std::string> tags;
  std::optional<std::string> project_id;
  std::optional<std::string> session_id;
  std::optional<std::string> speaker;
  boost::json::object metadata;
  int64_t version = 1;
  std::optional<Timestamp> invalidated_at;
  std::optional<Uuid> superseded_by;
};
BOOST_DESCRIBE_STRUCT(EpisodeView, (),
                      (kind, id, content, occurred_at, created_at, importance_score, tags,
                       project_id, session_id, speaker, metadata, version, invalidated_at,
                       superseded_by))

struct EpisodePatch {
  std::optional<std::string> content;
  std::optional<Timestamp> occurred_at;
  std::optional<std::string> speaker;
  std::optional<std::string> session_id;
  std::optional<std::vector<std::string>> tags;
  std::optional<double> importance_score;
  std::optional<std::string> project_id;
  std::optional<boost::json::object> metadata;

  static constexpr std::string_view kDescription =
      "What changes, as a JSON merge patch (RFC 7396): null takes away, or sets back to what a new "
      "episode has; metadata is merged.";
  static constexpr FieldRule kFields[] = {
      Field("content", "The text, whole: up to 1 MiB of UTF-8. It cannot be taken away.")
          .NotNull()
          .NonBlank()
          .MaxBytes(kMaxContentBytes),
      Field("speaker", "Who said it.").NotEmpty().MaxBytes(kMaxLabelBytes),
      Field("session_id", "The conversation it belongs to.").NotEmpty().MaxBytes(kMaxLabelBytes),
      Field("tags", "All labels anew.").MaxItems(kMaxTags).NotEmpty().MaxBytes(kMaxLabelBytes),
      Field("importance_score", "0 to 1.").Between(0, 1),
      Field("project_id", "The project it belongs to.").NotEmpty().MaxBytes(kMaxLabelBytes)};
};
BOOST_DESCRIBE_STRUCT(EpisodePatch, (),
                      (content, occurred_at, speaker, session_id, tags, importance_score,
                       project_id, metadata))

struct Invalidation {
  std::optional<Uuid> superseded_by;

  static constexpr std::string_view kDescription = "An end of validity.";
  static constexpr FieldRule kFields[] = {
      Field("superseded_by", "The episode that holds instead.")};
};
BOOST_DESCRIBE_STRUCT(Invalidation, (), (superseded_by))

struct RevisionView : EpisodeView {
  Timestamp replaced_at;

  static constexpr std::string_view kDescription = "What an episode was before a change.";
};
BOOST_DESCRIBE_STRUCT(RevisionView, (EpisodeView), (replaced_at))

struct RevisionPage {
  std::vector<RevisionView> revisions;
  std::optional<std::string> next_cursor;

  static constexpr std::string_view kDescription = "Newest first; what it is now is none of them.";
  static constexpr FieldRule kFields[] = {
      Field("next_cursor", "Give it as `cursor` to read on; null at the end.").NullWhenEmpty()};
};
BOOST_DESCRIBE_STRUCT(RevisionPage, (), (revisions, next_cursor))

struct EpisodePage {
  std::vector<EpisodeView> episodes;
  std::optional<std::string> next_cursor;

  static constexpr std::string_view kDescription = "Newest arrival first.";
  static constexpr FieldRule kFields[] = {
      Field("next_cursor", "Give it as `cursor` to read on; null at the end.").NullWhenEmpty()};
};
BOOST_DESCRIBE_STRUCT(EpisodePage, (), (episodes, next_cursor))

enum class Kind { kEpisode };
BOOST_DESCRIBE_ENUM(Kind, kEpisode)

// What a list and a question can both ask for.
struct EpisodeConditions {
  std::vector<Kind> kinds;
  std::vector<std::string> tags_any;
  std::vector<std::string> tags_all;
  std::vector<std::string> tags_none;
  std::optional<std::string> project_id;
  std::optional<std::string> session_id;
  std::optional<std::string> speaker;
  std::optional<Timestamp> occurred_from;
  std::optional<Timestamp> occurred_before;
  std::optional<double> min_importance;
  std::optional<double> max_importance;

  static constexpr FieldRule kFields[] = {
      Field("kinds", "Is one of these kinds; all of them if left out.").Defaulted().MaxItems(8),
      Field("tags_any", "Has at least one of these.")
          .Defaulted()
          .MaxItems(kMaxTags)
          .MaxBytes(kMaxLabelBytes),
      Field("tags_all", "Has all of these.")
          .Defaulted()
          .MaxItems(kMaxTags)
          .MaxBytes(kMaxLabelBytes),
      Field("tags_none", "Has none of these.")
          .Defaulted()
          .MaxItems(kMaxTags)
          .MaxBytes(kMaxLabelBytes),
      Field("project_id", "Is of this project.").MaxBytes(kMaxLabelBytes),
      Field("session_id", "Is of this conversation.").MaxBytes(kMaxLabelBytes),
      Field("speaker", "Was said by this one.").MaxBytes(kMaxLabelBytes),
      Field("occurred_from", "Happened at this moment or later (RFC 3339)."),
      Field("occurred_before", "Happened before this moment (RFC 3339)."),
      Field("min_importance", "Its importance_score is at least this.").Between(0, 1),
      Field("max_importance", "Its importance_score is at most this.").Between(0, 1)};
};
BOOST_DESCRIBE_STRUCT(EpisodeConditions, (),
                      (kinds, tags_any, tags_all, tags_none, project_id, session_id, speaker,
                       occurred_from, occurred_before, min_importance, max_importance))

struct FilterRequest : EpisodeConditions {
  boost::json::object metadata;

  static constexpr std::string_view kDescription =
      "Which memories are meant: all that is given must hold.";
  static constexpr FieldRule kOwnFields[] = {
      Field("metadata",
            "Members of the metadata that must be so: {\"key\": value} with a string, a number, a "
            "boolean or null, or {\"key\": {\"gte\": value, \"lt\": value}} with gt, gte, lt, lte. "
            "A list in the metadata passes if one of its items does.")
          .Defaulted()};
  static constexpr auto kFields =
      JoinRules(std::span(EpisodeConditions::kFields), std::span(kOwnFields));
};
BOOST_DESCRIBE_STRUCT(FilterRequest, (EpisodeConditions), (metadata))

struct ListRequest : PageRequest, EpisodeConditions {
  static constexpr auto kPage = Rules(kIdCursor);
  static constexpr auto kFields =
      JoinRules(std::span(kPage), std::span(EpisodeConditions::kFields));
};
BOOST_DESCRIBE_STRUCT(ListRequest, (PageRequest, EpisodeConditions), ())

struct RecallRequest {
  std::string query;
  std::optional<int64_t> limit;
  recall::Mode mode = recall::Mode::kHybrid;
  FilterRequest filter;
  double recency_weight = 0;
  double recency_half_life_days = 30;
  double importance_weight = 0;
  int64_t expand = 0;
  std::optional<int64_t> token_budget;
  std::optional<Timestamp> as_of;
  bool dedupe = false;
  std::optional<std::string> min_position;
  bool explain = false;

  static constexpr std::string_view kDescription = "What to look for.";
  static constexpr FieldRule kFields[] = {
      Field("query", "A question or some words, in Spanish or English.")
          .NonBlank()
          .MaxLength(kMaxQueryLength),
      Field("limit",
            "How many results at most, 10 if left out, with a token_budget 100; fewer when their "
            "contents reach 16 MiB.")
          .Between(1, kMaxPage),
      Field("mode", "By word and meaning, by word alone, by meaning alone.").Defaulted(),
      Field("filter", "Only memories that pass it are found; the scores stay.").Defaulted(),
      Field("recency_weight", "Adds this much for now, half of it for a half-life ago.")
          .Defaulted()
          .Between(0, kMaxWeight),
      Field("recency_half_life_days", "In which time recency halves.")
          .Defaulted()
          .Between(0.001, 100'000),
      Field("importance_weight", "Adds this much times the importance_score.")
          .Defaulted()
          .Between(0, kMaxWeight),
      Field("expand",
            "So many turns before and after each result, of its session, as `before` and `after`; "
            "the filter does not hold for them, but its tags_none does.")
          .Defaulted()
          .Between(0, kMaxNeighbours),
      Field("token_budget",
            "How many tokens of the embedding model the contents of results and turns may take; a "
            "result that has no room is left out and counted in `omitted`.")
          .Between(1, 1'000'000),
      Field("as_of",
            "What was valid then, as it was then (RFC 3339, not in the future); slower, since its "
            "index is built for the question. What has been changed since is found by its words."),
      Field("dedupe",
            "Give what says the same once; `folded` then has the ids of the others. The same is "
            "what shares nine tenths of its words.")
          .Defaulted(),
      Field("min_position",
            "The `position` of a write: the answer waits until this node has read it, at most 5 "
            "seconds.")
          .MaxLength(200)
          .Pattern("^.+:(?:0|[1-9][0-9]{0,19}):(?:0|[1-9][0-9]{0,17})$"),
      Field("explain", "Say how each result came to its place.").Defaulted()};
};
BOOST_DESCRIBE_STRUCT(RecallRequest, (),
                      (query, limit, mode, filter, recency_weight, recency_half_life_days,
                       importance_weight, expand, token_budget, as_of, dedupe, min_position,
                       explain))

struct ChunkView {
  int64_t begin = 0;
  int64_t end = 0;

  static constexpr std::string_view kDescription =
      "The part of the content that matched best, in bytes of UTF-8.";
};
BOOST_DESCRIBE_STRUCT(ChunkView, (), (begin, end))

struct ExplanationView {
  std::optional<int64_t> words_rank;
  std::optional<int64_t> meaning_rank;
  double session = 0;
  double recency = 0;
  double importance = 0;
  std::vector<std::string> matched_words;

  static constexpr std::string_view kDescription = "How a result came to its place.";
  static constexpr FieldRule kFields[] = {
      Field("words_rank", "Its place by word alone, from 1; absent if no word matched."),
      Field("meaning_rank", "Its place by meaning alone, from 1; absent without a vector."),
      Field("session", "What its session added to the score."),
      Field("recency", "What recency_weight added."),
      Field("importance", "What importance_weight added."),
      Field("matched_words",
            "Words of the query that its best part holds, or the two turns before it.")};
};
BOOST_DESCRIBE_STRUCT(ExplanationView, (),
                      (words_rank, meaning_rank, session, recency, importance, matched_words))

struct RecallResult : EpisodeView {
  double score = 0;
  std::optional<double> words;
  std::optional<double> meaning;
  ChunkView chunk;
  std::optional<std::vector<EpisodeView>> before;
  std::optional<std::vector<EpisodeView>> after;
  std::optional<std::vector<Uuid>> folded;
  std::optional<int64_t> tokens;
  std::optional<ExplanationView> explanation;

  static constexpr FieldRule kFields[] = {
      Field("score",
            "words + 6 x meaning, 0.15 x the best score of its session, and what the weights add."),
      Field("words", "Score of the word arm, 0 to 1; absent if no word matched."),
      Field("meaning", "Score of the vector arm, -1 to 1; absent if there is no vector."),
      Field("before", "With `expand`: the turns before it in its session, oldest first."),
      Field("after", "With `expand`: the turns after it."),
      Field("folded", "With `dedupe`: what says the same, at most 100 of it."),
      Field("tokens", "With `token_budget`: what it takes of it.")};
};
BOOST_DESCRIBE_STRUCT(RecallResult, (EpisodeView),
                      (score, words, meaning, chunk, before, after, folded, tokens, explanation))

struct TimesView {
  double embed_ms = 0;
  double search_ms = 0;
  double fetch_ms = 0;

  static constexpr std::string_view kDescription = "Where the time went.";
};
BOOST_DESCRIBE_STRUCT(TimesView, (), (embed_ms, search_ms, fetch_ms))

struct RecallAnswer {
  std::vector<RecallResult> results;
  std::vector<std::string> degraded;
  double took_ms = 0;
  std::optional<int64_t> omitted;
  std::optional<TimesView> times;

  static constexpr std::string_view kDescription = "Best first.";
  static constexpr FieldRule kFields[] = {
      Field("degraded", "Arms that were missing: `vectors` when the model is away."),
      Field("omitted", "With `token_budget`: results that had no room."),
      Field("times", "With `explain`.")};
};
BOOST_DESCRIBE_STRUCT(RecallAnswer, (), (results, degraded, took_ms, omitted, times))

struct EpisodeStats {
  int64_t total = 0;
  int64_t embedded = 0;
  int64_t pending = 0;
  int64_t failed = 0;
};
BOOST_DESCRIBE_STRUCT(EpisodeStats, (), (total, embedded, pending, failed))

struct ModelView {
  std::string name;
  int64_t dimension = 0;
  int64_t max_tokens = 0;
  std::string artefact_sha256;
};
BOOST_DESCRIBE_STRUCT(ModelView, (), (name, dimension, max_tokens, artefact_sha256))

struct StatsView {
  EpisodeStats episodes;
  std::optional<ModelView> model;

  static constexpr FieldRule kFields[] = {
      Field("episodes", "total = embedded + pending + failed."),
      Field("model", "Null: the server runs on words alone.").NullWhenEmpty()};
};
BOOST_DESCRIBE_STRUCT(StatsView, (), (episodes, model))

enum class Scope { kRead, kWrite, kAdmin };
BOOST_DESCRIBE_ENUM(Scope, kRead, kWrite, kAdmin)

struct NewKey {
  std::string name;
  std::optional<std::string> brain;
  std::vector<Scope> scopes;
  std::optional<Timestamp> expires_at;

  static constexpr std::string_view kDescription = "A key to be made.";
  static constexpr FieldRule kFields[] = {
      Field("name", "Who or what uses it.").NonBlank().MaxLength(200),
      Field("brain", "Name or id of the one brain it opens; left out: every brain."),
      Field("scopes", "What it may do; admin may do everything.").MinItems(1).MaxItems(3),
      Field("expires_at", "When it ends; left out: never.")};
};
BOOST_DESCRIBE_STRUCT(NewKey, (), (name, brain, scopes, expires_at))

struct KeyView {
  Uuid id;
  std::string name;
  std::optional<Uuid> brain_id;
  std::string prefix;
  std::vector<std::string> scopes;
  Timestamp created_at;
  std::optional<Timestamp> expires_at;

  static constexpr FieldRule kFields[] = {
      Field("brain_id", "The one brain it opens; null: every brain.").NullWhenEmpty(),
      Field("prefix", "The first characters of the key."),
      Field("expires_at", "Null: never.").NullWhenEmpty()};
};
BOOST_DESCRIBE_STRUCT(KeyView, (), (id, name, brain_id, prefix, scopes, created_at, expires_at))

struct KeyMade : KeyView {
  std::string key;

  static constexpr FieldRule kFields[] = {
      Field("brain_id", "The one brain it opens; null: every brain.").NullWhenEmpty(),
      Field("prefix", "The first characters of the key."),
      Field("expires_at", "Null: never.").NullWhenEmpty(),
      Field("key", "The key itself: shown this once, only its digest is kept.")};
};
BOOST_DESCRIBE_STRUCT(KeyMade, (KeyView), (key))

struct KeyPage {
  std::vector<KeyView> keys;
};
BOOST_DESCRIBE_STRUCT(KeyPage, (), (keys))

struct PartHealth {
  std::string name;
  bool ok = false;
  bool needed = true;
  std::string detail;

  static constexpr FieldRule kFields[] = {
      Field("needed", "False: the server works without it, and says so."),
      Field("detail", "What is known about it, for people.")};
};
BOOST_DESCRIBE_STRUCT(PartHealth, (), (name, ok, needed, detail))

struct Health {
  std::string status;
  std::string version;
  std::vector<PartHealth> parts;

  static constexpr FieldRule kFields[] = {
      Field("status", "`ok`; `degraded` if a part is away that is not needed; else `down`.")};
};
BOOST_DESCRIBE_STRUCT(Health, (), (status, version, parts))

}  // namespace nexus::api

#include "store/episodes.h"

#include "base/json.h"
#include "queries.h"
#include "store/space_statement.h"

namespace nexus::store {

using postgres::Parameter;
using postgres::Row;
using postgres::Rows;
using postgres::ToParameter;
using postgres::Transaction;

namespace {

Episode ReadEpisode(const Row& row) {
  Episode episode;
  episode.id = row.Id(0);
  episode.content = row.Text(1);
  episode.occurred_at = row.Time(2);
  episode.created_at = row.Time(3);
  episode.importance_score = row.Number(4);
  episode.tags = row.TextArray(5);
  episode.project_id = row.OptionalText(6);
  episode.session_id = row.OptionalText(7);
  episode.speaker = row.OptionalText(8);
  episode.metadata = row.Text(9);
  episode.version = row.Integer(10);
  if (!row.IsNull(11)) episode.invalidated_at = row.Time(11);
  if (!row.IsNull(12)) episode.superseded_by = row.Id(12);
  return episode;
}

std::vector<Episode> ReadEpisodes(const Rows& rows) {
  std::vector<Episode> episodes;
  episodes.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) episodes.push_back(ReadEpisode(rows[i]));
  return episodes;
}

std::string JsonArray(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) {
    if (text.size() > 1) text += ',';
    AppendJsonString(text, item);
  }
  return text + "]";
}

Parameter ArrayIfAny(const std::vector<std::string>& items) {
  if (items.empty()) return std::nullopt;
  return postgres::TextArray(items);
}

// A batch as one array per column, as InsertEpisodes takes it.
struct Columns {
  std::vector<std::string> ids, contents, times, importances, tags, metadata, created;
  std::vector<std::optional<std::string>> projects, sessions, speakers;

  explicit Columns(std::span<const Episode> episodes) {
    for (const Episode& episode : episodes) {
      ids.push_back(episode.id.ToString());
      contents.push_back(episode.content);
      times.push_back(FormatTimestamp(episode.occurred_at));
      importances.push_back(*ToParameter(episode.importance_score));
      tags.push_back(JsonArray(episode.tags));
      projects.push_back(episode.project_id);
      sessions.push_back(episode.session_id);
      speakers.push_back(episode.speaker);
      metadata.push_back(episode.metadata);
      created.push_back(FormatTimestamp(episode.created_at));
    }
  }
};

}  // namespace

std::string IdArray(std::span<const Uuid> ids) {
  std::vector<std::string> texts;
  texts.reserve(ids.size());
  for (const Uuid& id : ids) texts.push_back(id.ToString());
  return postgres::TextArray(texts);
}

Task<std::vector<Episode>> ReadEpisodesIn(Transaction& transaction, Uuid brain,
                                          std::vector<Uuid> ids) {
  Rows rows = co_await transaction.Run(sql::kGetEpisodes, {ToParameter(brain), IdArray(ids)});
  co_return ReadEpisodes(rows);
}

Task<std::vector<Episode>> Episodes::Get(Uuid brain, std::vector<Uuid> ids) {
  Transaction transaction = co_await api_.BeginAs(brain);
  std::vector<Episode> episodes = co_await ReadEpisodesIn(transaction, brain, std::move(ids));
  co_await transaction.Commit();
  co_return episodes;
}

Task<std::vector<Episode>> Episodes::List(Uuid brain, EpisodeFilter filter,
                                          std::optional<Uuid> before, int64_t limit,
                                          int64_t max_bytes) {
  assert(filter.metadata.empty());
  std::vector<Parameter> parameters = {ToParameter(brain),
                                       ToParameter(before),
                                       ToParameter(limit),
                                       ToParameter(max_bytes),
                                       ArrayIfAny(filter.tags_any),
                                       ArrayIfAny(filter.tags_all),
                                       ArrayIfAny(filter.tags_none),
                                       std::move(filter.project_id),
                                       std::move(filter.session_id),
                                       std::move(filter.speaker),
                                       ToParameter(filter.occurred_from),
                                       ToParameter(filter.occurred_before),
                                       ToParameter(filter.min_importance),
                                       ToParameter(filter.max_importance)};
  Transaction transaction = co_await api_.BeginAs(brain);
  Rows rows = co_await transaction.Run(sql::kListEpisodes, std::move(parameters));
  co_await transaction.Commit();
  co_return ReadEpisodes(rows);
}

Task<std::vector<Episode>> Episodes::Scan(Uuid brain, std::optional<Uuid> after, int64_t limit) {
  Transaction transaction = co_await api_.BeginAs(brain);
  Rows rows = co_await transaction.Run(
      sql::kScanEpisodes, {ToParameter(brain), ToParameter(after), ToParameter(limit)});
  co_await transaction.Commit();
  co_return ReadEpisodes(rows);
}

Task<std::vector<PastEpisode>> Episodes::ScanPast(Uuid brain, Timestamp moment,
                                                  std::vector<Uuid> ids, std::optional<Uuid> after,
                                                  int64_t limit) {
  Parameter only;
  if (!ids.empty()) only = IdArray(ids);
  Transaction transaction = co_await api_.BeginAs(brain);
  Rows rows = co_await transaction.Run(
      sql::kScanPast,
      {ToParameter(brain), ToParameter(moment), only, ToParameter(after), ToParameter(limit)});
  co_await transaction.Commit();
  std::vector<PastEpisode> past;
  past.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    past.push_back({ReadEpisode(rows[i]), rows[i].Text(13) == "t"});
  }
  co_return past;
}

Task<std::vector<Revision>> Episodes::ListRevisions(Uuid brain, Uuid id,
                                                    std::optional<int64_t> before, int64_t limit) {
  Transaction transaction = co_await api_.BeginAs(brain);
  Rows rows = co_await transaction.Run(
      sql::kListRevisions,
      {ToParameter(brain), ToParameter(id), ToParameter(before), ToParameter(limit)});
  co_await transaction.Commit();
  std::vector<Revision> revisions;
  for (size_t i = 0; i < rows.size(); ++i) {
    revisions.push_back({ReadEpisode(rows[i]), rows[i].Time(13)});
  }
  co_return revisions;
}

Task<std::optional<Episode>> Episodes::GetVersion(Uuid brain, Uuid id, int64_t version) {
  Transaction transaction = co_await api_.BeginAs(brain);
  Rows rows = co_await transaction.Run(sql::kGetEpisodeVersion,
                                       {ToParameter(brain), ToParameter(id), ToParameter(version)});
  co_await transaction.Commit();
  if (rows.empty()) co_return std::nullopt;
  co_return ReadEpisode(rows[0]);
}

Task<std::vector<std::string>> Episodes::Sample(Uuid brain, int64_t limit) {
  Transaction transaction = co_await api_.BeginAs(brain);
  Rows rows =
      co_await transaction.Run(sql::kSampleEpisodes, {ToParameter(brain), ToParameter(limit)});
  co_await transaction.Commit();
  std::vector<std::string> contents;
  for (size_t i = 0; i < rows.size(); ++i) contents.emplace_back(rows[i].Text(0));
  co_return contents;
}

Task<EpisodeCounts> Episodes::Count(Uuid brain, int64_t space) {
  Transaction transaction = co_await api_.BeginAs(brain);
  EpisodeCounts counts;
  if (space == 0) {
    Rows rows = co_await transaction.Run(sql::kCountEpisodes, {ToParameter(brain)});
    counts.total = rows[0].Integer(0);
  } else {
    const SpaceStatement coverage(sql::kCountCoverage, space);
    Rows rows = co_await transaction.Run(coverage.get(), {ToParameter(brain)});
    counts = {rows[0].Integer(0), rows[0].Integer(1), 0, rows[0].Integer(2)};
  }
  counts.pending = counts.total - counts.embedded - counts.failed;
  co_await transaction.Commit();
  co_return counts;
}

Task<> Episodes::Insert(Transaction& transaction, Uuid brain, std::span<const Episode> episodes) {
  if (episodes.empty()) co_return;
  Columns columns(episodes);
  std::vector<Parameter> parameters = {ToParameter(brain),
                                       postgres::TextArray(columns.ids),
                                       postgres::TextArray(columns.contents),
                                       postgres::TextArray(columns.times),
                                       postgres::TextArray(columns.importances),
                                       postgres::TextArray(columns.tags),
                                       postgres::TextArray(columns.projects),
                                       postgres::TextArray(columns.sessions),
                                       postgres::TextArray(columns.speakers),
                                       postgres::TextArray(columns.metadata),
                                       postgres::TextArray(columns.created)};
  co_await transaction.Run(sql::kInsertEpisodes, std::move(parameters));
}

Task<std::optional<Episode>> Episodes::Lock(Transaction& transaction, Uuid brain, Uuid id) {
  Rows rows = co_await transaction.Run(sql::kLockEpisode, {ToParameter(brain), ToParameter(id)});
  if (rows.empty()) co_return std::nullopt;
  co_return ReadEpisode(rows[0]);
}

Task<Episode> Episodes::Update(Transaction& transaction, Uuid brain, Episode episode) {
  std::vector<Parameter> parameters = {ToParameter(brain),
                                       ToParameter(episode.id),
                                       episode.content,
                                       ToParameter(episode.occurred_at),
                                       ToParameter(episode.importance_score),
                                       JsonArray(episode.tags),
                                       episode.project_id,
                                       episode.session_id,
                                       episode.speaker,
                                       episode.metadata,
                                       ToParameter(episode.invalidated_at),
                                       ToParameter(episode.superseded_by)};
  Rows rows = co_await transaction.Run(sql::kUpdateEpisode, std::move(parameters));
  episode.version = rows[0].Integer(0);
  episode.metadata = rows[0].Text(1);
  co_return episode;
}

Task<bool> Episodes::Delete(Transaction& transaction, Uuid brain, Uuid id) {
  Rows rows = co_await transaction.Run(sql::kDeleteEpisode, {ToParameter(brain), ToParameter(id)});
  co_return !rows.empty();
}

Task<OutboxPlace> Episodes::CurrentPlace(Transaction& transaction) {
  Rows rows = co_await transaction.Run(sql::kCurrentPosition, {});
  co_return OutboxPlace{std::string(rows[0].Text(0)), rows[0].Integer(1)};
}

}  // namespace nexus::store

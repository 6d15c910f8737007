#include "store/outbox.h"

#include <algorithm>
#include <charconv>

#include "queries.h"

namespace nexus::store {

using postgres::Row;
using postgres::Rows;
using postgres::ToParameter;

namespace {

// xids are decimal numbers without leading zeros.
bool IsLess(std::string_view xid, std::string_view other) {
  return xid.size() != other.size() ? xid.size() < other.size() : xid < other;
}

std::vector<OutboxEvent> ReadEvents(const Rows& rows) {
  std::vector<OutboxEvent> events;
  events.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    Row row = rows[i];
    events.push_back({std::string(row.Text(0)), row.Integer(1), row.Id(2), std::string(row.Text(3)),
                      std::string(row.Text(4)), row.IsNull(5) ? -1 : row.Integer(5),
                      row.IsNull(6) ? -1 : row.Integer(6)});
  }
  return events;
}

}  // namespace

bool Continues(const Position& reached, const Position& start) {
  return reached.epoch == start.epoch && !IsLess(start.xid, reached.xid);
}

std::optional<Position> ParsePosition(std::string_view text) {
  const size_t second = text.rfind(':');
  const size_t first = second == std::string_view::npos || second == 0
                           ? std::string_view::npos
                           : text.rfind(':', second - 1);
  if (first == std::string_view::npos || first == 0) return std::nullopt;
  Position position{std::string(text.substr(0, first)),
                    std::string(text.substr(first + 1, second - first - 1))};
  const auto is_number = [](std::string_view digits) {
    return !digits.empty() && digits.size() <= 20 &&
           std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }) &&
           (digits.size() == 1 || digits[0] != '0');
  };
  const std::string_view seq = text.substr(second + 1);
  if (!is_number(position.xid) || !is_number(seq)) return std::nullopt;
  const auto [end, error] = std::from_chars(seq.data(), seq.data() + seq.size(), position.seq);
  if (error != std::errc()) return std::nullopt;
  return position;
}

bool Covers(const Position& reached, const Position& place) {
  if (reached.xid != place.xid) return IsLess(place.xid, reached.xid);
  return place.seq <= reached.seq;
}

Task<Position> Outbox::Start() {
  Rows rows = co_await relay_.Run(sql::kOutboxStart, {});
  Row row = rows[0];
  co_return Position{std::format("{}.{}", row.Text(1), row.Text(2)), std::string(row.Text(0)), -1};
}

Task<std::vector<OutboxEvent>> Outbox::Read(Position after, int64_t limit) {
  co_return ReadEvents(co_await relay_.Run(
      sql::kReadOutbox, {after.xid, ToParameter(after.seq), ToParameter(limit)}));
}

Task<OutboxReach> Outbox::Reach(int64_t rows) {
  Rows found = co_await relay_.Run(sql::kOutboxReach, {ToParameter(rows)});
  OutboxReach reach;
  for (size_t i = 0; i < found.size(); ++i) {
    auto& place = found[i].Text(0) == "oldest" ? reach.oldest : reach.floor;
    place = Position{"", std::string(found[i].Text(1)), found[i].Integer(2)};
  }
  co_return reach;
}

Task<std::vector<Erasure>> Outbox::LastErasures(Position after) {
  Rows rows = co_await relay_.Run(sql::kLastErasures, {after.xid, ToParameter(after.seq)});
  std::vector<Erasure> erasures;
  for (size_t i = 0; i < rows.size(); ++i) {
    erasures.push_back({rows[i].Id(0), {"", std::string(rows[i].Text(1)), rows[i].Integer(2)}});
  }
  co_return erasures;
}

Task<std::string> Outbox::IdentifyTables() {
  Rows rows = co_await relay_.Run(sql::kIdentifyTables, {});
  co_return std::string(rows[0].Text(0));
}

Task<std::vector<OutboxEvent>> BrainsOutbox::Read(Uuid brain, Position after, int64_t limit) {
  postgres::Transaction transaction = co_await api_.BeginAs(brain);
  Rows rows = co_await transaction.Run(
      sql::kReadBrainsOutbox,
      {ToParameter(brain), after.xid, ToParameter(after.seq), ToParameter(limit)});
  co_await transaction.Commit();
  co_return ReadEvents(rows);
}

}  // namespace nexus::store

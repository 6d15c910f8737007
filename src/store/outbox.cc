#include "store/outbox.h"

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

}  // namespace

bool Continues(const Position& reached, const Position& start) {
  return reached.epoch == start.epoch && !IsLess(start.xid, reached.xid);
}

Task<Position> Outbox::Start() {
  Rows rows = co_await relay_.Run(sql::kOutboxStart, {});
  Row row = rows[0];
  co_return Position{std::format("{}.{}", row.Text(1), row.Text(2)), std::string(row.Text(0)), -1};
}

Task<std::vector<OutboxEvent>> Outbox::Read(Position after, int64_t limit) {
  Rows rows = co_await relay_.Run(sql::kReadOutbox,
                                  {after.xid, ToParameter(after.seq), ToParameter(limit)});
  std::vector<OutboxEvent> events;
  events.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    Row row = rows[i];
    events.push_back({std::string(row.Text(0)), row.Integer(1), row.Id(2), std::string(row.Text(3)),
                      std::string(row.Text(4)), row.IsNull(5) ? -1 : row.Integer(5)});
  }
  co_return events;
}

}  // namespace nexus::store

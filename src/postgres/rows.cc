#include "postgres/rows.h"

#include <libpq-fe.h>

#include <charconv>

#include "base/error.h"

namespace nexus::postgres {
namespace {

Failure NotA(std::string_view type, std::string_view text) {
  return Failure(ErrorCode::kInternal,
                 std::format("PostgreSQL sent `{:.60}` where {} was expected", text, type));
}

template <typename Number>
Number ParseNumber(std::string_view text, std::string_view type) {
  Number value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) throw NotA(type, text);
  return value;
}

// Reads one element of an array literal off the front; `text` begins behind the comma.
std::string TakeElement(std::string_view& text) {
  std::string element;
  const bool quoted = text.starts_with('"');
  if (quoted) text.remove_prefix(1);
  while (!text.empty() && (quoted ? text.front() != '"' : text.front() != ',')) {
    if (text.front() == '\\') text.remove_prefix(1);
    element += text.front();
    text.remove_prefix(1);
  }
  if (quoted && !text.empty()) text.remove_prefix(1);
  return element;
}

}  // namespace

bool Row::IsNull(int column) const { return PQgetisnull(result_, row_, column) != 0; }

std::string_view Row::Text(int column) const {
  if (IsNull(column)) throw NotA("a value", "NULL");
  return {PQgetvalue(result_, row_, column),
          static_cast<size_t>(PQgetlength(result_, row_, column))};
}

std::optional<std::string> Row::OptionalText(int column) const {
  if (IsNull(column)) return std::nullopt;
  return std::string(Text(column));
}

int64_t Row::Integer(int column) const { return ParseNumber<int64_t>(Text(column), "an integer"); }
double Row::Number(int column) const { return ParseNumber<double>(Text(column), "a number"); }

Uuid Row::Id(int column) const {
  auto id = ParseUuid(Text(column));
  if (!id) throw NotA("a uuid", Text(column));
  return *id;
}

Timestamp Row::Time(int column) const {
  auto time = ParseTimestamp(Text(column));
  if (!time) throw NotA("a time", Text(column));
  return *time;
}

std::vector<std::string> Row::TextArray(int column) const {
  std::string_view text = Text(column);
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') throw NotA("an array", text);
  text = text.substr(1, text.size() - 2);
  std::vector<std::string> elements;
  while (!text.empty()) {
    elements.push_back(TakeElement(text));
    if (text.starts_with(',')) text.remove_prefix(1);
  }
  return elements;
}

Rows::Rows(pg_result* result) : result_(result) {}
void Rows::Clear::operator()(pg_result* result) const { PQclear(result); }
size_t Rows::size() const { return result_ ? static_cast<size_t>(PQntuples(result_.get())) : 0; }
int Rows::columns() const { return result_ ? PQnfields(result_.get()) : 0; }
std::string_view Rows::command() const { return result_ ? PQcmdStatus(result_.get()) : ""; }
Row Rows::operator[](size_t row) const {
  if (row >= size())
    throw Failure(ErrorCode::kInternal, "PostgreSQL sent fewer rows than expected");
  return {result_.get(), static_cast<int>(row)};
}

}  // namespace nexus::postgres

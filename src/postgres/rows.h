// What a statement returned. Reading another type than the column has is a bug of ours: it throws
// Failure(kInternal), as does reading NULL as a value.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"

struct pg_result;

namespace nexus::postgres {

class Rows;

// Borrows from its Rows. Columns count from 0.
class Row {
 public:
  bool IsNull(int column) const;
  std::string_view Text(int column) const;
  std::string_view Binary(int column) const { return Text(column); }
  std::optional<std::string> OptionalText(int column) const;
  int64_t Integer(int column) const;
  double Number(int column) const;
  Uuid Id(int column) const;
  Timestamp Time(int column) const;
  std::vector<std::string> TextArray(int column) const;  // one dimension, no NULLs

 private:
  friend class Rows;
  Row(const pg_result* result, int row) : result_(result), row_(row) {}
  const pg_result* result_;
  int row_;
};

class Rows {
 public:
  Rows() = default;
  explicit Rows(pg_result* result);  // takes it over

  size_t size() const;
  bool empty() const { return size() == 0; }
  int columns() const;
  Row operator[](size_t row) const;
  std::string_view command() const;  // "COMMIT", "INSERT 0 3"

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace nexus::postgres

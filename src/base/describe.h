// Structs and enums described once. From the description come parsing, printing and schemas
// (api/codec.h, api/schema.h), without templates of their own: TypeOf<T>() is a table.
//
//   struct RecallRequest {
//     std::string query;
//     int limit = 10;
//     std::optional<Timestamp> as_of;
//
//     static constexpr std::string_view kDescription = "What to look for.";
//     static constexpr FieldRule kFields[] = {
//         Field("query", "What to remember, in words.").NonBlank().MaxLength(4000),
//         Field("limit", "How many results.").Defaulted().Between(1, 100),
//         Field("as_of", "What was known then."),
//     };
//   };
//   BOOST_DESCRIBE_STRUCT(RecallRequest, (), (query, limit, as_of))
//
// kDescription and kFields may be left out. Members may be std::string, bool, integers, double,
// Uuid, Timestamp, boost::json::value and object (any JSON), described enums and structs, and
// std::vector and std::optional of these.
#pragma once

#include <algorithm>
#include <array>
#include <boost/describe.hpp>
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/time.h"
#include "base/uuid.h"

namespace nexus {

// What a field means and what it may hold. A member that is not std::optional is required unless
// its rule says Defaulted(). On a list, the bounds of strings and numbers hold for each item.
struct FieldRule {
  std::string_view name;
  std::string_view description;
  bool defaulted = false;
  bool null_when_empty = false;
  bool not_null = false;
  bool not_empty = false;
  bool non_blank = false;
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  std::string_view pattern;
  size_t max_length = 0;  // 0: no bound; also for the next two
  size_t max_bytes = 0;
  size_t min_items = 0;
  size_t max_items = 0;

 private:
  // Before its users: clang must have it when it evaluates them inside a class.
  template <typename V>
  constexpr FieldRule With(V FieldRule::* part, V value) const {
    FieldRule copy = *this;
    copy.*part = value;
    return copy;
  }

 public:
  // May be absent: the struct's own initial value then stays.
  constexpr FieldRule Defaulted() const { return With(&FieldRule::defaulted, true); }
  // An empty std::optional is printed as null; otherwise it is left out.
  constexpr FieldRule NullWhenEmpty() const { return With(&FieldRule::null_when_empty, true); }
  // An std::optional that may be left out, but not be null.
  constexpr FieldRule NotNull() const { return With(&FieldRule::not_null, true); }
  // A string must hold at least one character.
  constexpr FieldRule NotEmpty() const { return With(&FieldRule::not_empty, true); }
  // Must hold something besides white space.
  constexpr FieldRule NonBlank() const { return With(&FieldRule::non_blank, true); }
  // A regular expression (ECMA-262) that describes what the reader of the field checks: it stands
  // in the schema, and parsing does not look at it.
  constexpr FieldRule Pattern(std::string_view text) const {
    return With(&FieldRule::pattern, text);
  }
  constexpr FieldRule AtLeast(double low) const { return With(&FieldRule::minimum, low); }
  constexpr FieldRule Between(double low, double high) const {
    return With(&FieldRule::minimum, low).With(&FieldRule::maximum, high);
  }
  // In Unicode code points, as JSON Schema counts.
  constexpr FieldRule MaxLength(size_t count) const { return With(&FieldRule::max_length, count); }
  // In bytes of UTF-8. Text beyond it is kTooLarge; all other bounds are kInvalid.
  constexpr FieldRule MaxBytes(size_t count) const { return With(&FieldRule::max_bytes, count); }
  constexpr FieldRule MinItems(size_t count) const { return With(&FieldRule::min_items, count); }
  constexpr FieldRule MaxItems(size_t count) const { return With(&FieldRule::max_items, count); }
};

constexpr FieldRule Field(std::string_view name, std::string_view description) {
  return FieldRule{.name = name, .description = description};
}

// The rules of a struct and of those that it is derived from.
template <size_t N, size_t M>
constexpr std::array<FieldRule, N + M> JoinRules(std::span<const FieldRule, N> some,
                                                 std::span<const FieldRule, M> others) {
  std::array<FieldRule, N + M> all;
  std::ranges::copy(others, std::ranges::copy(some, all.begin()).out);
  return all;
}

enum class TypeKind {
  kString,
  kBool,
  kInteger,
  kNumber,
  kUuid,
  kTimestamp,
  kJson,        // any JSON value
  kJsonObject,  // any JSON object
  kEnum,
  kStruct,
  kList,
  kOptional,
};

struct TypeInfo;

struct FieldInfo {
  std::string_view name;
  const TypeInfo& (*type)();
  void* (*member)(void* object);  // the field inside its struct
  FieldRule rule;
};

struct EnumeratorInfo {
  std::string name;  // kHybrid -> "hybrid", kNotFound -> "not_found"
  int64_t value;
};

// A type as data. Which parts are set depends on `kind`, as the comments say.
struct TypeInfo {
  TypeKind kind;
  std::string_view name;                             // kStruct, kEnum: without namespaces
  std::string_view description;                      // kStruct
  std::span<const FieldInfo> fields;                 // kStruct, in declared order
  const void* (*blank)() = nullptr;                  // kStruct: one as it is first made
  std::span<const EnumeratorInfo> enumerators;       // kEnum
  const TypeInfo& (*item)() = nullptr;               // kList, kOptional
  void* (*append)(void*) = nullptr;                  // kList, kOptional: a new last item
  size_t (*size)(const void*) = nullptr;             // kList, kOptional (0 or 1)
  const void* (*at)(const void*, size_t) = nullptr;  // kList, kOptional
  int64_t low = 0;                                   // kInteger: what the type can hold;
  int64_t high = 0;                                  //   of uint64_t, the lower half
  bool is_unsigned = false;                          // kInteger
  void (*store)(void*, int64_t) = nullptr;           // kInteger, kEnum
  int64_t (*load)(const void*) = nullptr;            // kInteger, kEnum
};

template <typename T>
const TypeInfo& TypeOf();

// "hybrid" for Mode::kHybrid. The value must be one of the enumerators.
template <typename E>
  requires std::is_enum_v<E>
std::string_view EnumName(E value);

// The other way; nullopt if no enumerator is called that.
template <typename E>
  requires std::is_enum_v<E>
std::optional<E> EnumFromName(std::string_view name);

}  // namespace nexus

#include "base/describe_impl.h"  // IWYU pragma: export

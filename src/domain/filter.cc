#include "domain/filter.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <compare>

#include "base/json.h"

namespace nexus {
namespace {

using Relation = MetadataTest::Relation;

// Values of different types have no order.
std::partial_ordering Compare(const MetadataValue& a, const MetadataValue& b) {
  if (a.index() != b.index()) return std::partial_ordering::unordered;
  return std::visit(
      [&b]<typename T>(const T& left) -> std::partial_ordering {
        if constexpr (std::is_same_v<T, std::monostate>)
          return std::partial_ordering::equivalent;
        else
          return left <=> std::get<T>(b);
      },
      a);
}

bool Holds(std::partial_ordering order, Relation relation) {
  switch (relation) {
    case Relation::kEqual:
      return order == 0;
    case Relation::kLess:
      return order < 0;
    case Relation::kAtMost:
      return order <= 0;
    case Relation::kGreater:
      return order > 0;
    case Relation::kAtLeast:
      return order >= 0;
  }
  std::unreachable();
}

bool Passes(const Attributes& attributes, const MetadataTest& test) {
  return std::ranges::any_of(attributes.metadata, [&](const auto& member) {
    return member.first == test.key && Holds(Compare(member.second, test.value), test.relation);
  });
}

bool IsTagged(const Attributes& attributes, const std::string& tag) {
  return std::ranges::find(attributes.tags, tag) != attributes.tags.end();
}

bool PassesTags(const Attributes& attributes, const EpisodeFilter& filter) {
  const auto is_tagged = [&](const std::string& tag) { return IsTagged(attributes, tag); };
  return (filter.tags_any.empty() || std::ranges::any_of(filter.tags_any, is_tagged)) &&
         std::ranges::all_of(filter.tags_all, is_tagged) &&
         std::ranges::none_of(filter.tags_none, is_tagged);
}

}  // namespace

std::optional<MetadataValue> ScalarOf(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return std::monostate();
    case boost::json::kind::bool_:
      return value.get_bool();
    case boost::json::kind::int64:
      return static_cast<long double>(value.get_int64());
    case boost::json::kind::uint64:
      return static_cast<long double>(value.get_uint64());
    case boost::json::kind::double_:
      return static_cast<long double>(value.get_double());
    case boost::json::kind::string:
      return std::string(value.get_string());
    default:
      return std::nullopt;
  }
}

bool EpisodeFilter::passes_everything() const {
  return tags_any.empty() && tags_all.empty() && tags_none.empty() && !project_id && !session_id &&
         !speaker && !occurred_from && !occurred_before && !min_importance && !max_importance &&
         metadata.empty();
}

size_t Attributes::heap_bytes() const {
  const auto of_string = [](const std::string& text) {
    return text.capacity() > std::string().capacity() ? text.capacity() : 0;
  };
  size_t bytes = tags.capacity() * sizeof(std::string) +
                 metadata.capacity() * sizeof(decltype(metadata)::value_type);
  for (const std::string& tag : tags) bytes += of_string(tag);
  for (const auto* label : {&project_id, &session_id, &speaker}) {
    if (*label) bytes += of_string(**label);
  }
  for (const auto& [key, value] : metadata) {
    bytes += of_string(key);
    if (const auto* text = std::get_if<std::string>(&value)) bytes += of_string(*text);
  }
  return bytes;
}

Attributes AttributesOf(const Episode& episode) {
  Attributes attributes{.tags = episode.tags,
                        .project_id = episode.project_id,
                        .session_id = episode.session_id,
                        .speaker = episode.speaker,
                        .occurred_at = episode.occurred_at,
                        .importance_score = episode.importance_score,
                        .metadata = {}};
  if (episode.metadata == "{}") return attributes;
  const auto parsed = ParseJson(episode.metadata);
  if (!parsed || !parsed->is_object()) return attributes;
  for (const auto& [key, value] : parsed->get_object()) {
    const auto add = [&](const boost::json::value& item) {
      if (auto scalar = ScalarOf(item)) attributes.metadata.emplace_back(key, *std::move(scalar));
    };
    if (const auto* list = value.if_array()) {
      std::ranges::for_each(*list, add);
    } else {
      add(value);
    }
  }
  attributes.metadata.shrink_to_fit();
  return attributes;
}

bool Passes(const Attributes& attributes, const EpisodeFilter& filter) {
  const auto is = [](const auto& wanted, const auto& held) { return !wanted || wanted == held; };
  const double importance = attributes.importance_score;
  return is(filter.project_id, attributes.project_id) &&
         is(filter.session_id, attributes.session_id) && is(filter.speaker, attributes.speaker) &&
         (!filter.occurred_from || attributes.occurred_at >= *filter.occurred_from) &&
         (!filter.occurred_before || attributes.occurred_at < *filter.occurred_before) &&
         (!filter.min_importance || importance >= *filter.min_importance) &&
         (!filter.max_importance || importance <= *filter.max_importance) &&
         PassesTags(attributes, filter) &&
         std::ranges::all_of(filter.metadata,
                             [&](const MetadataTest& test) { return Passes(attributes, test); });
}

}  // namespace nexus

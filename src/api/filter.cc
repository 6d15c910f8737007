#include "api/filter.h"

#include <boost/json/value.hpp>

#include "base/json.h"

namespace nexus::api {
namespace {

using Relation = MetadataTest::Relation;

constexpr std::pair<std::string_view, Relation> kRelations[] = {{"gt", Relation::kGreater},
                                                                {"gte", Relation::kAtLeast},
                                                                {"lt", Relation::kLess},
                                                                {"lte", Relation::kAtMost}};

std::unexpected<Error> Refuse(std::string pointer, std::string message) {
  return std::unexpected(Error{ErrorCode::kInvalid, std::move(message), std::move(pointer), ""});
}

// One member of the filter's metadata, which may be several tests.
Result<std::vector<MetadataTest>> ReadTests(const std::string& key, const boost::json::value& value,
                                            const std::string& pointer) {
  if (auto scalar = ScalarOf(value)) {
    return std::vector{MetadataTest{key, Relation::kEqual, *std::move(scalar)}};
  }
  const auto* range = value.if_object();
  if (range == nullptr || range->empty()) {
    return Refuse(pointer,
                  "must be a string, a number, a boolean, null, or an object of gt, gte, lt, lte");
  }
  std::vector<MetadataTest> tests;
  for (const auto& [name, bound] : *range) {
    const auto relation = std::ranges::find(kRelations, std::string_view(name),
                                            &std::pair<std::string_view, Relation>::first);
    const std::string place = JsonPointer(pointer, name);
    if (relation == std::end(kRelations)) return Refuse(place, "is none of gt, gte, lt, lte");
    if (!bound.is_number() && !bound.is_string())
      return Refuse(place, "must be a number or a string");
    tests.push_back({key, relation->second, *ScalarOf(bound)});
  }
  return tests;
}

}  // namespace

Result<EpisodeFilter> ReadConditions(const EpisodeConditions& request, const std::string& pointer) {
  if (request.min_importance && request.max_importance &&
      *request.min_importance > *request.max_importance) {
    return Refuse(pointer + "/min_importance", "is more than max_importance: nothing can pass");
  }
  if (request.occurred_from && request.occurred_before &&
      *request.occurred_from >= *request.occurred_before) {
    return Refuse(pointer + "/occurred_from", "is not before occurred_before: nothing can pass");
  }
  return EpisodeFilter{.tags_any = request.tags_any,
                       .tags_all = request.tags_all,
                       .tags_none = request.tags_none,
                       .project_id = request.project_id,
                       .session_id = request.session_id,
                       .speaker = request.speaker,
                       .occurred_from = request.occurred_from,
                       .occurred_before = request.occurred_before,
                       .min_importance = request.min_importance,
                       .max_importance = request.max_importance,
                       .metadata = {}};
}

Result<EpisodeFilter> ReadFilter(FilterRequest request, const std::string& pointer) {
  if (request.metadata.size() > kMaxMetadataTests) {
    return Refuse(pointer + "/metadata",
                  std::format("{} members exceed the limit max_metadata_tests = {}",
                              request.metadata.size(), kMaxMetadataTests));
  }
  auto filter = ReadConditions(request, pointer);
  if (!filter) return filter;
  for (const auto& [key, value] : request.metadata) {
    auto tests = ReadTests(key, value, JsonPointer(pointer + "/metadata", key));
    if (!tests) return std::unexpected(tests.error());
    filter->metadata.insert(filter->metadata.end(), tests->begin(), tests->end());
  }
  return filter;
}

}  // namespace nexus::api

// Which episodes a question or a list is about.
#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.h"
#include "domain/episode.h"

namespace nexus {

// A JSON scalar. Numbers are long double: with 64 bits of mantissa it holds every int64_t, uint64_t
// and double of a JSON text, so that ids of 19 digits are told apart.
using MetadataValue = std::variant<std::monostate, bool, long double, std::string>;  // null first

// nullopt for objects and lists.
std::optional<MetadataValue> ScalarOf(const boost::json::value& value);

// What one member of the metadata must be. A list in the metadata passes if one of its items does.
struct MetadataTest {
  enum class Relation { kEqual, kLess, kAtMost, kGreater, kAtLeast };
  std::string key;  // at the top level
  Relation relation = Relation::kEqual;
  MetadataValue value;  // of kLess and so on: a number or a string; strings compare by bytes
};

// All that is set must hold; the empty filter passes everything.
struct EpisodeFilter {
  std::vector<std::string> tags_any;
  std::vector<std::string> tags_all;
  std::vector<std::string> tags_none;
  std::optional<std::string> project_id;
  std::optional<std::string> session_id;
  std::optional<std::string> speaker;
  std::optional<Timestamp> occurred_from;    // this moment and later
  std::optional<Timestamp> occurred_before;  // before this moment
  std::optional<double> min_importance;
  std::optional<double> max_importance;
  std::vector<MetadataTest> metadata;

  bool passes_everything() const;
};

// What filters ask of an episode.
struct Attributes {
  std::vector<std::string> tags;
  std::optional<std::string> project_id;
  std::optional<std::string> session_id;
  std::optional<std::string> speaker;
  Timestamp occurred_at;
  double importance_score = 0.5;
  std::vector<std::pair<std::string, MetadataValue>> metadata;  // a list: its key several times

  size_t heap_bytes() const;  // an estimate
};

// Metadata that is not a JSON object counts as empty. Objects, and lists inside lists, in it
// cannot be asked for.
Attributes AttributesOf(const Episode& episode);

// Pure; linear in what the filter names times what the episode has.
bool Passes(const Attributes& attributes, const EpisodeFilter& filter);

}  // namespace nexus

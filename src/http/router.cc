#include "http/router.h"

#include <algorithm>
#include <format>
#include <optional>
#include <stdexcept>

#include "http/message.h"

namespace nexus::http {

namespace {

// The decoded segments of a path; nullopt if it is none. One trailing slash does not count.
std::optional<std::vector<std::string>> Split(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  std::vector<std::string> segments;
  while (!path.empty()) {
    const size_t end = path.find('/');
    auto segment = PercentDecode(path.substr(0, end));
    if (!segment || segment->empty()) return std::nullopt;
    segments.push_back(std::move(*segment));
    if (end == path.npos) break;
    path.remove_prefix(end + 1);
    if (path.empty()) return std::nullopt;  // "/a//"
  }
  return segments;
}

bool Fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  return std::ranges::equal(pattern, segments, [](const std::string& part, const std::string& s) {
    return part.empty() || part == s;
  });
}

// Both fit the same path: the one whose leftmost difference is literal.
bool MoreLiteral(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].empty() != b[i].empty()) return b[i].empty();
  }
  return false;
}

void AddMethod(std::vector<std::string>& methods, const std::string& method) {
  if (!std::ranges::contains(methods, method)) methods.push_back(method);
  if (method == "GET") AddMethod(methods, "HEAD");
}

}  // namespace

size_t Router::Add(std::string_view method, std::string_view pattern) {
  auto segments = Split(pattern);
  if (!segments) throw std::invalid_argument(std::format("no route pattern: {}", pattern));
  for (std::string& segment : *segments) {
    if (segment.starts_with('{') && segment.ends_with('}')) segment.clear();
  }
  for (const Route& route : routes_) {
    if (route.method == method && route.segments == *segments)
      throw std::invalid_argument(std::format("two routes for {} {}", method, pattern));
  }
  routes_.push_back({std::string(method), std::move(*segments)});
  return routes_.size() - 1;
}

const Router::Route* Router::MostLiteral(const std::vector<std::string>& segments) const {
  const Route* best = nullptr;
  for (const Route& route : routes_) {
    if (!Fits(route.segments, segments)) continue;
    if (best == nullptr || MoreLiteral(route.segments, best->segments)) best = &route;
  }
  return best;
}

std::expected<Router::Match, Router::Miss> Router::Find(std::string_view method,
                                                        std::string_view path) const {
  Miss miss;
  auto segments = Split(path);
  if (!segments) return std::unexpected(miss);
  const Route* path_of = MostLiteral(*segments);
  if (path_of == nullptr) return std::unexpected(miss);
  const Route* best = nullptr;
  for (const Route& route : routes_) {
    if (route.segments != path_of->segments) continue;
    AddMethod(miss.allowed, route.method);
    if (route.method == method || (method == "HEAD" && route.method == "GET")) best = &route;
  }
  if (best == nullptr) return std::unexpected(miss);
  Match match{.route = static_cast<size_t>(best - routes_.data()), .arguments = {}};
  for (size_t i = 0; i < segments->size(); ++i) {
    if (best->segments[i].empty()) match.arguments.push_back(std::move((*segments)[i]));
  }
  return match;
}

}  // namespace nexus::http

// Which route serves a method and a path. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::http {

// Not thread-safe while routes are added; afterwards any thread may ask.
class Router {
 public:
  // `pattern` is like "/v1/brains/{brain}/episodes/{id}": whole segments are literal or a
  // parameter. Returns the route's number: 0, 1, 2, … in the order of adding. The same method and
  // shape twice is a bug (std::invalid_argument), as is a pattern without a leading slash.
  size_t Add(std::string_view method, std::string_view pattern);

  struct Match {
    size_t route;
    std::vector<std::string> arguments;  // percent-decoded, in the pattern's order, none empty
  };
  struct Miss {
    std::vector<std::string> allowed;  // the methods of this path; empty: there is no such path
  };

  // `path` is raw (percent-encoded, no query). A trailing slash is served as without, HEAD by the
  // GET route. Of the patterns that fit, the one whose literal segments come first is the path's,
  // and its methods alone are served (as in OpenAPI). A path that cannot be decoded is a miss.
  std::expected<Match, Miss> Find(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;  // a parameter is empty
  };
  const Route* MostLiteral(const std::vector<std::string>& segments) const;  // null: none fits

  std::vector<Route> routes_;
};

}  // namespace nexus::http

// HTTP messages as plain values, without a connection.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus::http {

// A few name-value pairs in order; names are compared without regard to case (RFC 9110, 5.1).
class Headers {
 public:
  using Pair = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Pair> pairs) : pairs_(pairs) {}

  // The first value of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  // True if the comma-separated values of that name hold `token`, without regard to case.
  bool Holds(std::string_view name, std::string_view token) const;
  // Replaces every value of that name.
  void Set(std::string_view name, std::string_view value);
  // Keeps the values that are there.
  void Add(std::string_view name, std::string_view value);

  std::vector<Pair>::const_iterator begin() const { return pairs_.begin(); }
  std::vector<Pair>::const_iterator end() const { return pairs_.end(); }

 private:
  std::vector<Pair> pairs_;
};

struct Request {
  std::string method;  // as it came: "GET"
  std::string path;    // as it came, still percent-encoded, without the query
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  Headers headers;
  std::string body;
  std::string remote_address;  // "127.0.0.1"

  // The first value of a query parameter.
  std::optional<std::string_view> FindQuery(std::string_view name) const;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

// "Not Found" for 404; empty for a status that has no name.
std::string_view ReasonPhrase(int status);

bool EqualIgnoringCase(std::string_view a, std::string_view b);

// nullopt if a '%' is not followed by two hexadecimal digits. '+' stays '+'.
std::optional<std::string> PercentDecode(std::string_view text);
// Encodes everything but RFC 3986's unreserved characters: fit for a path segment and for a
// query's names and values.
std::string PercentEncode(std::string_view text);
// "a=1&b=x%20y", '+' being a space. nullopt if a part cannot be decoded.
std::optional<std::vector<std::pair<std::string, std::string>>> ParseQuery(std::string_view text);

}  // namespace nexus::http

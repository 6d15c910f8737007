#include "http/router.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace nexus::http {
namespace {

Router MakeRouter() {
  Router router;
  router.Add("GET", "/");                                    // 0
  router.Add("GET", "/v1/brains");                           // 1
  router.Add("POST", "/v1/brains");                          // 2
  router.Add("GET", "/v1/brains/{brain}/episodes/{id}");     // 3
  router.Add("DELETE", "/v1/brains/{brain}/episodes/{id}");  // 4
  router.Add("GET", "/v1/brains/{brain}/episodes/latest");   // 5
  router.Add("POST", "/v1/brains/shared/episodes/{id}");     // 6
  return router;
}

// "3 ana,7" for a match, "405 GET,HEAD" or "404" for a miss.
std::string Describe(std::string_view method, std::string_view path) {
  const auto found = MakeRouter().Find(method, path);
  const auto& words = found ? found->arguments : found.error().allowed;
  std::string text = found ? std::to_string(found->route) : words.empty() ? "404" : "405";
  for (size_t i = 0; i < words.size(); ++i) text += (i == 0 ? " " : ",") + words[i];
  return text;
}

TEST(RouterTest, PathsFindTheirRoutes) {
  struct Case {
    std::string_view method, path, found;
  };
  const Case cases[] = {
      {"GET", "/", "0"},
      {"GET", "/v1/brains", "1"},
      {"GET", "/v1/brains/", "1"},
      {"POST", "/v1/brains/", "2"},
      {"HEAD", "/v1/brains", "1"},
      {"DELETE", "/v1/brains", "405 GET,HEAD,POST"},
      {"get", "/v1/brains", "405 GET,HEAD,POST"},
      {"GET", "/v1/brains/ana/episodes/7", "3 ana,7"},
      {"DELETE", "/v1/brains/ana/episodes/7/", "4 ana,7"},
      {"GET", "/v1/brains/ana/episodes/latest", "5 ana"},
      {"DELETE", "/v1/brains/ana/episodes/latest", "405 GET,HEAD"},
      {"POST", "/v1/brains/shared/episodes/7", "6 7"},
      {"GET", "/v1/brains/shared/episodes/7", "405 POST"},
      {"GET", "/v1/brains/a%20b%2Fc/episodes/%C3%B1", "3 a b/c,ñ"},
      {"GET", "/v1/brains/a+b/episodes/7", "3 a+b,7"},
      {"GET", "/v1/%62rains", "1"},
      {"GET", "/v1/brains/a%2/episodes/7", "404"},
      {"GET", "/v1/brains/a%zz/episodes/7", "404"},
      {"GET", "/v1/brains//episodes/7", "404"},
      {"GET", "/v1/brains//", "404"},
      {"GET", "//", "404"},
      {"GET", "/V1/brains", "404"},
      {"GET", "/v1", "404"},
      {"GET", "", "404"},
      {"OPTIONS", "*", "404"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Describe(c.method, c.path), c.found) << c.method << " " << c.path;
  }
}

TEST(RouterTest, RoutesThatNobodyCouldTellApartAreRefused) {
  Router router = MakeRouter();
  EXPECT_THROW(router.Add("GET", "/v1/brains/{other}/episodes/{name}"), std::invalid_argument);
  EXPECT_THROW(router.Add("GET", "v1"), std::invalid_argument);
  EXPECT_EQ(router.Add("PUT", "/v1/brains"), 7u);
}

}  // namespace
}  // namespace nexus::http

#include "app/reference.h"

#include <gtest/gtest.h>

#include <fstream>

namespace nexus::app {
namespace {

TEST(ReferencePage, IsThePageOfTheDocumentation) {
  std::ifstream file(NEXUS_SOURCE_DIR "/docs/operate/configuration.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(page, ReferencePage())
      << "make it anew: nexus config reference > docs/operate/configuration.md";
}

}  // namespace
}  // namespace nexus::app

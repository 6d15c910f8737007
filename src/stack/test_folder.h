// For the tests: a folder that is gone afterwards, and what a refusal says.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "base/error.h"

namespace nexus::stack {

class TestFolder {
 public:
  TestFolder() {
    std::string name = "/tmp/nexus-stack-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    chmod(name.c_str(), 0711);  // the servers' user has to get through
    path_ = name;
  }
  TestFolder(TestFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    if (path_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string ReadWhole(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// "message; remedy", or "" if nothing was refused.
template <typename Action>
std::string RefusalOf(Action action) {
  try {
    action();
    return "";
  } catch (const Failure& failure) {
    return std::string(failure.what()) + "; " + failure.error().remedy;
  }
}

}  // namespace nexus::stack

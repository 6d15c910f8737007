// Many episodes into one brain: in batches that may be sent again.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/line_source.h"
#include "cli/server.h"

namespace nexus::cli {

// Lines that are good, of the lines `first` to `last`.
struct LineBatch {
  int64_t first = 0;
  int64_t last = 0;
  std::vector<Line> lines;
};

// A batch always holds the same lines of a file: it ends by number and by size, whatever becomes of
// the lines in it. Its Idempotency-Key is made of the file's digest and the numbers, so a file that
// is sent again, within the 24 hours that keys are kept, stores nothing twice.
class Importer {
 public:
  struct Report {
    std::function<void(const Line&, std::string_view reason)> refused;
    std::function<void(std::string_view)> note;
  };
  // The server and the digest must outlive it.
  Importer(Server& server, std::string_view digest, Report report)
      : server_(server), digest_(digest), report_(std::move(report)) {}

  // All that the server takes; what it refuses is reported. While it is away, tries again for half
  // a minute. Throws Failure for what is no matter of a line.
  void Store(LineBatch batch);

  int64_t stored() const { return stored_; }
  // Lines of batches that an earlier import stored when other lines of them were good.
  int64_t left_alone() const { return left_alone_; }

 private:
  http::Response Send(const LineBatch& batch);
  http::Response SendPatiently(const LineBatch& batch);
  void LeaveAlone(const LineBatch& batch);

  Server& server_;
  std::string_view digest_;
  Report report_;
  int64_t stored_ = 0;
  int64_t left_alone_ = 0;
};

}  // namespace nexus::cli

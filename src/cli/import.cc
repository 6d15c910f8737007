// nexus import: JSON Lines of episodes, from a file or from stdin.
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "cli/answer.h"
#include "cli/brains.h"
#include "cli/command_list.h"
#include "cli/episode_line.h"
#include "cli/importer.h"
#include "cli/layout.h"
#include "cli/progress.h"
#include "cli/server.h"
#include "cli/terminal.h"

namespace nexus::cli {
namespace {

constexpr int64_t kBatchLines = 200;
constexpr size_t kBatchBytes = 2 << 20;     // then a batch ends before its last line
constexpr size_t kMaxListedFaults = 1'000;  // in the JSON answer; stderr has all

struct ImportFlags {
  ConnectionFlags connection;
  std::string file;
  std::string rejects;
  std::optional<int64_t> from;
  bool dry_run = false;
};

// What becomes of the lines, as it is told at the end.
class Outcome {
 public:
  Outcome(const std::string& rejects, Progress& progress) : progress_(progress) {
    if (rejects.empty()) return;
    rejects_.open(rejects, std::ios::trunc | std::ios::binary);
    if (rejects_) return;
    throw Failure(ErrorCode::kInvalid,
                  std::format("{} cannot be written: {}", rejects, std::strerror(errno)),
                  "correct --rejects");
  }

  void Refuse(const Line& line, std::string_view reason) {
    ++refused_;
    progress_.Say(std::format("line {}: {}", line.number, Harmless(reason)));
    if (faults_.size() < kMaxListedFaults) {
      faults_.push_back(boost::json::object{{"line", line.number}, {"reason", reason}});
    }
    if (!rejects_.is_open()) return;
    rejects_ << line.text << '\n';
    if (!rejects_.flush()) {
      throw Failure(ErrorCode::kUnavailable, "--rejects cannot be written further",
                    "make room; the lines after this one are not imported yet");
    }
  }
  int64_t refused() const { return refused_; }
  const boost::json::array& faults() const { return faults_; }

 private:
  Progress& progress_;
  std::ofstream rejects_;
  int64_t refused_ = 0;
  boost::json::array faults_;
};

// Cuts the source into batches; bad lines and empty ones are taken out.
class Batches {
 public:
  Batches(LineSource& source, int64_t from, Outcome& outcome)
      : source_(source), from_(from), outcome_(outcome), next_(source.Next()) {}

  bool AtEnd() const { return !next_; }
  LineBatch Next() {
    LineBatch batch{.first = next_->number};
    size_t bytes = 0;
    for (int64_t count = 0; next_ && count < kBatchLines; ++count) {
      bytes += next_->text.size();
      if (count > 0 && bytes > kBatchBytes) break;
      batch.last = next_->number;
      if (next_->number >= from_) Check(std::move(*next_), batch);
      next_ = source_.Next();
    }
    batch.first = std::max(batch.first, from_);
    return batch;
  }
  int64_t blank() const { return blank_; }

 private:
  void Check(Line line, LineBatch& batch) {
    if (line.text.find_first_not_of(" \t") == line.text.npos) {
      ++blank_;
    } else if (line.too_long) {
      outcome_.Refuse(line, std::format("is longer than {} bytes", LineSource::kMaxLineBytes));
    } else if (auto fault = FindFault(line.text, SystemClock().Now())) {
      outcome_.Refuse(line, *fault);
    } else {
      batch.lines.push_back(std::move(line));
    }
  }

  LineSource& source_;
  int64_t from_;
  Outcome& outcome_;
  std::optional<Line> next_;
  int64_t blank_ = 0;
};

struct Totals {
  int64_t lines = 0, good = 0, blank = 0, left_alone = 0;
};

int Report(const ImportFlags& given, const Totals& totals, const Outcome& outcome) {
  const bool whole = outcome.refused() == 0 && totals.left_alone == 0;
  if (PrintsJson(given.connection.json)) {
    PrintJson(boost::json::object{{"lines", totals.lines},
                                  {given.dry_run ? "good" : "stored", totals.good},
                                  {"refused", outcome.refused()},
                                  {"left_alone", totals.left_alone},
                                  {"blank", totals.blank},
                                  {"faults", outcome.faults()}});
  } else {
    Print(std::format("{} of {} lines {}", totals.good, totals.lines,
                      given.dry_run ? "are good; nothing was sent" : "are stored"));
    if (outcome.refused() > 0) Print(std::format(", {} refused", outcome.refused()));
    if (totals.left_alone > 0) Print(std::format(", {} left alone", totals.left_alone));
    Print("\n");
  }
  return whole ? kExitOk : kExitPartly;
}

// The end of what is stored, for those who go on there.
Failure WithTheWayOn(const Failure& failure, int64_t done) {
  Error error = failure.error();
  const std::string way = std::format(
      "lines up to {} are done; the same command goes on and stores nothing twice, "
      "within 24 hours; later say --from {}",
      done, done + 1);
  error.remedy = error.remedy.empty() ? way : error.remedy + "; " + way;
  return Failure(std::move(error));
}

int Import(const ImportFlags& given, const Defaults& defaults) {
  if (given.file == "-" && isatty(STDIN_FILENO) == 1) {
    PrintError({ErrorCode::kInvalid, "nothing is piped in", "", "nexus import FILE"});
    return kExitUsage;
  }
  LineSource source(given.file);
  Server server = Connect(given.connection, defaults);
  if (!given.dry_run) RequireBrain(server);
  Progress progress(given.dry_run ? "checking " : "importing", source.lines(), StandardError());
  Outcome outcome(given.rejects, progress);
  Importer importer(
      server, source.digest(),
      {[&](const Line& line, std::string_view reason) { outcome.Refuse(line, reason); },
       [&](std::string_view note) { progress.Say(Harmless(note)); }});
  Batches batches(source, std::max<int64_t>(given.from.value_or(1), 1), outcome);
  Totals totals;
  while (!batches.AtEnd()) {
    LineBatch batch = batches.Next();
    const int64_t last = batch.last;
    if (given.dry_run) {
      totals.good += std::ssize(batch.lines);
    } else {
      try {
        importer.Store(std::move(batch));
      } catch (const Failure& failure) {
        throw WithTheWayOn(failure, totals.lines);
      }
      totals.good = importer.stored();
    }
    totals.lines = last;
    progress.Show(last);
  }
  totals.blank = batches.blank();
  totals.left_alone = importer.left_alone();
  progress.End();
  return Report(given, totals, outcome);
}

}  // namespace

void AddImport(Flags& all, const Defaults& defaults) {
  auto given = std::make_shared<ImportFlags>();  // shared by the parser and the action
  Flags command = all.Command("import", "Remember many episodes: a file of JSON Lines.");
  command.Argument("FILE", given->file,
                   "one episode a line, as {\"content\":\"…\"}, with the fields of the HTTP "
                   "interface; - is stdin");
  command.Text("--rejects", given->rejects, "a file for the lines that are refused, as they are");
  command.Number("--from", given->from, "begin at this line [1]");
  command.Switch("--dry-run", given->dry_run, "look at every line, and send nothing");
  AddConnection(command, given->connection, BrainFlag::kOne);
  command.OnRun([given, defaults] { return Import(*given, defaults); });
}

}  // namespace nexus::cli

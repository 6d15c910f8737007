// nexus bench write, recall: how fast is this server, here, now?
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/json.h"
#include "base/uuid.h"
#include "cli/answer.h"
#include "cli/brains.h"
#include "cli/command_list.h"
#include "cli/load.h"
#include "cli/server.h"
#include "cli/terminal.h"

namespace nexus::cli {
namespace {

constexpr size_t kQuestionBytes = 80;
constexpr const char* kBars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr const char* kAsciiBars[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
constexpr size_t kColumns = 48;

struct BenchFlags {
  ConnectionFlags connection;
  std::optional<int64_t> clients;
  std::optional<double> seconds;
  std::optional<double> per_second;
  std::optional<int64_t> bytes;
  std::optional<std::string> mode;
  bool cached = false;
};

Failure MustBe(const char* flag, const char* what) {
  return Failure(ErrorCode::kInvalid, std::format("{} must be {}", flag, what));
}

LoadOptions OptionsOf(const BenchFlags& given, int64_t clients) {
  LoadOptions options;
  clients = given.clients.value_or(clients);
  if (clients < 1 || clients > 1'000) throw MustBe("--clients", "1 to 1000");
  const double seconds = given.seconds.value_or(5);
  if (!(seconds > 0 && seconds <= 3'600)) throw MustBe("--seconds", "more than 0, up to 3600");
  if (given.per_second && !(*given.per_second > 0)) throw MustBe("--rate", "more than 0");
  options.clients = static_cast<size_t>(clients);
  options.duration =
      std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
  options.per_second = given.per_second;
  return options;
}

// How many answers took how long, from the fastest to the p99, in columns of equal time.
std::string Histogram(const LoadResult& result) {
  if (result.latencies.empty()) return "";
  const double low = result.latencies.front(), high = result.Percentile(0.99);
  std::vector<size_t> counts(kColumns, 0);
  for (const double latency : result.latencies) {
    const double share = high > low ? (latency - low) / (high - low) : 0;
    if (share <= 1) ++counts[std::min(kColumns - 1, static_cast<size_t>(share * kColumns))];
  }
  const size_t most = std::max<size_t>(1, *std::ranges::max_element(counts));
  std::string bars;
  const bool utf8 = StandardOutput().utf8;
  for (const size_t count : counts) {
    const size_t eighths = (count * 8 + most - 1) / most;
    bars += utf8 ? kBars[eighths] : kAsciiBars[eighths];
  }
  return std::format("{:.2f} ms {} {:.2f} ms\n", low * 1e3, bars, high * 1e3);
}

int Report(const BenchFlags& given, const char* operation, const LoadOptions& options,
           const LoadResult& result) {
  const double rate = static_cast<double>(result.latencies.size()) / result.seconds;
  const auto milliseconds = [&](double share) { return result.Percentile(share) * 1e3; };
  if (PrintsJson(given.connection.json)) {
    PrintJson(boost::json::object{{"operation", operation},
                                  {"clients", options.clients},
                                  {"seconds", result.seconds},
                                  {"answers", result.latencies.size()},
                                  {"errors", result.errors},
                                  {"per_second", rate},
                                  {"p50_ms", milliseconds(0.5)},
                                  {"p90_ms", milliseconds(0.9)},
                                  {"p99_ms", milliseconds(0.99)},
                                  {"max_ms", milliseconds(1)}});
  } else {
    Print(std::format(
        "{} of {} clients, {:.1f} s: {:.0f} a second, {} errors\n"
        "p50 {:.2f} ms   p90 {:.2f} ms   p99 {:.2f} ms   longest {:.2f} ms\n{}",
        operation, options.clients, result.seconds, rate, result.errors, milliseconds(0.5),
        milliseconds(0.9), milliseconds(0.99), milliseconds(1), Histogram(result)));
  }
  if (result.errors == 0) return kExitOk;
  PrintError({ErrorCode::kUnavailable, result.first_error, "", ""});
  return kExitFailure;
}

// A brain of its own, gone at the end.
class ScratchBrain {
 public:
  explicit ScratchBrain(Server& server)
      : server_(server), name_("bench-" + RandomUuid().ToString().substr(0, 8)) {
    MakeBrain(server_, name_);
  }
  ~ScratchBrain() {
    try {
      server_.Ask("DELETE", BrainTarget(name_));
    } catch (const Failure& failure) {
      PrintError({ErrorCode::kUnavailable, failure.what(), "", "delete the brain " + name_});
    }
  }
  ScratchBrain(const ScratchBrain&) = delete;
  const std::string& name() const { return name_; }

 private:
  Server& server_;
  std::string name_;
};

int Write(const BenchFlags& given, const Defaults& defaults) {
  const LoadOptions options = OptionsOf(given, 16);
  const int64_t bytes = given.bytes.value_or(200);
  if (bytes < 16 || bytes > 1 << 20) throw MustBe("--bytes", "16 to 1048576");
  Server server = Connect(given.connection, defaults);
  std::optional<ScratchBrain> scratch;
  std::string brain = given.connection.brain;
  if (brain.empty()) brain = scratch.emplace(server).name();
  const std::string target = BrainTarget(brain, "/episodes");
  const LoadResult result = RunLoad(server.connection(), options, [&](uint64_t number) {
    std::string content = std::format("note {} of a measurement", number);
    while (std::ssize(content) < bytes) content += " and on it goes";
    content.resize(static_cast<size_t>(bytes));
    return http::ClientRequest{
        "POST", target, {}, SerializeJson(boost::json::object{{"content", content}})};
  });
  return Report(given, "writes", options, result);
}

// Beginnings of what the brain holds.
std::vector<std::string> Questions(Server& server, const std::string& brain) {
  std::vector<std::string> questions;
  const boost::json::object page = server.Ask("GET", BrainTarget(brain, "/episodes?limit=200"));
  for (const boost::json::value& item : ListOf(page, "episodes")) {
    std::string text(TextOf(AsObject(item), "content"));
    if (text.size() > kQuestionBytes) text.resize(text.rfind(' ', kQuestionBytes));
    if (FindInvalidUtf8(text) == text.npos && !text.empty()) questions.push_back(std::move(text));
  }
  if (questions.empty()) {
    throw Failure(ErrorCode::kInvalid, "the brain " + brain + " holds nothing to ask for",
                  "name one that does with --brain");
  }
  return questions;
}

int Recall(const BenchFlags& given, const Defaults& defaults) {
  const LoadOptions options = OptionsOf(given, 1);
  Server server = Connect(given.connection, defaults);
  const std::string& brain = server.connection().brain;
  const std::vector<std::string> questions = Questions(server, brain);
  const std::string target = BrainTarget(brain, "/recall");
  // So that no run asks what the one before left in the cache.
  const std::string run = RandomUuid().ToString().substr(0, 8);
  const LoadResult result = RunLoad(server.connection(), options, [&](uint64_t number) {
    std::string question = questions[number % questions.size()];
    if (!given.cached) question += std::format(" ({} {})", run, number);
    boost::json::object body{{"query", question}};
    if (given.mode) body["mode"] = *given.mode;
    return http::ClientRequest{"POST", target, {}, SerializeJson(body)};
  });
  return Report(given, "recalls", options, result);
}

std::shared_ptr<BenchFlags> AddOne(Flags& command, const Defaults& defaults, BrainFlag brain,
                                   int (*run)(const BenchFlags&, const Defaults&)) {
  auto given = std::make_shared<BenchFlags>();  // shared by the parser and the action
  AddConnection(command, given->connection, brain);
  command.Number("--seconds", given->seconds, "how long [5]");
  command.Number("--rate", given->per_second,
                 "requests a second, of all clients [as fast as answers come]");
  command.OnRun([given, defaults, run] { return run(*given, defaults); });
  return given;
}

}  // namespace

void AddBench(Flags& all, const Defaults& defaults) {
  Flags group = all.Group("bench", "How fast is this server, here, now?");
  Flags write = group.Command(
      "write", "Single durable writes, into a brain of their own that is deleted at the end.");
  auto written = AddOne(write, defaults, BrainFlag::kNone, &Write);
  write.Text("--brain", written->connection.brain, "write into this one, and keep it");
  write.Number("--clients", written->clients, "how many write at once [16]");
  write.Number("--bytes", written->bytes, "length of a text [200]");
  Flags recall = group.Command("recall", "Questions about what a brain holds.");
  auto recalled = AddOne(recall, defaults, BrainFlag::kOne, &Recall);
  recall.Number("--clients", recalled->clients, "how many ask at once [1]");
  recall.Choice("--mode", recalled->mode, {"hybrid", "words", "vectors"}, "as in recall [hybrid]");
  recall.Switch("--cached", recalled->cached, "ask the same questions again and again");
}

}  // namespace nexus::cli

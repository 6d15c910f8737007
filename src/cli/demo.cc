// nexus demo: plays a year of a bilingual diary into the brain `demo`, and asks it eight questions.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cassert>
#include <cstdio>
#include <thread>

#include "base/bytes.h"
#include "base/json.h"
#include "cli/answer.h"
#include "cli/brains.h"
#include "cli/command_list.h"
#include "cli/demo_answer.h"
#include "cli/layout.h"
#include "cli/progress.h"
#include "cli/server.h"
#include "cli/terminal.h"
#include "demo_files.h"

namespace nexus::cli {
namespace {

constexpr std::string_view kBrain = "demo";
constexpr size_t kBatch = 100;
constexpr std::chrono::milliseconds kPollEvery{150};
constexpr std::chrono::seconds kPatience{120};  // without a single episode more embedded

std::string_view DemoFile(std::string_view name) {
  for (const EmbeddedFile& file : kDemoFiles) {
    if (file.name == name) return file.content;
  }
  throw Failure(ErrorCode::kInternal, std::format("{} is not built in", name));
}

std::vector<std::string_view> DiaryLines() {
  std::vector<std::string_view> lines;
  for (auto part : std::views::split(DemoFile("diary.jsonl"), '\n')) {
    if (const std::string_view line(part); !line.empty()) lines.push_back(line);
  }
  return lines;
}

boost::json::object Stats(Server& server) {
  return server.Ask("GET", BrainTarget(kBrain, "/stats"));
}

int64_t Episodes(const boost::json::object& stats, std::string_view name) {
  return CountOf(ObjectOf(stats, "episodes"), name);
}

// Makes the brain if it is missing; with `again`, empties it first.
void PrepareBrain(Server& server, bool again) {
  bool there = true;
  try {
    server.Ask(again ? "DELETE" : "GET", BrainTarget(kBrain));
  } catch (const Failure& failure) {
    if (failure.error().code != ErrorCode::kNotFound) throw;
    there = false;
  }
  if (again || !there) MakeBrain(server, kBrain);
}

// The key is the batch's digest, so that a play that was interrupted can be played again: what is
// stored already stays as it is.
void Play(Server& server, const std::vector<std::string_view>& lines) {
  Progress progress("remembering", std::ssize(lines), StandardError());
  for (size_t begin = 0; begin < lines.size(); begin += kBatch) {
    const size_t end = std::min(begin + kBatch, lines.size());
    std::string body = "{\"episodes\":[";
    for (size_t i = begin; i < end; ++i) body.append(i > begin ? "," : "").append(lines[i]);
    body += "]}";
    http::Headers headers;
    headers.Set("idempotency-key", "demo-" + ToHex(Sha256(body)));
    server.Ask("POST", BrainTarget(kBrain, "/episodes"), std::move(body), std::move(headers));
    progress.Show(static_cast<int64_t>(end));
  }
}

// Until everything is embedded, or failed; or nothing moves any more.
void WaitEmbedded(Server& server, boost::json::object stats) {
  if (Episodes(stats, "pending") == 0) return;
  const int64_t total = Episodes(stats, "total");
  Progress progress("embedding  ", total, StandardError());
  int64_t pending = total + 1;
  auto moved = std::chrono::steady_clock::now();
  while (Episodes(stats, "pending") > 0) {
    const auto now = std::chrono::steady_clock::now();
    if (Episodes(stats, "pending") != pending) moved = now;
    if (now - moved > kPatience) {
      throw Failure(ErrorCode::kTimeout, "the embedding does not go on",
                    "`nexus status` and the server's log say why");
    }
    pending = Episodes(stats, "pending");
    progress.Show(total - pending);
    std::this_thread::sleep_for(kPollEvery);
    stats = Stats(server);
  }
  progress.Show(total);
}

// Returns whether meaning is searched too.
bool PrepareDiary(Server& server, bool again) {
  PrepareBrain(server, again);
  const std::vector<std::string_view> lines = DiaryLines();
  boost::json::object stats = Stats(server);
  if (Episodes(stats, "total") < std::ssize(lines)) {
    Play(server, lines);
    stats = Stats(server);
  }
  if (TextOf(ObjectOf(stats, "model"), "name").empty()) {
    PrintNote(
        "There is no embedding model: words alone answer. `make model` makes one; then start "
        "the server again.");
    return false;
  }
  WaitEmbedded(server, std::move(stats));
  return true;
}

DemoAnswer AskOne(Server& server, const boost::json::object& question) {
  const std::string_view query = TextOf(question, "query");
  const std::string body = SerializeJson(boost::json::object{{"query", query}, {"limit", 3}});
  const auto begin = std::chrono::steady_clock::now();
  const boost::json::object answer = server.Ask("POST", BrainTarget(kBrain, "/recall"), body);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  return JudgeAnswer(question, answer, took.count());
}

int Demo(const ConnectionFlags& given, bool again, const Defaults& defaults) {
  Server server = Connect(given, defaults);
  const bool by_meaning = PrepareDiary(server, again);
  auto questions = ParseJson(DemoFile("questions.json"));
  assert(questions && questions->is_array());
  Screen screen = StandardOutput();
  std::vector<DemoAnswer> answers;
  if (!given.json) Print("\nA year of a diary, in Spanish and English. Eight questions:\n");
  for (const auto& question : questions->get_array()) {
    answers.push_back(AskOne(server, AsObject(question)));
    if (!given.json) Print(RenderAnswer(answers.back(), screen));
    std::fflush(stdout);
  }
  if (given.json) {
    PrintJson(AnswersAsJson(answers, by_meaning));
  } else {
    Print(RenderSummary(answers, by_meaning, screen));
  }
  return kExitOk;
}

}  // namespace

void AddDemo(Flags& all, const Defaults& defaults) {
  struct DemoFlags {
    ConnectionFlags connection;
    bool again = false;
  };
  auto given = std::make_shared<DemoFlags>();  // shared by the parser and the action
  Flags command = all.Command("demo", "Play a year of a diary into the brain demo, and ask it.");
  command.Switch("--again", given->again, "delete the brain demo first, and play it again");
  AddConnection(command, given->connection);
  command.OnRun([given, defaults] { return Demo(given->connection, given->again, defaults); });
}

}  // namespace nexus::cli

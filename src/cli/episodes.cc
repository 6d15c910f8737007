// nexus list, show, forget.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdio>

#include "base/json.h"
#include "cli/answer.h"
#include "cli/command_list.h"
#include "cli/episode_fields.h"
#include "cli/filter_flags.h"
#include "cli/layout.h"
#include "cli/server.h"
#include "cli/terminal.h"

namespace nexus::cli {
namespace {

constexpr int64_t kPageOfPeople = 20;
constexpr int64_t kPageOfPrograms = 50;
constexpr int64_t kPageOfAll = 200;

struct EpisodeFlags {
  ConnectionFlags connection;
  std::optional<int64_t> limit;
  FilterFlags filter;
  std::string cursor;
  bool all = false;
  std::vector<std::string> ids;
  bool yes = false;
};

// Pages of the list, one by one; nothing is asked for before it is wanted.
class Pages {
 public:
  Pages(Server& server, int64_t limit, std::string filter, std::string cursor)
      : server_(server), limit_(limit), filter_(std::move(filter)), cursor_(std::move(cursor)) {}

  boost::json::object Next() {
    std::string rest = std::format("/episodes?limit={}{}", limit_, filter_);
    if (!cursor_.empty()) rest += "&cursor=" + http::PercentEncode(cursor_);
    boost::json::object page = server_.Ask("GET", BrainTarget(server_.connection().brain, rest));
    cursor_ = TextOf(page, "next_cursor");
    return page;
  }
  // Where the next page begins; empty behind the last one.
  const std::string& cursor() const { return cursor_; }

 private:
  Server& server_;
  int64_t limit_;
  std::string filter_;
  std::string cursor_;
};

void PrintPage(const boost::json::object& page, const Screen& screen) {
  for (const auto& item : ListOf(page, "episodes")) {
    const boost::json::object& episode = AsObject(item);
    std::string head = ShortTime(TextOf(episode, "occurred_at"));
    if (auto speaker = TextOf(episode, "speaker"); !speaker.empty()) {
      head += "  " + screen.Green(Cut(speaker, 24));
    }
    Print(std::format("{}  {}\n    {}\n", head, screen.Dim(TextOf(episode, "id")),
                      Cut(TextOf(episode, "content"), screen.width - 4)));
  }
  if (ListOf(page, "episodes").empty()) Print("There is nothing here.\n");
}

// One document, written as its parts arrive.
void PrintAllAsJson(Pages& pages) {
  Print("{\"episodes\":[");
  bool first = true;
  do {
    const boost::json::object page = pages.Next();
    for (const auto& episode : ListOf(page, "episodes")) {
      Print((first ? "" : ",") + ToPrintableJson(episode));
      first = false;
    }
  } while (!pages.cursor().empty());
  Print("],\"next_cursor\":null}\n");
}

int List(const EpisodeFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  const bool json = PrintsJson(given.connection.json);
  const int64_t usual = given.all ? kPageOfAll : json ? kPageOfPrograms : kPageOfPeople;
  Pages pages(server, given.limit.value_or(usual), QueryOf(given.filter), given.cursor);
  if (json && given.all) {
    PrintAllAsJson(pages);
    return kExitOk;
  }
  if (json) {
    PrintJson(pages.Next());
    return kExitOk;
  }
  const Screen screen = StandardOutput();
  do {
    PrintPage(pages.Next(), screen);
  } while (given.all && !pages.cursor().empty());
  if (!pages.cursor().empty()) {
    PrintNote(screen.Dim("older: nexus list --cursor " + pages.cursor() + ", or --all"));
  }
  return kExitOk;
}

void PrintEpisode(const boost::json::object& episode, const Screen& screen) {
  const auto line = [&](const char* title, std::string_view text) {
    if (!text.empty()) {
      Print(std::format("{} {}\n", screen.Dim(std::format("{:<10}", title)),
                        Cut(text, screen.width - 11)));
    }
  };
  line("id", TextOf(episode, "id"));
  line("happened", ShortTime(TextOf(episode, "occurred_at")));
  line("stored", ShortTime(TextOf(episode, "created_at")));
  line("speaker", TextOf(episode, "speaker"));
  line("session", TextOf(episode, "session_id"));
  line("project", TextOf(episode, "project_id"));
  std::string tags;
  for (const auto& tag : ListOf(episode, "tags")) {
    if (tag.is_string()) tags += (tags.empty() ? "" : ", ") + std::string(tag.get_string());
  }
  line("tags", tags);
  line("importance", std::format("{}", NumberOf(episode, "importance_score")));
  if (const int64_t version = CountOf(episode, "version"); version > 1) {
    line("version", std::format("{} (`nexus history` shows the others)", version));
  }
  line("ended", ShortTime(TextOf(episode, "invalidated_at")));
  line("instead", TextOf(episode, "superseded_by"));
  const boost::json::object& metadata = ObjectOf(episode, "metadata");
  if (!metadata.empty()) line("metadata", SerializeJson(metadata));
  Print("\n");
  for (const std::string& text : Wrap(TextOf(episode, "content"), screen.width)) Print(text + "\n");
}

int Show(const EpisodeFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  const boost::json::object episode =
      server.Ask("GET", EpisodeTarget(server.connection().brain, given.ids.front()));
  if (PrintsJson(given.connection.json)) {
    PrintJson(episode);
  } else {
    PrintEpisode(episode, StandardOutput());
  }
  return kExitOk;
}

// Shows what would go, and asks a person if there is one.
bool IsConfirmed(Server& server, const EpisodeFlags& given) {
  if (given.yes || !CanAsk()) return true;
  const Screen screen = StandardError();
  for (const std::string& id : given.ids) {
    const boost::json::object episode =
        server.Ask("GET", EpisodeTarget(server.connection().brain, id));
    PrintNote("  " + Cut(TextOf(episode, "content"), screen.width - 2));
  }
  const std::string answer = AskPerson(
      given.ids.size() == 1 ? "Forget this, for good? [y/N]"
                            : std::format("Forget these {}, for good? [y/N]", given.ids.size()));
  return answer == "y" || answer == "Y" || answer == "yes";
}

int Forget(const EpisodeFlags& given, const Defaults& defaults) {
  Server server = Connect(given.connection, defaults);
  if (!IsConfirmed(server, given)) {
    PrintNote("nothing was forgotten");
    return kExitFailure;
  }
  boost::json::array forgotten;
  int code = kExitOk;
  for (const std::string& id : given.ids) {
    try {
      server.Ask("DELETE", EpisodeTarget(server.connection().brain, id));
      forgotten.emplace_back(id);
    } catch (const Failure& failure) {
      if (failure.error().code != ErrorCode::kNotFound) throw;
      PrintError(failure.error());
      code = kExitFailure;
    }
  }
  if (PrintsJson(given.connection.json)) {
    PrintJson(boost::json::object{{"forgotten", std::move(forgotten)}});
  } else if (!forgotten.empty()) {
    Print(std::format("forgotten: {}\n", forgotten.size()));
  }
  return code;
}

}  // namespace

void AddEpisodes(Flags& all, const Defaults& defaults) {
  auto given = std::make_shared<EpisodeFlags>();  // shared by the parser and the actions
  Flags list = all.Command("list", "List memories, newest arrival first.");
  list.Number("--limit", given->limit, "how many on a page [20 on a terminal]");
  AddFilterFlags(list, given->filter);
  list.Text("--cursor", given->cursor, "where the page before ended");
  list.Switch("--all", given->all, "page after page, to the end");
  AddConnection(list, given->connection, BrainFlag::kOne);
  list.OnRun([given, defaults] { return List(*given, defaults); });

  auto shown = std::make_shared<std::string>();
  Flags show = all.Command("show", "Show one memory, whole.");
  show.Argument("ID", *shown, "its id");
  AddConnection(show, given->connection, BrainFlag::kOne);
  show.OnRun([given, shown, defaults] {
    given->ids = {*shown};
    return Show(*given, defaults);
  });

  Flags forget = all.Command("forget", "Forget memories everywhere, for good.");
  forget.Arguments("ID", given->ids, "their ids");
  forget.Switch("-y,--yes", given->yes, "do not ask");
  AddConnection(forget, given->connection, BrainFlag::kOne);
  forget.OnRun([given, defaults] { return Forget(*given, defaults); });
}

}  // namespace nexus::cli

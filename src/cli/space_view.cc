#include "cli/space_view.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>

#include "cli/answer.h"
#include "cli/layout.h"

namespace nexus::cli {

std::string Percent(double share) {
  return std::format("{:.1f} %", std::floor(share * 1'000) / 10);
}

std::string SpaceTable(const boost::json::array& spaces, const Screen& screen) {
  Table table({{"id", true},
               {"state"},
               {"coverage", true},
               {"pending", true},
               {"failed", true},
               {"dimensions", true},
               {"model"}});
  for (const boost::json::value& item : spaces) {
    const boost::json::object& space = AsObject(item);
    const boost::json::object& episodes = ObjectOf(space, "episodes");
    const bool gone = TextOf(space, "state") == "retired";
    const auto count = [&](const char* name) {
      return gone ? std::string() : std::to_string(CountOf(episodes, name));
    };
    table.Add({std::to_string(CountOf(space, "id")), std::string(TextOf(space, "state")),
               gone ? std::string() : Percent(NumberOf(space, "coverage")), count("pending"),
               count("failed"), std::to_string(CountOf(space, "dimension")),
               std::string(TextOf(space, "model"))});
  }
  return table.Render(screen);
}

std::string SpaceDetails(const boost::json::object& space) {
  const boost::json::object& episodes = ObjectOf(space, "episodes");
  const std::string_view activated = TextOf(space, "activated_at");
  std::string text = std::format(
      "id         {}\nmodel      {}\nstate      {}\nsource     {}\nartefact   {}\n"
      "dimension  {}\ntokens     {}\ncreated    {}\nactivated  {}\n",
      CountOf(space, "id"), Harmless(TextOf(space, "model")), TextOf(space, "state"),
      Harmless(TextOf(space, "source")), TextOf(space, "artefact_sha256"),
      CountOf(space, "dimension"), CountOf(space, "max_tokens"),
      ShortTime(TextOf(space, "created_at")), activated.empty() ? "never" : ShortTime(activated));
  if (TextOf(space, "state") == "retired") return text;
  text += std::format("coverage   {}: {} of {} episodes, {} pending, {} failed\n",
                      Percent(NumberOf(space, "coverage")), CountOf(episodes, "embedded"),
                      CountOf(episodes, "total"), CountOf(episodes, "pending"),
                      CountOf(episodes, "failed"));
  if (const std::string_view trouble = TextOf(space, "trouble"); !trouble.empty()) {
    text += std::format("trouble    {}\n", Harmless(trouble));
  }
  return text;
}

std::string SpaceTarget(const std::string& id, const std::string& rest) {
  RequireUtf8(id, "the id");
  return "/v1/embedding-spaces/" + http::PercentEncode(id) + rest;
}

boost::json::object FindActiveSpace(Server& server) {
  const boost::json::object answer = server.Ask("GET", "/v1/embedding-spaces");
  for (const boost::json::value& item : ListOf(answer, "spaces")) {
    if (TextOf(AsObject(item), "state") == "active") return AsObject(item);
  }
  throw Failure(ErrorCode::kNotFound, "there is no embedding space: recall works on words alone",
                "`nexus space add DIRECTORY` takes a model into use; `make model` makes one");
}

}  // namespace nexus::cli

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/json.h"
#include "cli/answer.h"
#include "cli/brains.h"
#include "cli/doctor_checks.h"
#include "http/client.h"

namespace nexus::cli {
namespace {

// Could a server listen there? Tried by binding, without listening.
bool IsPortFree(uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const int on = 1;  // as servers do: a port in TIME_WAIT is free
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return free;
}

struct Reached {
  std::vector<Check> checks;
  bool ours = false;
};

// Ours is whoever answers /health/ready as Nexus does.
Reached Reach(Server& server, const http::Url& url) {
  Check port{.name = std::format("port {}", url.port)};
  Check reach{.name = "server"};
  Reached reached;
  try {
    const http::Response response = server.Send("GET", "/health/ready");
    const auto body = ParseJson(response.body);
    const std::string status(body ? TextOf(AsObject(*body), "status") : "");
    reached.ours = !status.empty();
    port.ok = reached.ours;
    port.detail = reached.ours ? "is Nexus" : "another program answers there";
    reach.ok = response.status == 200 && reached.ours;
    reach.detail = reached.ours ? std::format("{} {} ({})", url.ToString(),
                                              TextOf(AsObject(*body), "version"), status)
                                : "no Nexus answers at " + url.ToString();
    if (!port.ok) port.remedy = "stop that program, or choose another --port and --url";
    if (!reach.ok && reached.ours) reach.remedy = "`nexus status` names the part that is away";
  } catch (const Failure& failure) {
    port.ok = !IsThisMachine(url.host) || IsPortFree(url.port);
    port.detail = port.ok ? "is free" : "is taken by a program that does not speak HTTP";
    if (!port.ok) port.remedy = "stop that program, or choose another --port and --url";
    reach.detail = failure.error().message;
    reach.remedy = failure.error().remedy;
  }
  reached.checks = {std::move(port), std::move(reach)};
  return reached;
}

Check CheckCoverage(const boost::json::object& brain) {
  const boost::json::object& stats = ObjectOf(brain, "stats");
  const boost::json::object& episodes = ObjectOf(stats, "episodes");
  const int64_t total = CountOf(episodes, "total");
  const int64_t embedded = CountOf(episodes, "embedded");
  const int64_t failed = CountOf(episodes, "failed");
  const bool model = !TextOf(ObjectOf(stats, "model"), "name").empty();
  Check check{.name = std::format("brain {}", TextOf(brain, "name")), .needed = false};
  check.ok = failed == 0 && (model || total == 0);
  check.detail = std::format("{} of {} episodes embedded, {} pending, {} failed", embedded, total,
                             CountOf(episodes, "pending"), failed);
  if (failed > 0) check.remedy = "the server's log says why they failed";
  if (!model && total > 0)
    check.remedy = "the server runs without a model: make model, and restart";
  return check;
}

}  // namespace

std::vector<Check> CheckServer(const Connection& connection) {
  Server server(connection);
  auto url = http::ParseUrl(connection.url);
  Reached reached = Reach(server, *url);
  if (!reached.ours) return reached.checks;
  Check key{.name = "key", .detail = "works"};
  try {
    const boost::json::array brains = BrainsWithStats(server);
    key.ok = true;
    reached.checks.push_back(std::move(key));
    for (const auto& brain : brains) reached.checks.push_back(CheckCoverage(AsObject(brain)));
  } catch (const Failure& failure) {
    key.detail = failure.error().message;
    key.remedy = failure.error().remedy;
    reached.checks.push_back(std::move(key));
  }
  return reached.checks;
}

}  // namespace nexus::cli

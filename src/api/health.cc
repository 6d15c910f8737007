#include "api/handlers.h"
#include "api/openapi.h"
#include "base/json.h"

namespace nexus::api {
namespace {

http::Response JsonResponse(int status, const boost::json::value& body) {
  return {status, {{"content-type", "application/json"}}, SerializeJson(body)};
}

std::string_view Judge(const std::vector<PartHealth>& parts) {
  std::string_view status = "ok";
  for (const PartHealth& part : parts) {
    if (part.ok) continue;
    if (part.needed) return "down";
    status = "degraded";
  }
  return status;
}

Task<Health> Ask(Services& services) {
  Health health;
  health.parts = co_await services.probe();
  health.status = Judge(health.parts);
  health.version = services.version;
  co_return health;
}

}  // namespace

Task<http::Response> LiveHealth(Services& services, Call) {
  co_return JsonResponse(200, ToJson(Health{"ok", std::string(services.version), {}}));
}

// Open to everyone, so it names the parts but not what is known about them.
Task<http::Response> ReadyHealth(Services& services, Call) {
  Health health = co_await Ask(services);
  for (PartHealth& part : health.parts) part.detail.clear();
  http::Response response = JsonResponse(health.status == "down" ? 503 : 200, ToJson(health));
  if (response.status == 503) response.headers.Set("retry-after", "1");
  co_return response;
}

Task<http::Response> ComprehensiveHealth(Services& services, Call) {
  co_return JsonResponse(200, ToJson(co_await Ask(services)));
}

Task<http::Response> PrintMetrics(Services& services, Call) {
  co_return http::Response{
      200, {{"content-type", std::string(kMetricsContentType)}}, services.metrics.Text()};
}

Task<http::Response> PrintOpenApi(Services& services, Call) {
  co_return JsonResponse(200, OpenApi(services.version));
}

}  // namespace nexus::api

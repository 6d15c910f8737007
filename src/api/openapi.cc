#include "api/openapi.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "api/operation.h"
#include "api/schema.h"

namespace nexus::api {
namespace {

namespace json = boost::json;

json::object JsonContent(json::object schema, std::string_view media = "application/json") {
  return {{media, json::object{{"schema", std::move(schema)}}}};
}

json::object AnyOf(const std::vector<const TypeInfo*>& types, json::object& components) {
  if (types.size() == 1) return SchemaOf(*types.front(), {}, components);
  json::array choices;
  for (const TypeInfo* type : types) choices.push_back(SchemaOf(*type, {}, components));
  return {{"anyOf", std::move(choices)}};
}

json::object ProblemSchema() {
  json::object text{{"type", "string"}};
  return {{"type", "object"},
          {"properties", json::object{{"type", text},
                                      {"title", text},
                                      {"status", json::object{{"type", "integer"}}},
                                      {"detail", text},
                                      {"field", text},
                                      {"remedy", text},
                                      {"request_id", text}}},
          {"required", json::array{"type", "title", "status", "detail"}}};
}

// Of a path like "/v1/brains/{brain}/episodes": "brain".
std::vector<std::string> ParametersOf(std::string_view path) {
  std::vector<std::string> names;
  for (size_t open = path.find('{'); open != path.npos; open = path.find('{', open + 1)) {
    names.emplace_back(path.substr(open + 1, path.find('}', open) - open - 1));
  }
  return names;
}

// A brain goes by its name, too; an embedding space has a number.
json::object PathParameterSchema(std::string_view name) {
  if (name == "id") return {{"type", "string"}, {"format", "uuid"}};
  if (name == "space") return {{"type", "integer"}, {"minimum", 1}, {"maximum", INT32_MAX}};
  return {{"type", "string"}};
}

void AddPathParameters(json::array& parameters, std::string_view path) {
  for (const std::string& name : ParametersOf(path)) {
    parameters.push_back(json::object{{"name", name},
                                      {"in", "path"},
                                      {"required", true},
                                      {"description", name == "brain" ? "Name or id." : "Its id."},
                                      {"schema", PathParameterSchema(name)}});
  }
}

void AddQueryParameters(json::array& parameters, const TypeInfo& type, json::object& components) {
  for (const FieldInfo& field : type.fields) {
    // A parameter cannot be null: the schema is that of the value inside.
    const TypeInfo& inner =
        field.type().kind == TypeKind::kOptional ? field.type().item() : field.type();
    parameters.push_back(json::object{{"name", field.name},
                                      {"in", "query"},
                                      {"required", false},
                                      {"description", field.rule.description},
                                      {"schema", SchemaOf(inner, field.rule, components)}});
  }
}

json::array Parameters(const Operation& row, json::object& components) {
  json::array parameters;
  AddPathParameters(parameters, row.path);
  if (row.query != nullptr) AddQueryParameters(parameters, *row.query, components);
  if (row.takes_idempotency_key) {
    parameters.push_back(json::object{
        {"name", "Idempotency-Key"},
        {"in", "header"},
        {"required", false},
        {"description", "The same key and request give the same answer and one effect, for a day."},
        {"schema", json::object{{"type", "string"},
                                {"minLength", 1},
                                {"maxLength", 255},
                                {"pattern", "^[\\x20-\\x7E]+$"}}}});
  }
  if (row.versioned && row.method != "GET") {
    parameters.push_back(json::object{
        {"name", "If-Match"},
        {"in", "header"},
        {"required", false},
        {"description", "The ETag of the version that is meant; 412 if it is another one by now."},
        {"schema", json::object{{"type", "string"}}}});
  }
  return parameters;
}

// What can be done with a thing that was just made: every operation on the path of its collection
// with its id.
json::object Links(const Operation& row) {
  json::object links;
  if (row.method != "POST" || row.status != 201) return links;
  const std::vector<std::string> given = ParametersOf(row.path);
  for (const Operation& other : Operations()) {
    const std::vector<std::string> needed = ParametersOf(other.path);
    if (!other.path.starts_with(std::string(row.path) + "/{") || needed.size() != given.size() + 1)
      continue;
    json::object parameters{{needed.back(), "$response.body#/id"}};
    for (const std::string& name : given) parameters[name] = "$request.path." + name;
    links[other.name] = json::object{{"operationId", other.name}, {"parameters", parameters}};
  }
  return links;
}

json::object Success(const Operation& row, json::object& components) {
  json::object response{{"description", row.status == 204 ? "Done." : "Success."}};
  if (row.versioned && row.status != 204) {
    response["headers"] =
        json::object{{"ETag", json::object{{"description", "The version, for If-Match."},
                                           {"schema", json::object{{"type", "string"}}}}}};
  }
  if (json::object links = Links(row); !links.empty()) response["links"] = std::move(links);
  if (!row.responses.empty()) {
    response["content"] = JsonContent(AnyOf(row.responses, components));
  } else if (row.status != 204) {
    response["content"] = JsonContent({{"type", "string"}}, "text/plain");
  }
  return response;
}

bool HasLimitInBytes(const TypeInfo* type) {
  return type != nullptr && std::ranges::any_of(type->fields, [](const auto& field) {
           return field.rule.max_bytes > 0;
         });
}

json::object Responses(const Operation& row, json::object& components) {
  json::object responses{{std::to_string(row.status), Success(row, components)}};
  std::vector<std::string> problems = {"500", "503"};
  if (row.access != Access::kOpen) problems.insert(problems.end(), {"401", "403"});
  if (row.path.contains('{') || row.name == "createKey") problems.emplace_back("404");
  if (row.typed != nullptr) problems.insert(problems.end(), {"422"});
  if (row.method != "GET" && row.access != Access::kOpen) problems.emplace_back("409");
  if (!row.requests.empty()) problems.insert(problems.end(), {"409", "413"});
  if (HasLimitInBytes(row.query)) problems.emplace_back("413");
  if (row.versioned && row.method != "GET") problems.emplace_back("412");
  for (const std::string& status : problems) {
    if (responses.contains(status)) continue;
    responses[status] = json::object{{"$ref", "#/components/responses/Problem"}};
  }
  if (row.name == "healthReady") responses["503"] = Success(row, components);
  return responses;
}

json::object Describe(const Operation& row, json::object& components) {
  json::object operation{{"operationId", row.name}, {"summary", row.summary}};
  operation["parameters"] = Parameters(row, components);
  if (!row.requests.empty()) {
    operation["requestBody"] =
        json::object{{"required", true}, {"content", JsonContent(AnyOf(row.requests, components))}};
  }
  operation["responses"] = Responses(row, components);
  if (row.access == Access::kOpen) operation["security"] = json::array();
  return operation;
}

// What api/filter.cc makes of a filter's metadata.
void DescribeMetadataTests(json::object& components) {
  const json::object bound{{"type", json::array{"number", "string"}}};
  const json::object range{
      {"type", "object"},
      {"properties", json::object{{"gt", bound}, {"gte", bound}, {"lt", bound}, {"lte", bound}}},
      {"additionalProperties", false},
      {"minProperties", 1}};
  const json::object scalar{{"type", json::array{"string", "number", "boolean", "null"}}};
  json::value& metadata = components.at("FilterRequest").at("properties").at("metadata");
  metadata.as_object()["maxProperties"] = kMaxMetadataTests;
  metadata.as_object()["additionalProperties"] =
      json::object{{"anyOf", json::array{scalar, range}}};
}

std::string Lower(std::string_view method) {
  std::string text(method);
  for (char& c : text) c = static_cast<char>(c + 32);
  return text;
}

}  // namespace

json::object OpenApi(std::string_view version) {
  json::object components, paths;
  for (const Operation& row : Operations()) {
    if (!paths.contains(row.path)) paths[row.path] = json::object();
    json::object operation = Describe(row, components);
    paths[row.path].as_object()[Lower(row.method)] = std::move(operation);
  }
  DescribeMetadataTests(components);
  components["Problem"] = ProblemSchema();
  json::object problem{{"description", "What went wrong, and what to do next (RFC 9457)."},
                       {"content", JsonContent({{"$ref", "#/components/schemas/Problem"}},
                                               "application/problem+json")}};
  return {{"openapi", "3.1.0"},
          {"info", json::object{{"title", "Nexus"},
                                {"version", version},
                                {"description", "A persistent memory for AI agents."}}},
          {"paths", std::move(paths)},
          {"components",
           json::object{
               {"schemas", std::move(components)},
               {"responses", json::object{{"Problem", std::move(problem)}}},
               {"securitySchemes",
                json::object{{"bearer", json::object{{"type", "http"}, {"scheme", "bearer"}}}}}}},
          {"security", json::array{json::object{{"bearer", json::array()}}}}};
}

}  // namespace nexus::api

#include "cli/importer.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <thread>

#include "base/json.h"
#include "cli/answer.h"

namespace nexus::cli {
namespace {

constexpr int kAttempts = 6;
constexpr std::chrono::seconds kFirstPause{1};  // doubled each time
constexpr std::chrono::seconds kLongestPause{60};
constexpr size_t kDigestLetters = 32;  // enough to tell files apart

std::string BodyOf(const LineBatch& batch) {
  std::string body = "{\"episodes\":[";
  for (const Line& line : batch.lines) {
    body.append(body.ends_with('[') ? "" : ",").append(line.text);
  }
  return body + "]}";
}

// 409: an attempt of ours that we have given up still runs there.
bool MayBePassing(int status) {
  return status == 409 || status == 429 || status == 500 || status >= 502;
}

std::chrono::seconds PauseAfter(const http::Response& response, std::chrono::seconds otherwise) {
  const std::string_view text = response.headers.Find("retry-after").value_or("");
  int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::clamp(std::chrono::seconds(seconds), otherwise, kLongestPause);
}

// 3 of "/episodes/3/content".
std::optional<size_t> FaultyLine(std::string_view field, size_t lines) {
  constexpr std::string_view kBefore = "/episodes/";
  if (!field.starts_with(kBefore)) return std::nullopt;
  field.remove_prefix(kBefore.size());
  size_t index = lines;
  std::from_chars(field.data(), field.data() + field.size(), index);
  return index < lines ? std::optional(index) : std::nullopt;
}

// "content: must not be blank": the place is the line's own.
std::string ReasonOf(const Error& problem) {
  const size_t message = problem.message.find(": ");
  const size_t slash = problem.field.find('/', std::string_view("/episodes/").size());
  if (!problem.field.starts_with("/episodes/") || message == problem.message.npos) {
    return problem.message;
  }
  const std::string field = slash == problem.field.npos ? "" : problem.field.substr(slash + 1);
  return field + problem.message.substr(field.empty() ? message + 2 : message);
}

bool IsReusedKey(const http::Response& response) {
  auto body = ParseJson(response.body);
  return body && TextOf(AsObject(*body), "type") == "urn:nexus:problem:key-reused";
}

LineBatch SplitOff(LineBatch& batch) {
  const auto middle = batch.lines.begin() + std::ssize(batch.lines) / 2;
  LineBatch front{batch.first, middle->number - 1, {batch.lines.begin(), middle}};
  batch.lines.erase(batch.lines.begin(), middle);
  batch.first = batch.lines.front().number;
  return front;
}

}  // namespace

http::Response Importer::Send(const LineBatch& batch) {
  http::Headers headers;
#ifndef NEXUS_MUTANT_IMPORT_WITHOUT_KEY
  headers.Set("idempotency-key", std::format("import-{}-{}-{}", digest_.substr(0, kDigestLetters),
                                             batch.first, batch.last));
#endif
  return server_.Send("POST", BrainTarget(server_.connection().brain, "/episodes"), BodyOf(batch),
                      std::move(headers));
}

http::Response Importer::SendPatiently(const LineBatch& batch) {
  std::chrono::seconds pause = kFirstPause;
  for (int attempt = 1;; ++attempt) {
    try {
      http::Response response = Send(batch);
      if (!MayBePassing(response.status) || attempt == kAttempts) return response;
      pause = PauseAfter(response, pause);
      report_.note(std::format("the server answers {}: trying again in {} s", response.status,
                               pause.count()));
    } catch (const Failure& failure) {
      const ErrorCode code = failure.error().code;
      if ((code != ErrorCode::kUnavailable && code != ErrorCode::kTimeout) ||
          attempt == kAttempts) {
        throw;
      }
      report_.note(std::format("{}: trying again in {} s", failure.error().message, pause.count()));
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
}

void Importer::LeaveAlone(const LineBatch& batch) {
  left_alone_ += std::ssize(batch.lines);
  report_.note(
      std::format("lines {} to {}: some of them were stored by an earlier import of this file, "
                  "which refused others; they are left as they are",
                  batch.first, batch.last));
}

void Importer::Store(LineBatch batch) {
  while (!batch.lines.empty()) {
    const http::Response response = SendPatiently(batch);
    if (response.status >= 200 && response.status <= 299) {
      stored_ += std::ssize(batch.lines);
      return;
    }
    const Error problem = ReadProblem(response);
    if (response.status != 413 && response.status != 422) throw Failure(problem);
    if (IsReusedKey(response)) return LeaveAlone(batch);
    const auto faulty = batch.lines.size() == 1 ? std::optional<size_t>(0)
                                                : FaultyLine(problem.field, batch.lines.size());
    if (!faulty) {
      Store(SplitOff(batch));
      continue;
    }
    const auto line = batch.lines.begin() + static_cast<std::ptrdiff_t>(*faulty);
    report_.refused(*line, ReasonOf(problem));
    batch.lines.erase(line);
  }
}

}  // namespace nexus::cli

#include "app/masked.h"

#include <array>
#include <cctype>
#include <optional>

namespace nexus::app {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::array<std::string_view, 4> kSecretParameters = {"password", "sslpassword",
                                                               "oauth_client_secret", "token"};

bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

bool IsUri(std::string_view text) { return text.contains("://"); }

bool IsSecret(std::string_view parameter) {
  return std::ranges::contains(kSecretParameters, parameter);
}

// "user=x&password=y", without the question mark.
std::string MaskQuery(std::string_view query) {
  std::string out;
  for (auto part : std::views::split(query, '&')) {
    const std::string_view pair(part.begin(), part.end());
    const size_t equals = pair.find('=');
    out += out.empty() ? "" : "&";
    if (equals != pair.npos && IsSecret(pair.substr(0, equals))) {
      out.append(pair.substr(0, equals + 1)).append(kMask);
    } else {
      out += pair;
    }
  }
  return out;
}

// A password may hold what ends the part of the user where it is quoted well: the last @ counts.
std::string MaskUri(std::string_view uri) {
  const size_t begin = uri.find("://") + 3;
  const size_t at = uri.rfind('@');
  std::string out(uri.substr(0, begin));
  std::string_view rest = uri.substr(begin);
  if (at != uri.npos && at >= begin) {
    const std::string_view user = uri.substr(begin, at - begin);
    const size_t colon = user.find(':');
    out += user.substr(0, colon);
    if (colon != user.npos) out.append(":").append(kMask);
    out += '@';
    rest = uri.substr(at + 1);
  }
  const size_t question = rest.find('?');
  out += rest.substr(0, question);
  if (question != rest.npos) out += '?' + MaskQuery(rest.substr(question + 1));
  return out;
}

// The pairs of a libpq DSN: name = value, the value in single quotes if it has spaces, \ before
// what stands for itself.
class Pairs {
 public:
  explicit Pairs(std::string_view text) : text_(text) {}

  struct Pair {
    std::string_view name, value;  // the value with its quotes
  };
  // nullopt at the end, and where it is no pair: then `is_broken`.
  std::optional<Pair> Next() {
    SkipSpaces();
    if (at_ >= text_.size()) return std::nullopt;
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != '=' && !IsSpace(text_[at_])) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    SkipSpaces();
    if (at_ >= text_.size() || text_[at_] != '=' || name.empty()) return Break();
    ++at_;
    SkipSpaces();
    const size_t value = at_;
    const bool quoted = at_ < text_.size() && text_[at_] == '\'';
    if (quoted) ++at_;
    while (at_ < text_.size() && (quoted ? text_[at_] != '\'' : !IsSpace(text_[at_]))) {
      at_ += text_[at_] == '\\' ? 2 : 1;
    }
    if (quoted && at_ >= text_.size()) return Break();
    at_ = std::min(at_ + (quoted ? 1 : 0), text_.size());
    return Pair{name, text_.substr(value, at_ - value)};
  }
  bool is_broken() const { return broken_; }

 private:
  void SkipSpaces() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  std::nullopt_t Break() {
    broken_ = true;
    return std::nullopt;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool broken_ = false;
};

}  // namespace

std::string MaskPasswords(std::string_view text) {
  if (IsUri(text)) return MaskUri(text);
  Pairs pairs(text);
  std::string out;
  while (auto pair = pairs.Next()) {
    out.append(out.empty() ? "" : " ").append(pair->name).append("=");
    out += IsSecret(pair->name) ? kMask : pair->value;
  }
  return pairs.is_broken() ? std::string(kMask) : out;
}

std::string Shown(const Setting& setting, std::string_view text) {
  return setting.secret || IsUri(text) ? MaskPasswords(text) : std::string(text);
}

}  // namespace nexus::app

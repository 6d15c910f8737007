#include "text/indexed_text.h"

namespace nexus::text {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

std::string SpokenTime(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return std::format("{}:{:02} {} on {} {}, {}", std::chrono::make12(clock.hours()).count(),
                     clock.minutes().count(), std::chrono::is_am(clock.hours()) ? "am" : "pm",
                     static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()));
}

}  // namespace

std::string IndexedText(std::optional<std::string_view> speaker, Timestamp occurred_at,
                        std::string_view text) {
  if (!speaker || speaker->empty()) return std::string(text);
  return std::format("({}) {} said, \"{}\"", SpokenTime(occurred_at), *speaker, text);
}

std::string ContextText(std::string_view indexed, std::span<const Turn> before) {
  std::string whole(indexed);
  if (before.empty()) return whole;
  whole += " Context:";
  for (const Turn& turn : before) {
    whole += ' ';
    whole += turn.speaker;
    whole += ": ";
    whole += turn.text;
  }
  return whole;
}

}  // namespace nexus::text

// Numbers about the server, for Prometheus to read.
//
// Ask for a handle once, at start-up, and keep the reference: using it costs an atomic addition
// (a histogram: a short lock), asking for it costs a look-up. Units are in the names:
// `_total`, `_seconds`, `_bytes`.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace nexus {

// Only grows.
class Counter {
 public:
  explicit Counter(prometheus::Counter& target) : target_(target) {}
  void Add(double amount = 1);
  double Value() const;

 private:
  prometheus::Counter& target_;
};

// Goes up and down.
class Gauge {
 public:
  explicit Gauge(prometheus::Gauge& target) : target_(target) {}
  void Set(double value);
  void Add(double amount);
  double Value() const;

 private:
  prometheus::Gauge& target_;
};

// How long things took, in buckets from 0.5 ms to 60 s.
class Histogram {
 public:
  explicit Histogram(prometheus::Histogram& target) : target_(target) {}
  void Observe(double seconds);

 private:
  prometheus::Histogram& target_;
};

// All metrics of a process; owned by app and passed by reference. Thread-safe. Handles live as
// long as it does.
class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  Metrics();
  ~Metrics();

  // The same name and labels give the same handle. `name` is the whole name, as it is searched
  // for ("nexus_episodes_total"). Throws std::invalid_argument if the name does not begin with
  // "nexus_", is not a Prometheus name, or already names another kind of metric.
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, const Labels& labels = {});

  // Everything, in Prometheus's text format 0.0.4 (kMetricsContentType).
  std::string Text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace nexus

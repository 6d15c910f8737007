#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>
#include <stdexcept>

namespace nexus {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

void CheckName(std::string_view name) {
  if (!name.starts_with("nexus_")) {
    throw std::invalid_argument("a metric's name begins with nexus_, not " + std::string(name));
  }
}

// One handle per metric of the registry; a node of a map does not move.
template <typename Handle, typename Target>
Handle& HandleOf(std::map<const void*, Handle>& handles, Target& target) {
  return handles.try_emplace(&target, target).first->second;
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  std::mutex mutex;  // guards the maps
  std::map<const void*, Counter> counters;
  std::map<const void*, Gauge> gauges;
  std::map<const void*, Histogram> histograms;
};

void Counter::Add(double amount) { target_.Increment(amount); }
double Counter::Value() const { return target_.Value(); }
void Gauge::Set(double value) { target_.Set(value); }
void Gauge::Add(double amount) { target_.Increment(amount); }
double Gauge::Value() const { return target_.Value(); }
void Histogram::Observe(double seconds) { target_.Observe(seconds); }

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  CheckName(name);
  auto& family = prometheus::BuildCounter()
                     .Name(std::string(name))
                     .Help(std::string(help))
                     .Register(state_->registry);
  std::lock_guard lock(state_->mutex);
  return HandleOf(state_->counters, family.Add(labels));
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  CheckName(name);
  auto& family = prometheus::BuildGauge()
                     .Name(std::string(name))
                     .Help(std::string(help))
                     .Register(state_->registry);
  std::lock_guard lock(state_->mutex);
  return HandleOf(state_->gauges, family.Add(labels));
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, const Labels& labels) {
  CheckName(name);
  auto& family = prometheus::BuildHistogram()
                     .Name(std::string(name))
                     .Help(std::string(help))
                     .Register(state_->registry);
  std::lock_guard lock(state_->mutex);
  return HandleOf(state_->histograms, family.Add(labels, kSeconds));
}

std::string Metrics::Text() const {
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace nexus

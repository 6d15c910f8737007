// Embeds the lines of stdin as episodes, over and over the model and nothing else: what bulk
// embedding is held against.
//
//   nexus_embed_loop [THREADS]        {"texts": …, "seconds": …, "cpu_seconds": …}
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <iostream>
#include <print>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "embed/model.h"
#include "embed/passages.h"

namespace {

using namespace nexus;

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void Embed(const embed::Embedder& embedder, const std::string& text) {
  const auto passages = embed::Passages(embedder, text, std::nullopt, SystemClock().Now(), {});
  static_cast<void>(embed::EmbedPassages(embedder, passages));
}

void Run(size_t thread_count) {
  std::vector<std::string> texts;
  for (std::string line; std::getline(std::cin, line);) texts.push_back(line);
  if (texts.empty()) throw std::invalid_argument("stdin has no lines");
  const auto embedder = embed::LoadModel(embed::DefaultModelDirectory());
  Embed(*embedder, texts.front());
  const auto begin = std::chrono::steady_clock::now();
  const double cpu_begin = CpuSeconds();
  std::atomic<size_t> next = 0;
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < thread_count; ++i) {
      threads.emplace_back([&] {
        for (size_t number = next++; number < texts.size(); number = next++) {
          Embed(*embedder, texts[number]);
        }
      });
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::println(R"({{"texts": {}, "seconds": {}, "cpu_seconds": {}}})", texts.size(), took.count(),
               CpuSeconds() - cpu_begin);
}

}  // namespace

int main(int count, char** words) {
  try {
    Run(count > 1 ? std::stoul(words[1]) : 1);
    return 0;
  } catch (const std::exception& error) {
    std::println(stderr, "nexus_embed_loop: {}", error.what());
    return 1;
  }
}

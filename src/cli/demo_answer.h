// What the demo makes of the answers to its questions. Pure.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "cli/terminal.h"

namespace nexus::cli {

struct DemoAnswer {
  struct Hit {
    std::string time;
    std::string speaker;
    std::string content;
    bool expected = false;  // it holds the answer
  };
  std::string question;
  std::string why;  // what the question shows
  std::vector<Hit> hits;
  double took_ms = 0;  // as the client sees it

  bool IsAnswered() const;
};

// `question` is one of demo/questions.json, `answer` the server's to it.
DemoAnswer JudgeAnswer(const boost::json::object& question, const boost::json::object& answer,
                       double took_ms);

// The question with its time, then a line for each hit.
std::string RenderAnswer(const DemoAnswer& answer, const Screen& screen);

std::string RenderSummary(const std::vector<DemoAnswer>& answers, bool by_meaning,
                          const Screen& screen);

boost::json::object AnswersAsJson(const std::vector<DemoAnswer>& answers, bool by_meaning);

}  // namespace nexus::cli

#include "text/word_lists.h"

namespace nexus::text {
namespace {

constexpr std::string_view kEnglishStop =
    "a an and are as at be but by for if in into is it no not of on or such that the their then "
    "there these they this to was will with";

constexpr std::string_view kSpanishStop =
    "de la que el en y a los del se las por un para con no una su al lo como más pero sus le ya "
    "o este sí porque esta entre cuando muy sin sobre también me hasta hay donde quien desde "
    "todo nos durante todos uno les ni contra otros ese eso ante ellos e esto mí antes algunos "
    "qué unos yo otro otras otra él tanto esa estos mucho quienes nada muchos cual poco ella "
    "estar estas algunas algo nosotros mi mis tú te ti tu tus ellas es son fue ser era cuál "
    "quién cuándo dónde cómo cuáles";

constexpr std::string_view kEnglishAsking =
    "what when where who whom whose which why how did does do done is are was were has have had "
    "would could should can will shall might may many much long often kind kinds type types "
    "some any all been being he she they his her him them their theirs you your i my me we our "
    "about after before during from has than so too very just both each more most other own "
    "same such only also out up down over under again then once here";

constexpr std::string_view kSpanishAsking =
    "qué que cuál cuáles cuándo dónde cómo quién quiénes cuánto cuánta cuántos cuántas por para "
    "es son fue fueron era eran ha han había está están estaba tiene tienen tuvo hay se lo le "
    "les su sus el la los las un una unos unas de del al en con y o a durante antes después "
    "desde hasta sobre entre cual cuando donde como quien cuanto tipo tipos";

constexpr std::string_view kEnglishHint =
    "the and of to in is was for on with that it as at by from are be this an have had has not "
    "what when who which how did does do i you he she they my your we";

constexpr std::string_view kSpanishHint =
    "de la que el en y los del se las por un para con no una su al lo como más pero qué es cuál "
    "quién cuándo dónde cómo fue son mi tu yo";

WordList Split(std::string_view words) {
  WordList list;
  for (const auto word : std::views::split(words, ' ')) list.emplace(word.begin(), word.end());
  return list;
}

}  // namespace

const WordList& StopWords(Language language) {
  static const WordList english = Split(kEnglishStop);
  static const WordList spanish = Split(kSpanishStop);
  return language == Language::kEnglish ? english : spanish;
}

const WordList& AskingWords(Language language) {
  static const WordList english = Split(kEnglishAsking);
  static const WordList spanish = Split(kSpanishAsking);
  return language == Language::kEnglish ? english : spanish;
}

const WordList& HintWords(Language language) {
  static const WordList english = Split(kEnglishHint);
  static const WordList spanish = Split(kSpanishHint);
  return language == Language::kEnglish ? english : spanish;
}

}  // namespace nexus::text

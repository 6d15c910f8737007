// Each command, from its flags to its exit code, in the file of its name.
#pragma once

#include "cli/flags.h"

namespace nexus::cli {

void AddStatus(Flags& all, const Defaults& defaults);
void AddRemember(Flags& all, const Defaults& defaults);
void AddRecall(Flags& all, const Defaults& defaults);
void AddEpisodes(Flags& all, const Defaults& defaults);  // list, show, forget
void AddImport(Flags& all, const Defaults& defaults);
void AddRevise(Flags& all, const Defaults& defaults);  // revise, invalidate, history
void AddBrain(Flags& all, const Defaults& defaults);
void AddKey(Flags& all, const Defaults& defaults);
void AddSpace(Flags& all, const Defaults& defaults);
void AddEmbeddings(Flags& all, const Defaults& defaults);
void AddBench(Flags& all, const Defaults& defaults);
void AddDemo(Flags& all, const Defaults& defaults);
void AddDoctor(Flags& all, const Defaults& defaults);
void AddPsql(Flags& all, const Defaults& defaults);
void AddShellHelp(Flags& all, const Defaults& defaults);  // completion, man

}  // namespace nexus::cli

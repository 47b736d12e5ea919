#pragma once

#include "cli/options.h"
#include "session/output.h"

namespace memfit::plugin {

/// Runs a parsed command and returns its exit code; errors are printed to `streams.err` as
/// `error: what failed, where, and the next thing to try`.
[[nodiscard]] int run(const Command& command, const Streams& streams);

/// The whole program after main: parses, runs, prints what is wrong.
[[nodiscard]] int runProgram(const std::vector<std::string>& arguments, const Streams& streams);

}  // namespace memfit::plugin

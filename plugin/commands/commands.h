#pragma once

#include "session/session.h"

namespace memfit::plugin {

/// The commands. Each returns its exit code (exitDone or exitFound) after printing its result to
/// standard output, or the error to report; what was measured up to then has been printed.
[[nodiscard]] Result<int> runProbe(const Context& context);
[[nodiscard]] Result<int> runSqueeze(const Context& context);
[[nodiscard]] Result<int> runBench(const Context& context);
[[nodiscard]] Result<int> runRecommend(const Context& context);
[[nodiscard]] Result<int> runLint(const Context& context);
[[nodiscard]] Result<int> runCleanup(const Context& context);

/// --dry-run of any of them: says what would be run, and touches nothing.
[[nodiscard]] Result<int> runDryRun(const Context& context);

}  // namespace memfit::plugin

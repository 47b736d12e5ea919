#pragma once

#include "cli/options.h"
#include "trial/side_commands.h"

namespace memfit::plugin {

/// The commands beside the load, split into words. Errors: those of parseLoadCommand().
[[nodiscard]] Result<SidePlan> sidePlan(const Options& options);

/// Does anything that runs for each trial use {dir}?
[[nodiscard]] bool wantsFolder(const Options& options, const LoadPlan& load, const SidePlan& side);

}  // namespace memfit::plugin

#include "session/side_plan.h"

#include <algorithm>
#include <tuple>

namespace memfit::plugin {

Result<SidePlan> sidePlan(const Options& options) {
    SidePlan plan;
    for (const auto& [flag, text, field] :
         {std::tuple("setup", &options.setup, &plan.setup),
          std::tuple("prepare", &options.prepare, &plan.prepare),
          std::tuple("cleanup", &options.cleanupCommand, &plan.cleanup)}) {
        if (!*text) continue;
        auto command = parseLoadCommand(**text, flag);
        if (!command) return command.error();
        *field = *std::move(command);
    }
    return plan;
}

bool wantsFolder(const Options& options, const LoadPlan& load, const SidePlan& side) {
    const auto uses = [](const std::optional<LoadCommand>& command) {
        return command && usesFolder(command->words);
    };
    return usesFolder(options.program) || usesFolder(load.load.words) || uses(load.warmup) ||
           uses(side.prepare) || std::ranges::any_of(options.env, [](const auto& variable) {
               return usesFolder({variable.second});
           });
}

}  // namespace memfit::plugin

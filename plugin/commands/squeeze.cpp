#include <algorithm>

#include "commands/commands.h"
#include "commands/measure/experiment.h"
#include "memfit/describe/describe.h"

namespace memfit::plugin {

Result<int> runSqueeze(const Context& context) {
    auto session = Session::open(context, {});
    if (!session) return session.error();
    const auto finished = squeezeStage(context, **session, 0);
    // A first trial that went wrong taught nothing that the error does not say.
    if (std::ranges::any_of(finished.result.trials, [](const Trial& trial) {
            return saysSomethingAboutTheEdge(trial.outcome);
        })) {
        const auto printed = print({toJson(finished.result), describe(finished.result, {true})},
                                   context.options, context.streams);
        if (!printed) return printed.error();
    }
    if (finished.stopped) return *finished.stopped;
    return 0;
}

}  // namespace memfit::plugin

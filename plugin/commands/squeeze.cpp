#include "commands/commands.h"
#include "commands/experiment.h"
#include "memfit/report/describe.h"

namespace memfit::plugin {

Result<int> runSqueeze(const Context& context) {
    auto session = Session::open(context, {});
    if (!session) return session.error();
    const auto finished = squeezeStage(context, **session, 0);
    if (!finished.result.trials.empty()) {
        const auto printed = print({toJson(finished.result), describe(finished.result, {true})},
                                   context.options, context.streams);
        if (!printed) return printed.error();
    }
    if (finished.stopped) return *finished.stopped;
    return 0;
}

}  // namespace memfit::plugin

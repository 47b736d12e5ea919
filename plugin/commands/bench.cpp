#include "commands/commands.h"
#include "commands/measure/experiment.h"
#include "memfit/describe/describe.h"
#include "session/files.h"

namespace memfit::plugin {
namespace {

bool hasMinimum(const Results& results) {
    for (const auto& squeeze : results.squeezes) {
        if (squeeze.minimum) return true;
    }
    return false;
}

}  // namespace

Result<int> runBench(const Context& context) {
    auto inputs = readResultFiles(context.options.files);
    if (context.loop.signal()) return EventLoop::interruption();
    if (!inputs) return inputs.error();
    auto session = Session::open(context, *inputs);
    if (!session) return session.error();

    if (!context.options.minimum && !hasMinimum(*inputs) && anyLimitNeedsMinimum(context.options)) {
        const auto squeezed = squeezeStage(context, **session, worstCase(context.options).bench);
        fold(squeezed.result, *inputs);
        if (squeezed.stopped &&
            (!squeezed.result.minimum || squeezed.stopped->kind != ErrorKind::inconclusive)) {
            if (squeezed.result.trials.empty()) return *squeezed.stopped;
            const auto printed = print({toJson(squeezed.result), describe(squeezed.result, {true})},
                                       context.options, context.streams);
            return printed ? *squeezed.stopped : printed.error();
        }
    }
    const auto finished = benchStage(context, **session, *inputs, 0);
    if (!finished.result.cells.empty()) {
        const auto printed =
            print({toJson(finished.result), describe(finished.result, {context.options.verbose})},
                  context.options, context.streams);
        if (!printed) return printed.error();
    }
    if (finished.stopped) return *finished.stopped;
    return 0;
}

}  // namespace memfit::plugin

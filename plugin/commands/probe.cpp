#include <fmt/format.h>

#include "commands/commands.h"
#include "commands/measure/squeeze_loop.h"
#include "commands/read/live.h"
#include "memfit/describe/describe.h"
#include "testbed/stats_page.h"

namespace memfit::plugin {
namespace {

/// The pods of the workload as they run, without a load.
Result<int> probeLive(const Context& context) {
    const auto startedAt = timestampNow();
    const auto cluster = openCluster(context, context.options.target);
    if (!cluster) return cluster.error();
    const auto facts = readLive(context, **cluster);
    if (!facts) return facts.error();
    const auto result = probeOf(*facts, liveHeader(**cluster, *facts, startedAt));
    const auto printed =
        print({toJson(result), describe(result)}, context.options, context.streams);
    if (!printed) return printed.error();
    if (facts->pods.empty()) {
        return failure(fmt::format("no pod of {} runs", (*cluster)->workload.label()),
                       "scale it up, or give a --load, which a trial pod takes");
    }
    if (!result.idle && !result.usage) return failure("no pod's memory could be read");
    return 0;
}

}  // namespace

Result<int> runProbe(const Context& context) {
    if (!context.options.target.empty() && !context.options.load) return probeLive(context);
    auto session = Session::open(context, {});
    if (!session) return session.error();
    context.progress.stage("probe", 0);
    const auto record = (*session)->trials().run(plainSettings(std::nullopt), 0, false);
    if (!record) return record.error();

    ProbeResult result = probeOf(*record);
    std::optional<Error> stopped;
    if (record->trial.outcome != Outcome::survived) stopped = trialFailure(*record);
    result.header = (*session)->header({}, std::nullopt);
    const auto printed =
        print({toJson(result), describe(result)}, context.options, context.streams);
    if (!printed) return printed.error();
    if (stopped) return *stopped;
    if (!result.idle && !result.loaded) {
        if (record->noStatistics) return *record->noStatistics;
        return failure("the program shows no memory statistics",
                       "publish them (import _ \"expvar\"), or name them with --stats-port and "
                       "--stats-path");
    }
    return 0;
}

}  // namespace memfit::plugin

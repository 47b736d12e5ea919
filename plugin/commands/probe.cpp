#include "commands/commands.h"
#include "commands/squeeze_loop.h"
#include "memfit/report/describe.h"

namespace memfit::plugin {

Result<int> runProbe(const Context& context) {
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
        return failure("the program shows no memory statistics",
                       "publish them (import _ \"expvar\"), or name them with --stats-port and "
                       "--stats-path");
    }
    return 0;
}

}  // namespace memfit::plugin

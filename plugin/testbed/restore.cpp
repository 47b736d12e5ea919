#include "commands/restore.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memfit/manifest/in_place.h"
#include "memfit/manifest/workload.h"
#include "testbed/pod_testbed.h"

namespace memfit::plugin {
namespace {

/// Somebody else may write between our read and our patch.
constexpr int attempts = 5;

std::vector<std::string> lines(const RunRecord& record, const RestorePatch& restore) {
    std::vector<std::string> text;
    if (restore.patch) {
        text.push_back(fmt::format("restored {} in namespace {}", record.workloadLabel, record.ns));
    }
    if (!restore.leftAlone.empty()) {
        text.push_back(fmt::format("left alone in {} what somebody else changed meanwhile: {}",
                                   record.workloadLabel, fmt::join(restore.leftAlone, ", ")));
    }
    return text;
}

}  // namespace

Result<std::vector<std::string>> restoreWorkload(EventLoop& loop, ClusterApi& api,
                                                 const RunRecord& record) {
    std::optional<Error> problem;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const auto live = throughRestarts(loop, [&] {
            return api.read("/" + record.workloadPath, "reading " + record.workloadLabel);
        });
        if (!live) {
            if (isFailure(live.error(), CallFailure::notFound)) return std::vector<std::string>{};
            return live.error();
        }
        const auto workload = readWorkload(*live, record.workloadLabel);
        if (!workload) return workload.error();
        // Another object of the same name is not the one we changed.
        if (!record.workloadUid.empty() && workload->uid != record.workloadUid) {
            return std::vector<std::string>{};
        }
        const auto restore = restorePatch(record.original, record.ours, *live);
        if (!restore) return restore.error();
        if (!restore->patch) return lines(record, *restore);
        const auto patched = api.kubectl().runThroughSignals(
            {"patch", record.workloadLabel, "--namespace=" + record.ns, "--type=json",
             "--patch=" + *restore->patch, "--output=name"},
            std::nullopt, 60);
        if (!patched) return patched.error();
        if (patched->status.success()) return lines(record, *restore);
        problem = callError("restoring " + record.workloadLabel, patched->err);
    }
    return *problem;
}

}  // namespace memfit::plugin

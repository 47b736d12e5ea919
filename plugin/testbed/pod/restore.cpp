#include "testbed/pod/restore.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memfit/kube/workload.h"
#include "memfit/pod/in_place.h"
#include "testbed/pod/pod_world.h"

namespace memfit::plugin {
namespace {

/// Somebody else may write between our read and our patch, and the API server may restart.
constexpr int attempts = 30;
constexpr double pauseSeconds = 1;
constexpr double callSeconds = 30;

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

Result<std::vector<std::string>> restoreWorkload(EventLoop& loop, Cluster& cluster,
                                                 const RunRecord& record) {
    const Patience patience{callSeconds, true};
    std::optional<Error> problem;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        if (attempt > 0) (void)loop.waitThroughSignals([] { return false; }, pauseSeconds);
        const auto live =
            cluster.read("/" + record.workloadPath, "reading " + record.workloadLabel, patience);
        if (!live) {
            if (live.error().failure == CallFailure::notFound) return std::vector<std::string>{};
            // kubectl itself did not run, or did not end.
            if (live.error().said.empty()) return live.error();
            problem = live.error();
            continue;
        }
        const auto workload = readWorkload(*live, record.workloadLabel);
        if (!workload) return workload.error();
        // Another object of the same name is not the one we changed.
        if (!record.workloadUid.empty() && workload->uid != record.workloadUid) {
            return std::vector<std::string>{};
        }
        const auto restore = restorePatch(record.original, record.ours, *live);
        if (!restore) return restore.error();
        const auto patch =
            withAnnotation(restore->patch.value_or("[]"), *live, inPlaceAnnotation, std::nullopt);
        if (!patch) return patch.error();
        if (*patch != "[]") {
            const auto patched =
                cluster.patch({record.ns, record.workloadLabel, Patch::Type::json, *patch, false,
                               "restoring " + record.workloadLabel, patience});
            if (!patched) {
                if (patched.error().said.empty()) return patched.error();
                problem = patched.error();
                continue;
            }
        }
        return lines(record, *restore);
    }
    return *problem;
}

}  // namespace memfit::plugin

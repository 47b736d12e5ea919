#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cluster/pod_removal.h"
#include "commands/commands.h"
#include "journal/private_folder.h"
#include "journal/run_journal.h"
#include "memfit/kube/resources.h"
#include "memfit/pod/trial_pod.h"
#include "session/cluster.h"
#include "session/consent.h"
#include "testbed/pod/restore.h"
#include "testbed/pod/trial_revisions.h"

namespace memfit::plugin {
namespace {

using Json = nlohmann::json;

/// A pod that some run made.
struct LeftPod {
    std::string ns, name, runId;
    bool ended = false;  ///< its deadline or its program's end has come
};

std::string textAt(const Json& object, const char* pointer) {
    const Json::json_pointer place(pointer);
    if (!object.is_object() || !object.contains(place) || !object[place].is_string()) return {};
    return object[place].get<std::string>();
}

Result<std::vector<LeftPod>> listPods(Cluster& cluster, const std::string& ns) {
    const auto labels = fmt::format("{}={},{}", managedByLabel, managedByValue, runIdLabel);
    const auto body = cluster.read(listPath(Resource::pods, ns, {.labels = labels}),
                                   fmt::format("listing the trial pods of namespace {}", ns));
    if (!body) return body.error();
    const auto list = Json::parse(*body, nullptr, false);
    std::vector<LeftPod> pods;
    if (!list.is_object() || !list.contains("items")) return failure("the list of pods is none");
    for (const auto& pod : list["items"]) {
        const auto phase = textAt(pod, "/status/phase");
        pods.push_back({ns, textAt(pod, "/metadata/name"),
                        textAt(pod, "/metadata/labels/memfit.dev~1run-id"),
                        phase == "Failed" || phase == "Succeeded"});
    }
    return pods;
}

/// Whose a pod is, and whether that run is over.
class Runs {
public:
    explicit Runs(const std::optional<std::string>& context) {
        for (auto& run : journaledRuns()) {
            if (run.record.context == context) known_.emplace(run.record.runId, std::move(run));
        }
    }

    [[nodiscard]] bool mayRemove(const LeftPod& pod) const {
        const auto found = known_.find(pod.runId);
        return found == known_.end() ? pod.ended : !isAlive(found->second.record);
    }
    [[nodiscard]] std::vector<const JournaledRun*> dead() const {
        std::vector<const JournaledRun*> runs;
        for (const auto& [id, run] : known_) {
            if (!isAlive(run.record)) runs.push_back(&run);
        }
        return runs;
    }

private:
    std::map<std::string, JournaledRun> known_;
};

/// Pods that are gone, and why the first that is not is still there.
struct Removed {
    std::vector<LeftPod> pods;
    std::optional<Error> problem;
};

Removed removeEach(const Context& context, Cluster& cluster, const std::vector<LeftPod>& pods) {
    Removed removed;
    for (const auto& pod : pods) {
        const auto problem = removePods(context.loop, cluster, {pod.ns, pod.name, ""});
        if (!problem) {
            removed.pods.push_back(pod);
        } else if (!removed.problem) {
            removed.problem = failure(
                fmt::format("pod {} in namespace {} was not removed: {}", pod.name, pod.ns,
                            *problem),
                fmt::format("see what holds it: kubectl get pod {} --namespace {} --output yaml",
                            pod.name, pod.ns));
        }
    }
    return removed;
}

/// What was done to the workloads of killed runs, a line each, and whose history holds more.
struct Restored {
    std::vector<std::string> lines;
    std::map<std::string, Error> left;  ///< by run
};

Result<Restored> restoreEach(const Context& context, Cluster& cluster,
                             const std::vector<const JournaledRun*>& runs) {
    Restored restored;
    const auto note = [&context](const std::string& text) { context.progress.note(text); };
    for (const auto* const run : runs) {
        const auto& record = run->record;
        if (record.original.empty()) continue;
        if (!record.restored) {
            const auto lines = restoreWorkload(context.loop, cluster, record);
            if (!lines) return lines.error();
            restored.lines.insert(restored.lines.end(), lines->begin(), lines->end());
            if (auto noted = RunJournal::noteRestoredIn(run->file); !noted) return noted.error();
        }
        const auto tidied = tidyHistory(context.loop, cluster, record, note);
        if (auto line = tidied.line(record)) restored.lines.push_back(*std::move(line));
        if (tidied.left) restored.left.emplace(record.runId, *tidied.left);
    }
    return restored;
}

/// The same, as it would be.
std::string wouldRestore(const std::vector<const JournaledRun*>& runs) {
    std::string text;
    for (const auto* const run : runs) {
        const auto& record = run->record;
        if (record.original.empty()) continue;
        if (!record.restored) {
            text +=
                fmt::format("would restore {} in namespace {}\n", record.workloadLabel, record.ns);
        }
        if (record.ours.empty() || !record.revisionsBefore) continue;
        text += fmt::format(
            "would remove from the history of {} in namespace {} what only trials "
            "made\n",
            record.workloadLabel, record.ns);
    }
    return text;
}

Result<void> agreeToAll(const Context& context, const std::vector<LeftPod>& pods) {
    if (pods.empty()) return {};
    std::vector<std::string> lines;
    lines.reserve(pods.size());
    for (const auto& pod : pods) {
        lines.push_back(fmt::format("pod {} in namespace {}", pod.name, pod.ns));
    }
    return askConsent(context, "trial pods of runs that may still be going on:", lines,
                      "remove them?");
}

/// Removes the folders of killed runs on this machine, or says that it would.
std::string removeFolders(bool dryRun) {
    std::string text;
    for (const auto& folder : abandonedFolders()) {
        const auto* const done = dryRun                ? "would remove"
                                 : removeWhole(folder) ? "removed"
                                                       : "could not remove all of";
        text += fmt::format("{} folder {}\n", done, folder.string());
    }
    return text;
}

std::string orNothing(std::string text) {
    return text.empty() ? "nothing to clean up\n" : std::move(text);
}

std::string summary(const std::vector<std::string>& restored, const std::vector<LeftPod>& removed,
                    std::size_t kept) {
    std::string text;
    for (const auto& line : restored) text += line + "\n";
    for (const auto& pod : removed) {
        text += fmt::format("removed pod {} in namespace {}\n", pod.name, pod.ns);
    }
    if (kept > 0) {
        text += fmt::format("left {} trial pod{} of live runs alone; --all removes them too\n",
                            kept, kept == 1 ? "" : "s");
    }
    return text;
}

}  // namespace

Result<int> runCleanup(const Context& context) {
    // What lies on this machine needs no cluster.
    const auto folders = removeFolders(context.options.dryRun);
    auto cluster = connect(context);
    if (!cluster) {
        const auto printed = printText(folders, context.streams);
        return printed ? cluster.error() : printed.error();
    }
    auto& api = (*cluster)->api;
    const Runs runs((*cluster)->context.name);

    std::set<std::string> namespaces{(*cluster)->context.ns};
    for (const auto* const run : runs.dead()) namespaces.insert(run->record.ns);
    const auto restored =
        context.options.dryRun ? Restored() : restoreEach(context, api, runs.dead());
    if (!restored) return restored.error();
    std::vector<LeftPod> removable, others;
    for (const auto& ns : namespaces) {
        const auto pods = listPods(api, ns);
        if (!pods) return pods.error();
        for (const auto& pod : *pods) (runs.mayRemove(pod) ? removable : others).push_back(pod);
    }
    if (context.options.all) {
        if (auto agreed = agreeToAll(context, others); !agreed) return agreed.error();
        removable.insert(removable.end(), others.begin(), others.end());
        others.clear();
    }
    if (context.options.dryRun) {
        std::string text = folders;
        for (const auto& pod : removable) {
            text += fmt::format("would remove pod {} in namespace {}\n", pod.name, pod.ns);
        }
        text += wouldRestore(runs.dead());
        const auto printed = printText(orNothing(text), context.streams);
        if (!printed) return printed.error();
        return 0;
    }
    const auto removed = removeEach(context, api, removable);
    // With a pod left, the records of the runs stay: it may be one of theirs.
    if (!removed.problem) {
        for (const auto* const run : runs.dead()) {
            if (restored->left.contains(run->record.runId)) continue;
            std::error_code ignored;
            std::filesystem::remove(run->file, ignored);
        }
    }
    const auto printed =
        printText(orNothing(folders + summary(restored->lines, removed.pods, others.size())),
                  context.streams);
    if (!printed) return printed.error();
    if (removed.problem) return *removed.problem;
    if (!restored->left.empty()) return restored->left.begin()->second;
    return 0;
}

}  // namespace memfit::plugin

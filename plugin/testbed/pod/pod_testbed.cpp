#include "testbed/pod/pod_testbed.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "cluster/namespace_reader.h"
#include "cluster/pod_removal.h"
#include "cluster/rights.h"
#include "memfit/kube/resources.h"
#include "memfit/settings/go_settings.h"
#include "testbed/pod/pod_ceiling.h"
#include "testbed/pod/pod_instance.h"

namespace memfit::plugin {
namespace {

constexpr int removeAttempts = 3;
/// A pod's name is a DNS label here: its number and the run's id take part of the 63 letters.
constexpr std::size_t longestWorkload = 30;

std::string podName(const PodOptions& options, int number) {
    auto workload = options.workload.name.substr(0, longestWorkload);
    std::replace(workload.begin(), workload.end(), '.', '-');
    while (workload.ends_with('-')) workload.pop_back();
    return fmt::format("memfit-{}-{}-{}", workload, options.runId, number);
}

bool isReadWriteOnce(const nlohmann::json& claim) {
    const nlohmann::json::json_pointer place("/spec/accessModes");
    if (!claim.is_object() || !claim.contains(place)) return true;
    const auto& modes = claim[place];
    return std::none_of(modes.begin(), modes.end(), [](const nlohmann::json& mode) {
        return mode == "ReadWriteMany" || mode == "ReadOnlyMany";
    });
}

/// What admission says of a refusal, or what was found wrong with the pod it made.
std::string reasonOf(const CallError& refusal) {
    return refusal.refusal.reason.empty() ? refusal.what : refusal.refusal.reason;
}

bool mounts(const nlohmann::json& pod, const std::string& claim) {
    const nlohmann::json::json_pointer volumes("/spec/volumes");
    const nlohmann::json::json_pointer name("/persistentVolumeClaim/claimName");
    const nlohmann::json::json_pointer phase("/status/phase");
    if (!pod.is_object() || !pod.contains(volumes)) return false;
    if (pod.contains(phase) && (pod[phase] == "Succeeded" || pod[phase] == "Failed")) return false;
    return std::any_of(pod[volumes].begin(), pod[volumes].end(), [&](const nlohmann::json& volume) {
        return volume.is_object() && volume.contains(name) && volume[name] == claim;
    });
}

}  // namespace

PodTestbed::PodTestbed(EventLoop& loop, Cluster& cluster, PodOptions options, Consent consent,
                       std::function<void(const std::string&)> note,
                       std::optional<RunJournal> journal)
    : world_{loop, cluster, std::move(options)},
      consent_(std::move(consent)),
      note_(std::move(note)),
      journal_(std::move(journal)),
      ceiling_(world_.options.ceiling) {}

PodTestbed::~PodTestbed() {
    removeAll();
}

Environment PodTestbed::environment() const {
    auto environment = world_.environment("pod");
    environment.kubernetesVersion = version_;
    return environment;
}

std::vector<Warning> PodTestbed::warnings() const {
    auto all = warnings_;
    world_.addWarnings(all);
    return all;
}

void PodTestbed::warn(const std::string& code, const std::string& text) {
    const Warning warning{code, text};
    if (std::find(warnings_.begin(), warnings_.end(), warning) == warnings_.end()) {
        warnings_.push_back(warning);
    }
}

/// All rights that a run and its removal take: asked before anything is made.
Result<void> PodTestbed::checkPermissions() {
    std::vector<Right> rights;
    for (const auto* const verb : {"create", "delete", "get", "list", "watch"}) {
        rights.push_back({verb, "pods", ""});
    }
    // The log of a load pod is its report.
    if (world_.options.via == Via::pod) rights.push_back({"get", "pods", "log"});
    const auto checked = checkRights(world_.cluster, world_.options.ns, "trial pods", rights);
    if (!checked) return checked.error();
    return {};
}

Result<void> PodTestbed::readNamespace() {
    auto reading =
        readNamespaceSelectors(world_.cluster, world_.options.ns, world_.options.workloadJson);
    if (!reading) return reading.error();
    selectors_ = std::move(reading->selectors);
    if (!reading->unreadable.empty()) {
        warn("selectors-unknown",
             fmt::format("may not list {}: whether they would select the trial pods is not known",
                         fmt::join(reading->unreadable, ", ")));
    }
    if (const auto version = world_.cluster.readIfAllowed("/version", "reading the version");
        version) {
        const auto tree = nlohmann::json::parse(version->value_or(""), nullptr, false);
        if (tree.is_object() && tree.contains("gitVersion") && tree["gitVersion"].is_string()) {
            version_ = tree["gitVersion"].get<std::string>();
        }
    }
    return {};
}

Result<void> PodTestbed::checkClaims(const std::vector<std::string>& claims) {
    if (claims.empty()) return {};
    const auto& ns = world_.options.ns;
    const auto pods = world_.cluster.read(listPath(Resource::pods, ns), "listing the pods");
    if (!pods) return pods.error();
    const auto list = nlohmann::json::parse(*pods, nullptr, false);
    if (!list.is_object() || !list.contains("items")) return failure("the list of pods is none");
    for (const auto& name : claims) {
        const auto body = world_.cluster.read(
            objectPath(Resource::persistentVolumeClaims, ns, name), "reading claim " + name);
        if (!body) return body.error();
        if (!isReadWriteOnce(nlohmann::json::parse(*body, nullptr, false))) continue;
        for (const auto& pod : list["items"]) {
            if (mounts(pod, name)) {
                return failure(fmt::format("the copy would mount the claim {}, which one node at a "
                                           "time may write to and a pod uses now",
                                           name),
                               "measure the workload itself with --in-place");
            }
        }
    }
    return {};
}

TrialPodPlan PodTestbed::planFor(const Settings& settings, const std::string& name) const {
    TrialPodPlan plan;
    plan.podName = name;
    plan.runId = world_.options.runId;
    plan.container = world_.options.container;
    plan.limit = settings.limit;
    plan.ceiling = ceiling_;
    if (ceilingReserved_) plan.request = ceiling_;
    plan.leastRequest = leastRequest_;
    if (!world_.options.keepEnv || settings.mode != Mode::plain) {
        plan.gomemlimit = settings.gomemlimit ? formatGomemlimit(*settings.gomemlimit) : "off";
        plan.gogc = settings.gogc;
    }
    plan.env = world_.options.env;
    plan.unsetEnv = world_.options.unsetEnv;
    plan.skipInit = world_.options.skipInit;
    plan.keepLabels = world_.options.keepLabels;
    plan.force = world_.options.force;
    plan.activeDeadlineSeconds = world_.options.deadlineSeconds;
    return plan;
}

Call<AdmittedPod> PodTestbed::send(const TrialPod& pod, const std::string& name, bool dryRun) {
    const auto& ns = world_.options.ns;
    const auto rehearsal = [&] { return world_.cluster.create(ns, pod.json, true); };
    const auto admitted = dryRun ? throughRestarts(world_.loop, rehearsal)
                                 : createPod(world_.loop, world_.cluster, ns, name, pod.json);
    if (!admitted) return admitted.error();
    auto checked = checkAdmitted(pod.json, *admitted);
    if (!checked) return checked.error();
    return *std::move(checked);
}

Call<void> PodTestbed::rehearse(const Settings& settings, const std::string& name) {
    const auto pod = makeTrialPod(world_.options.workload, planFor(settings, name), selectors_);
    if (!pod) return pod.error();
    if (const auto admitted = send(*pod, name, true); !admitted) return admitted.error();
    return {};
}

Result<void> PodTestbed::admit(const Settings& settings, const std::string& name) {
    const auto& limit = settings.limit;
    if (limit && !admitted_.holds(*limit)) return notAdmitted(admitted_, *limit);
    const auto rehearsed = rehearse(settings, name);
    if (!rehearsed) return learnLeast(settings, rehearsed.error(), name);
    if (limit) smallestAdmitted_ = std::min(smallestAdmitted_.value_or(*limit), *limit);
    return {};
}

/// A pod that is refused while the same pod is admitted with more memory was refused for its limit:
/// by a policy, or by a LimitRange that may not be read. From where on they are admitted is found
/// by dry runs, to the MiB. Returns what to say of the refusal.
Error PodTestbed::learnLeast(Settings settings, const CallError& refusal, const std::string& name) {
    if (refusal.kind != ErrorKind::failed || refusal.failure == CallFailure::unreachable ||
        !settings.limit || !smallestAdmitted_ || *settings.limit >= *smallestAdmitted_) {
        return refusal;
    }
    const Bytes asked = *settings.limit;
    // Another trial beside this one may have found it meanwhile.
    if (!admitted_.holds(asked)) return notAdmitted(admitted_, asked);
    Bytes refused = asked;
    Bytes admitted = *smallestAdmitted_;
    std::string words = reasonOf(refusal);
    settings.limit = admitted;
    if (const auto again = rehearse(settings, name); !again) {
        return again.error().kind == ErrorKind::interrupted ? again.error() : refusal;
    }
    while (admitted - refused > MiB) {
        const Bytes middle = (refused + (admitted - refused) / 2) / MiB * MiB;
        settings.limit = std::max(middle, ceilToMiB(refused + 1));
        const auto rehearsed = rehearse(settings, name);
        if (rehearsed) {
            admitted = *settings.limit;
            continue;
        }
        if (rehearsed.error().kind != ErrorKind::failed ||
            rehearsed.error().failure == CallFailure::unreachable) {
            return rehearsed.error();
        }
        refused = *settings.limit;
        words = reasonOf(rehearsed.error());
    }
    smallestAdmitted_ = std::min(*smallestAdmitted_, admitted);
    admitted_.least = admitted;
    admitted_.leastBy = words;
    return notAdmitted(admitted_, asked);
}

Result<void> PodTestbed::tryAdmission(const Settings& settings) {
    if (!prepared_) return {};
    const auto admitted = admit(settings, podName(world_.options, ++number_));
    const bool told = settings.limit && !admitted_.holds(*settings.limit);
    if (!admitted && !told) return admitted.error();
    return {};
}

Result<void> PodTestbed::prepare(const Settings& settings, const std::string& name) {
    if (prepared_) return {};
    if (auto allowed = checkPermissions(); !allowed) return allowed;
    if (auto read = readNamespace(); !read) return read;
    const auto* const container = world_.container();
    const auto ceiling = podCeiling(world_.cluster, world_.options.ns, world_.options.ceiling,
                                    container != nullptr ? container->memoryLimit : std::nullopt);
    if (!ceiling) return ceiling.error();
    ceiling_ = ceiling->bytes;
    ceilingReserved_ = ceiling->reserve;
    admitted_ = admittedBy(ceiling->range);
    leastRequest_ = ceiling->range.leastRequest(ceiling->bytes);
    if (settings.limit && !admitted_.holds(*settings.limit)) {
        return notAdmitted(admitted_, *settings.limit);
    }

    const auto pod = makeTrialPod(world_.options.workload, planFor(settings, name), selectors_);
    if (!pod) return pod.error();
    if (auto free = checkClaims(pod->claims); !free) return free;
    const auto admitted = send(*pod, name, true);
    if (!admitted) return admitted.error();
    smallestAdmitted_ = settings.limit ? settings.limit : ceiling_;
    for (const auto& notice : pod->notices) warn(notice.code, notice.text);
    for (const auto& notice : admitted->notices) warn(notice.code, notice.text);
    if (auto granted = consent_(pod->disclosure); !granted) return granted;
    world_.watch =
        std::make_unique<PodWatch>(world_.loop, world_.cluster, world_.options.ns,
                                   fmt::format("{}={}", runIdLabel, world_.options.runId));
    prepared_ = true;
    return {};
}

Result<void> PodTestbed::begin(const Settings& settings) {
    return prepare(settings, podName(world_.options, number_ + 1));
}

Result<std::unique_ptr<Instance>> PodTestbed::start(const Settings& settings,
                                                    const std::string& /*folder*/) {
    const bool first = !prepared_;
    const auto name = podName(world_.options, ++number_);
    if (auto done = prepare(settings, name); !done) return done.error();
    if (!first) {
        if (const auto admitted = admit(settings, name); !admitted) return admitted.error();
    }
    const auto pod = makeTrialPod(world_.options.workload, planFor(settings, name), selectors_);
    if (!pod) return pod.error();
    // Before the call: one that is cut short may have made it.
    existing_.insert(name);
    auto instance = std::make_unique<PodInstance>(world_, name, !settings.limit,
                                                  [this, name] { remove(name); });
    if (const auto created = send(*pod, name, false); !created) return created.error();
    return std::unique_ptr<Instance>(std::move(instance));
}

void PodTestbed::remove(const std::string& pod) {
    if (removePods(world_.loop, world_.cluster, {world_.options.ns, pod, ""})) return;
    existing_.erase(pod);
    if (world_.watch) world_.watch->forget(pod);
}

/// Also what others made in the run's name: pods of the load.
void PodTestbed::removeAll() {
    bool done = !prepared_ && existing_.empty();
    std::string problem;
    for (int attempt = 0; attempt < removeAttempts && !done; ++attempt) {
        if (attempt > 0) world_.loop.waitThroughSignals([] { return false; }, 1);
        const auto left = removePods(
            world_.loop, world_.cluster,
            {world_.options.ns, "", fmt::format("{}={}", runIdLabel, world_.options.runId)});
        done = !left;
        if (left) problem = *left;
    }
    if (done) {
        if (journal_) journal_->finish();
        return;
    }
    note_(
        fmt::format("warning: could not remove the pods of run {}: {}; run `kubectl memfit "
                    "cleanup --namespace {}` when the cluster answers",
                    world_.options.runId, problem, world_.options.ns));
}

}  // namespace memfit::plugin

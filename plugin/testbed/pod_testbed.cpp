#include "testbed/pod_testbed.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "memfit/units/go_settings.h"
#include "testbed/namespace_reader.h"
#include "testbed/pod_ceiling.h"
#include "testbed/pod_instance.h"

namespace memfit::plugin {
namespace {

constexpr double removeSeconds = 30;
constexpr int removeAttempts = 3;
/// A pod's name is a DNS label here: its number and the run's id take part of the 63 letters.
constexpr std::size_t longestWorkload = 30;

const Container* containerOf(const PodOptions& options) {
    for (const auto& container : options.workload.containers) {
        if (container.name == options.container) return &container;
    }
    return nullptr;
}

std::string podName(const PodOptions& options, int number) {
    auto workload = options.workload.name.substr(0, longestWorkload);
    std::replace(workload.begin(), workload.end(), '.', '-');
    while (workload.ends_with('-')) workload.pop_back();
    return fmt::format("memfit-{}-{}-{}", workload, options.runId, number);
}

std::string cpuText(std::int64_t milli) {
    return milli % 1000 == 0 ? std::to_string(milli / 1000) : fmt::format("{}m", milli);
}

bool isReadWriteOnce(const nlohmann::json& claim) {
    const nlohmann::json::json_pointer place("/spec/accessModes");
    if (!claim.is_object() || !claim.contains(place)) return true;
    const auto& modes = claim[place];
    return std::none_of(modes.begin(), modes.end(), [](const nlohmann::json& mode) {
        return mode == "ReadWriteMany" || mode == "ReadOnlyMany";
    });
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

PodTestbed::PodTestbed(EventLoop& loop, ClusterApi& api, PodOptions options, Consent consent,
                       std::function<void(const std::string&)> note)
    : loop_(loop),
      api_(api),
      options_(std::move(options)),
      consent_(std::move(consent)),
      note_(std::move(note)),
      ceiling_(options_.ceiling) {}

PodTestbed::~PodTestbed() {
    removeAll();
}

Target PodTestbed::target() const {
    Target target;
    target.type = boost::algorithm::to_lower_copy(std::string(toString(options_.workload.kind)));
    target.ns = options_.ns;
    target.name = options_.workload.name;
    target.container = options_.container;
    if (!options_.workload.uid.empty()) target.uid = options_.workload.uid;
    target.generation = options_.workload.generation;
    target.context = options_.context;
    return target;
}

Environment PodTestbed::environment() const {
    Environment environment;
    environment.testbed = "pod";
    environment.enforcement = "kubelet";
    const auto* const container = containerOf(options_);
    if (container != nullptr && container->cpuLimitMilli) {
        environment.cpuLimit = cpuText(*container->cpuLimitMilli);
    }
    environment.node = node_;
    environment.kubernetesVersion = version_;
    return environment;
}

std::vector<Warning> PodTestbed::warnings() const {
    auto all = warnings_;
    if (forwarded_) {
        all.push_back({"port-forward",
                       "the load went through kubectl port-forward, which slows it and may break; "
                       "its figures compare badly with direct ones (see --via and --load-image)"});
    }
    return all;
}

std::string PodTestbed::via() const {
    if (options_.via == Via::pod) return "pod";
    return forwarded_ ? "port-forward" : "direct";
}

void PodTestbed::warn(const std::string& code, const std::string& text) {
    const Warning warning{code, text};
    if (std::find(warnings_.begin(), warnings_.end(), warning) == warnings_.end()) {
        warnings_.push_back(warning);
    }
}

/// What is made must be removable: asked before anything is made.
Result<void> PodTestbed::checkPermissions() {
    for (const char* const verb : {"create", "delete", "watch"}) {
        const auto answer = api_.kubectl().run(
            {"auth", "can-i", verb, "pods", "--namespace=" + options_.ns, "--quiet"});
        if (!answer) return answer.error();
        if (answer->status.success()) continue;
        if (classifyFailure(answer->err) == CallFailure::unreachable) {
            return callError("kubectl auth can-i", answer->err);
        }
        return failure(fmt::format("trial pods need the verb {} on pods in namespace {}, which "
                                   "this user may not",
                                   verb, options_.ns),
                       "ask for that permission; docs/rbac.md has the role each command needs");
    }
    return {};
}

Result<void> PodTestbed::readNamespace() {
    auto reading = readNamespaceSelectors(api_, options_.ns);
    if (!reading) return reading.error();
    selectors_ = std::move(reading->selectors);
    if (!reading->unreadable.empty()) {
        warn("selectors-unknown",
             fmt::format("may not list {}: whether they would select the trial pods is not known",
                         fmt::join(reading->unreadable, ", ")));
    }
    if (const auto version = api_.readIfAllowed("/version", "reading the version"); version) {
        const auto tree = nlohmann::json::parse(version->value_or(""), nullptr, false);
        if (tree.is_object() && tree.contains("gitVersion") && tree["gitVersion"].is_string()) {
            version_ = tree["gitVersion"].get<std::string>();
        }
    }
    return {};
}

Result<void> PodTestbed::checkClaims(const std::vector<std::string>& claims) {
    if (claims.empty()) return {};
    const auto inNamespace = fmt::format("/api/v1/namespaces/{}", options_.ns);
    const auto pods = api_.read(inNamespace + "/pods", "listing the pods");
    if (!pods) return pods.error();
    const auto list = nlohmann::json::parse(*pods, nullptr, false);
    if (!list.is_object() || !list.contains("items")) return failure("the list of pods is none");
    for (const auto& name : claims) {
        const auto body = api_.read(fmt::format("{}/persistentvolumeclaims/{}", inNamespace, name),
                                    "reading claim " + name);
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

TrialPodPlan PodTestbed::planFor(const Settings& settings) const {
    TrialPodPlan plan;
    plan.podName = podName(options_, number_);
    plan.runId = options_.runId;
    plan.container = options_.container;
    plan.limit = settings.limit;
    plan.ceiling = ceiling_;
    if (ceilingReserved_) plan.request = ceiling_;
    if (!options_.keepEnv || settings.mode != Mode::plain) {
        plan.gomemlimit = settings.gomemlimit ? formatGomemlimit(*settings.gomemlimit) : "off";
        plan.gogc = settings.gogc;
    }
    plan.env = options_.env;
    plan.unsetEnv = options_.unsetEnv;
    plan.skipInit = options_.skipInit;
    plan.keepLabels = options_.keepLabels;
    plan.force = options_.force;
    plan.activeDeadlineSeconds = options_.deadlineSeconds;
    return plan;
}

Result<AdmittedPod> PodTestbed::send(const TrialPod& pod, bool dryRun) {
    std::vector<std::string> words{"create", "--namespace=" + options_.ns, "--filename=-",
                                   "--output=json"};
    if (dryRun) words.emplace_back("--dry-run=server");
    const auto admitted =
        throughRestarts(loop_, [&] { return api_.kubectl().text(words, pod.json); });
    if (!admitted) return admitted.error();
    return checkAdmitted(pod.json, *admitted);
}

Result<void> PodTestbed::prepare(const Settings& settings) {
    if (prepared_) return {};
    if (auto allowed = checkPermissions(); !allowed) return allowed;
    if (auto read = readNamespace(); !read) return read;
    const auto* const container = containerOf(options_);
    const auto ceiling = podCeiling(api_, options_.ns, options_.ceiling,
                                    container != nullptr ? container->memoryLimit : std::nullopt);
    if (!ceiling) return ceiling.error();
    ceiling_ = ceiling->bytes;
    ceilingReserved_ = ceiling->reserve;

    const auto pod = makeTrialPod(options_.workload, planFor(settings), selectors_);
    if (!pod) return pod.error();
    if (auto free = checkClaims(pod->claims); !free) return free;
    const auto admitted = send(*pod, true);
    if (!admitted) return admitted.error();
    for (const auto& notice : pod->notices) warn(notice.code, notice.text);
    for (const auto& notice : admitted->notices) warn(notice.code, notice.text);
    if (auto granted = consent_(pod->disclosure); !granted) return granted;
    watch_ = std::make_unique<PodWatch>(loop_, api_.kubectl(), options_.ns,
                                        fmt::format("{}={}", runIdLabel, options_.runId));
    prepared_ = true;
    return {};
}

Result<std::unique_ptr<Instance>> PodTestbed::start(const Settings& settings) {
    ++number_;
    const bool first = !prepared_;
    if (auto done = prepare(settings); !done) return done.error();
    const auto pod = makeTrialPod(options_.workload, planFor(settings), selectors_);
    if (!pod) return pod.error();
    if (!first) {
        if (const auto admitted = send(*pod, true); !admitted) return admitted.error();
    }
    const auto name = podName(options_, number_);
    // Before the call: one that is cut short may have made it.
    existing_.insert(name);
    auto instance = std::make_unique<PodInstance>(*this, name);
    if (const auto created = send(*pod, false); !created) return created.error();
    return std::unique_ptr<Instance>(std::move(instance));
}

void PodTestbed::remove(const std::string& pod) {
    const auto done = api_.kubectl().runThroughSignals(
        {"delete", "pod", pod, "--namespace=" + options_.ns, "--grace-period=0", "--force",
         "--wait=false", "--ignore-not-found"},
        std::nullopt, removeSeconds);
    if (done && done->status.success()) {
        existing_.erase(pod);
        if (watch_) watch_->forget(pod);
    }
}

void PodTestbed::removeAll() {
    std::string problem;
    for (int attempt = 0; attempt < removeAttempts && !existing_.empty(); ++attempt) {
        const auto done = api_.kubectl().runThroughSignals(
            {"delete", "pods", "--namespace=" + options_.ns,
             fmt::format("--selector={}={}", runIdLabel, options_.runId), "--grace-period=0",
             "--force", "--wait=false", "--ignore-not-found"},
            std::nullopt, removeSeconds);
        if (done && done->status.success()) {
            existing_.clear();
            break;
        }
        problem = done ? done->lastError() : done.error().message();
        loop_.waitThroughSignals([] { return false; }, 1);
    }
    if (existing_.empty()) return;
    note_(
        fmt::format("warning: could not remove {}: {}; run `kubectl memfit cleanup --namespace "
                    "{}` when the cluster answers",
                    fmt::join(existing_, ", "), problem, options_.ns));
}

}  // namespace memfit::plugin

#include "testbed/pod/in_place_testbed.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "cluster/autoscalers.h"
#include "cluster/namespace_reader.h"
#include "cluster/rights.h"
#include "memfit/kube/resources.h"
#include "memfit/settings/go_settings.h"
#include "memfit/units/quantity.h"
#include "testbed/pod/pod_ceiling.h"
#include "testbed/pod/pod_instance.h"
#include "testbed/pod/restore.h"

namespace memfit::plugin {
namespace {

using Json = nlohmann::json;

constexpr double podAppearsSeconds = 120;
constexpr double pollSeconds = 0.2;
/// Until a trial's pods make room for those of the next.
constexpr double roomSeconds = 120;
constexpr double roomPollSeconds = 0.5;
/// Somebody else may change the workload between our read and our patch.
constexpr int patchAttempts = 5;

const Json& at(const Json& object, const char* pointer) {
    static const Json none;
    const Json::json_pointer place(pointer);
    return object.is_object() && object.contains(place) ? object[place] : none;
}

std::string textAt(const Json& object, const char* pointer) {
    const auto& value = at(object, pointer);
    return value.is_string() ? value.get<std::string>() : std::string();
}

/// The literal value of a variable of a container; empty when it has none.
std::string variable(const Json& container, const std::string& name) {
    std::string value;
    for (const auto& entry : at(container, "/env")) {
        if (textAt(entry, "/name") == name) value = textAt(entry, "/value");
    }
    return value;
}

/// The pod was made from the template as our patch left it.
bool hasSettings(const Json& pod, const InPlaceSettings& settings) {
    const Json& annotations = at(pod, "/metadata/annotations");
    const auto mark = annotations.find(inPlaceRunAnnotation);
    if (mark == annotations.end() || *mark != settings.runId) return false;
    for (const auto* const list : {"/spec/containers", "/spec/initContainers"}) {
        for (const auto& container : at(pod, list)) {
            if (textAt(container, "/name") != settings.container) continue;
            const auto limit = parseQuantity(textAt(container, "/resources/limits/memory"));
            const bool sameLimit =
                settings.limit ? limit && limit->bytes == *settings.limit : !limit.has_value();
            return sameLimit &&
                   (!settings.gomemlimit ||
                    variable(container, "GOMEMLIMIT") == *settings.gomemlimit) &&
                   (!settings.gogc || variable(container, "GOGC") == *settings.gogc);
        }
    }
    return false;
}

/// How the user lets the history hold the run's revisions too.
std::string roomierHistory(const RunRecord& record, const RevisionHistory& history) {
    return fmt::format(
        "or raise the limit for the run: kubectl patch {} --namespace {} --type=merge --patch "
        "'{{\"spec\":{{\"revisionHistoryLimit\":{}}}}}'",
        record.workloadLabel, record.ns, oldRevisions(history) + trialRoom);
}

/// The newest of the pods that have the settings, and are not on their way out.
std::string newestWith(const Json& list, const InPlaceSettings& settings) {
    std::string name, created;
    for (const auto& pod : at(list, "/items")) {
        if (!textAt(pod, "/metadata/deletionTimestamp").empty()) continue;
        const auto when = textAt(pod, "/metadata/creationTimestamp");
        if (!hasSettings(pod, settings) || when < created) continue;
        created = when;
        name = textAt(pod, "/metadata/name");
    }
    return name;
}

}  // namespace

InPlaceTestbed::InPlaceTestbed(EventLoop& loop, Cluster& cluster, PodOptions options,
                               Consent consent, std::function<void(const std::string&)> note)
    : world_{loop, cluster, std::move(options)},
      consent_(std::move(consent)),
      note_(std::move(note)),
      record_(ownRecord(world_.options.runId, world_.options.context, world_.options.ns)) {}

InPlaceTestbed::~InPlaceTestbed() {
    restore();
}

Environment InPlaceTestbed::environment() const {
    return world_.environment("in-place");
}

std::vector<Warning> InPlaceTestbed::warnings() const {
    auto all = warnings_;
    world_.addWarnings(all);
    return all;
}

InPlaceSettings InPlaceTestbed::wanted(const Settings& settings) const {
    InPlaceSettings in;
    in.runId = world_.options.runId;
    in.container = world_.options.container;
    in.limit = settings.limit ? settings.limit : ceiling_;
    in.mostRequest = pod_.room();
    if (!world_.options.keepEnv || settings.mode != Mode::plain) {
        in.gomemlimit = settings.gomemlimit ? formatGomemlimit(*settings.gomemlimit) : "off";
        in.gogc = settings.gogc;
    }
    return in;
}

Call<std::string> InPlaceTestbed::readLive() {
    return throughRestarts(world_.loop, [&] {
        return world_.cluster.read("/" + record_.workloadPath, "reading " + record_.workloadLabel);
    });
}

/// Whoever else sets these fields would undo a trial in its midst, or be misled by it.
Result<void> InPlaceTestbed::checkRivals() {
    const auto& workload = world_.options.workload;
    std::vector<std::string> rivals;
    if (workload.gitOps) {
        rivals.push_back(fmt::format("{} {}", workload.gitOps->tool, workload.gitOps->name));
    }
    for (const auto& owner : workload.owners) {
        if (owner.controller) rivals.push_back(fmt::format("{} {}", owner.kind, owner.name));
    }
    const auto reading =
        readNamespaceSelectors(world_.cluster, world_.options.ns, world_.options.workloadJson);
    if (!reading) return reading.error();
    for (const auto& target : reading->selectors.scaleTargets) {
        if (target.kind == toString(workload.kind) && target.name == workload.name) {
            rivals.push_back("HorizontalPodAutoscaler " + target.autoscaler);
        }
    }
    const auto vertical = listVerticalAutoscalers(world_.cluster, world_.options.ns);
    if (!vertical) return vertical.error();
    for (const auto& one : vertical->value_or(std::vector<VerticalAutoscaler>())) {
        if (one.changesPods && one.kind == toString(workload.kind) &&
            one.workload == workload.name) {
            rivals.push_back("VerticalPodAutoscaler " + one.name);
        }
    }
    if (rivals.empty() || world_.options.force) return {};
    return failure(fmt::format("{} is also changed by {}, which would fight a trial in place",
                               workload.label(), fmt::join(rivals, ", ")),
                   "measure copies (leave out --in-place), or add --force");
}

/// The live workload's pods keep the memory that they have as a whole; trial pods have none.
Result<void> InPlaceTestbed::checkWithinPod(Bytes limit) const {
    if (!pod_.limit || limit <= *pod_.limit) return {};
    return failure(
        fmt::format("a trial in place with the limit {} is above the memory limit of the whole pod "
                    "of {}, {}",
                    formatQuantity(limit), world_.options.workload.label(),
                    formatQuantity(*pod_.limit)),
        "measure copies, which have none (leave out --in-place), or ask for no limit above it");
}

Result<void> InPlaceTestbed::stayWithinPod() {
    pod_ = podLevelMemory(world_.options.workload, world_.options.container);
    if (!pod_.limit) return {};
    for (const auto& asked : {world_.options.ceiling, world_.options.largest}) {
        if (!asked) continue;
        if (auto within = checkWithinPod(*asked); !within) return within;
    }
    ceiling_ = std::min(ceiling_.value_or(*pod_.limit), *pod_.limit);
    warnings_.push_back(
        {"pod-limit",
         fmt::format("the pod as a whole has a memory limit of {} (spec.resources), which its "
                     "containers share: no trial in place went above it, and a kill may come of it",
                     formatQuantity(*pod_.limit))});
    return {};
}

/// What a run and its undoing take beside the rights of trials: asked before anything is changed.
Result<void> InPlaceTestbed::checkPermissions() {
    const auto& workload = world_.options.workload;
    const auto revisions = qualifiedName(revisionResource(workload.kind));
    const auto checked = checkRights(world_.cluster, world_.options.ns, "trials in place",
                                     {{"patch", qualifiedName(resourceOf(workload.kind)), ""},
                                      {"list", revisions, ""},
                                      {"delete", revisions, ""}});
    if (!checked) return checked.error();
    return {};
}

Result<LiveHistory> InPlaceTestbed::readLiveHistory() {
    auto live = throughRestarts(world_.loop,
                                [&] { return readHistory(world_.cluster, record_, untilSignal); });
    if (!live) return live.error();
    if (!*live) return failure(record_.workloadLabel + " is gone", "start anew");
    return **std::move(live);
}

Result<void> InPlaceTestbed::checkHistory() {
    const auto live = readLiveHistory();
    if (!live) return live.error();
    const auto& history = live->history;
    if (sparesHistory(history)) return {};
    return failure(
        fmt::format("{} keeps {} old revisions (revisionHistoryLimit) and has {}: trials in place "
                    "would push out some that kubectl rollout undo can go to",
                    record_.workloadLabel, history.limit, oldRevisions(history)),
        "measure copies (leave out --in-place), " + roomierHistory(record_, history));
}

/// Removes the revisions of earlier trials, and where the history is not the run's alone waits
/// until the next one pushes out nothing.
Result<void> InPlaceTestbed::makeRoom() {
    if (record_.ours.empty()) return {};
    const int looks = static_cast<int>(roomSeconds / roomPollSeconds);
    for (int look = 0;; ++look) {
        auto live = readLiveHistory();
        if (!live) return live.error();
        const auto removed = throughRestarts(world_.loop, [&] {
            return removeUnneeded(world_.cluster, record_, *live, untilSignal);
        });
        if (!removed) return removed.error();
        if (*removed > 0) {
            live = readLiveHistory();
            if (!live) return live.error();
        }
        if (!hasOldRevisions_ || hasRoom(live->history, 1)) return {};
        if (look == looks) {
            return failure(
                fmt::format("{} has {} old revisions and keeps {} (revisionHistoryLimit): another "
                            "trial in place would push out one that is not the run's",
                            record_.workloadLabel, oldRevisions(live->history),
                            live->history.limit),
                "wait until its rollout is over, " + roomierHistory(record_, live->history));
        }
        if (!world_.loop.pause(roomPollSeconds)) return EventLoop::interruption();
    }
}

/// On disk before anything is changed; the annotation comes with each change.
Result<void> InPlaceTestbed::recordOriginal() {
    const auto live = readLive();
    if (!live) return live.error();
    const auto tree = Json::parse(*live, nullptr, false);
    const auto other = textAt(tree, "/metadata/annotations/memfit.dev~1in-place");
    if (!other.empty()) {
        return failure(fmt::format("{} is under trial in place by another run, or one was killed",
                                   record_.workloadLabel),
                       "wait for it, or run kubectl memfit cleanup where it was started");
    }
    auto original = inPlaceOriginal(*live, world_.options.container);
    if (!original) return original.error();
    record_.original = *std::move(original);
    const auto before = readLiveHistory();
    if (!before) return before.error();
    record_.revisionsBefore = uidsOf(before->history);
    hasOldRevisions_ = oldRevisions(before->history) > 0;
    auto journal = RunJournal::begin(record_);
    if (!journal) return journal.error();
    journal_.emplace(*std::move(journal));
    return journal_->noteOriginal(record_);
}

std::string InPlaceTestbed::annotation() const {
    return Json{{"runId", record_.runId}, {"original", record_.original}, {"ours", record_.ours}}
        .dump();
}

Result<void> InPlaceTestbed::prepare() {
    if (prepared_) return {};
    const auto& workload = world_.options.workload;
    // As the journal has it: without its slash.
    record_.workloadPath =
        objectPath(resourceOf(workload.kind), world_.options.ns, workload.name).substr(1);
    record_.workloadLabel = workload.label();
    record_.workloadUid = workload.uid;
    // Of a kind without a history nothing more is asked.
    if (const auto possible =
            inPlaceOriginal(world_.options.workloadJson, world_.options.container);
        !possible) {
        return possible.error();
    }
    if (auto free = checkRivals(); !free) return free;
    const auto* const container = world_.container();
    const auto ceiling = podCeiling(world_.cluster, world_.options.ns, world_.options.ceiling,
                                    container != nullptr ? container->memoryLimit : std::nullopt);
    if (!ceiling) return ceiling.error();
    ceiling_ = ceiling->bytes;
    admitted_ = admittedBy(ceiling->range);
    if (auto within = stayWithinPod(); !within) return within;
    if (auto allowed = checkPermissions(); !allowed) return allowed;
    if (auto spared = checkHistory(); !spared) return spared;
    if (auto granted = consent_({
            fmt::format("patches memory limit and request, GOMEMLIMIT and GOGC of container {}",
                        world_.options.container),
            "rolls out after each patch: live pods are replaced, some are OOM-killed on purpose",
            "restores what it changed at the end; after a kill -9, kubectl memfit cleanup does",
            "removes the revisions that its patches make, so that kubectl rollout undo goes where "
            "it went before",
        });
        !granted) {
        return granted;
    }
    if (auto recorded = recordOriginal(); !recorded) return recorded;
    world_.watch = std::make_unique<PodWatch>(world_.loop, world_.cluster, world_.options.ns,
                                              workload.podSelector);
    prepared_ = true;
    return {};
}

Result<void> InPlaceTestbed::patch(const Settings& settings) {
    if (auto made = makeRoom(); !made) return made;
    std::optional<Error> problem;
    for (int attempt = 0; attempt < patchAttempts; ++attempt) {
        const auto live = readLive();
        if (!live) return live.error();
        const auto change = inPlacePatch(record_.original, *live, wanted(settings));
        if (!change) return change.error();
        if (change->patch == "[]") return {};
        record_.ours.push_back(change->ours);
        if (auto noted = journal_->noteOurs(change->ours); !noted) return noted;
        const auto whole = withAnnotation(change->patch, *live, inPlaceAnnotation, annotation());
        if (!whole) return whole.error();
        const auto patched = throughRestarts(world_.loop, [&] {
            return world_.cluster.patch(
                {record_.ns, record_.workloadLabel, Patch::Type::json, *whole});
        });
        if (patched) return {};
        if (patched.error().failure == CallFailure::forbidden) return patched.error();
        if (patched.error().kind == ErrorKind::interrupted) return patched.error();
        problem = patched.error();
    }
    return *problem;
}

Result<std::string> InPlaceTestbed::awaitPod(const Settings& settings) {
    const auto target = wanted(settings);
    std::string name;
    std::optional<CallError> problem;
    const auto pods = listPath(Resource::pods, world_.options.ns,
                               {.labels = world_.options.workload.podSelector});
    const auto appeared = [&] {
        const auto list = world_.cluster.read(pods, "listing the workload's pods");
        if (!list) {
            problem = list.error();
            return problem->failure != CallFailure::unreachable;
        }
        problem.reset();
        name = newestWith(Json::parse(*list, nullptr, false), target);
        return !name.empty();
    };
    const int looks = static_cast<int>(podAppearsSeconds / pollSeconds);
    for (int look = 0; look < looks && !appeared(); ++look) {
        if (!world_.loop.pause(pollSeconds)) return EventLoop::interruption();
    }
    if (problem) return *problem;
    if (!name.empty()) return name;
    return failure(
        fmt::format("no pod of {} with the trial's settings appeared in {} s",
                    record_.workloadLabel, podAppearsSeconds),
        fmt::format("see kubectl describe {} --namespace {}", record_.workloadLabel, record_.ns));
}

Result<void> InPlaceTestbed::begin(const Settings& /*settings*/) {
    return prepare();
}

Result<std::unique_ptr<Instance>> InPlaceTestbed::start(const Settings& settings,
                                                        const std::string& /*folder*/) {
    if (auto done = prepare(); !done) return done.error();
    if (settings.limit) {
        if (auto within = checkWithinPod(*settings.limit); !within) return within.error();
        // The workload would be taken, and its pods refused.
        if (!admitted_.holds(*settings.limit)) return notAdmitted(admitted_, *settings.limit);
    }
    if (auto done = patch(settings); !done) return done.error();
    const auto pod = awaitPod(settings);
    if (!pod) return pod.error();
    return std::unique_ptr<Instance>(new PodInstance(world_, *pod, !settings.limit, [] {}));
}

void InPlaceTestbed::restore() {
    if (!journal_) return;
    const auto done = restoreWorkload(world_.loop, world_.cluster, record_);
    if (!done) {
        note_(
            fmt::format("warning: could not restore {}: {}; run `kubectl memfit cleanup` when the "
                        "cluster answers",
                        record_.workloadLabel, done.error().message()));
        return;
    }
    for (const auto& line : *done) note_(line);
    // A later cleanup must not take back what others set from now on.
    if (const auto noted = journal_->noteRestored(); !noted) {
        note_("warning: " + noted.error().message());
    }
    const auto tidied = tidyHistory(world_.loop, world_.cluster, record_, note_);
    if (const auto line = tidied.line(record_)) note_(*line);
    if (!tidied.left) {
        journal_->finish();
        return;
    }
    note_("warning: " + tidied.left->message());
}

}  // namespace memfit::plugin

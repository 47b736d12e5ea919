#include "memfit/lint/lint_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "memfit/lint/lint_amounts.h"
#include "memfit/lint/lint_variables.h"
#include "memfit/settings/go_settings.h"
#include "memfit/units/quantity.h"
#include "memfit/units/quoted.h"

namespace memfit::lint {

namespace {

using yaml::NodeId;
using yaml::noNode;
using yaml::Tree;
using yaml::Value;
using Kind = Variable::Kind;

/// Docker refuses less (moby daemon/daemon_unix.go, linuxMinMemory); CRI-O less than 12Mi (cri-o
/// internal/config/cgmgr, its default). With containerd the container's init process must fit.
constexpr Bytes dockersLeast = 6 * MiB;
/// Neither runc's init process nor Go's runtime fits into less.
constexpr Bytes leastOfAll = MiB;

struct View {
    const ContainerView& container;
    const Report& report;
    Amounts amounts;
    Amount podLimit;
    Variable gomemlimit, gogc;
    bool go = false;  ///< it is known to run Go

    [[nodiscard]] const Tree& tree() const { return container.tree(); }
    [[nodiscard]] bool partial() const { return container.subject.partial; }
    [[nodiscard]] Role role() const { return container.member.role; }
    [[nodiscard]] const Amount& limit() const { return amounts.limit; }
    [[nodiscard]] const Amount& request() const { return amounts.request; }
    /// Whether there is a limit. A limit of 0 counts as none: the kubelet sets nothing in the
    /// cgroup, and gives references all that the node can allocate
    /// (k8s.io/kubernetes/pkg/api/v1/resource, MergeContainerResourceLimits).
    [[nodiscard]] bool limited() const { return limit().at != noNode && limit().bytes != 0; }
    [[nodiscard]] bool podLimited() const { return podLimit.at != noNode && podLimit.bytes != 0; }
    /// The limit that ends the program, where there is one that can be read.
    [[nodiscard]] const Amount* bound() const {
        const bool own = limited() && limit().bytes;
        const bool pods = podLimited() && podLimit.bytes;
        if (own && pods) return *podLimit.bytes < *limit().bytes ? &podLimit : &limit();
        return own ? &limit() : pods ? &podLimit : nullptr;
    }
    /// `the memory limit, 64Mi`
    [[nodiscard]] std::string boundText() const {
        return fmt::format("the {}memory limit, {}", bound() == &podLimit ? "pod's " : "",
                           bound()->shown());
    }
};

void judgeLimit(const View& view) {
    const auto& limit = view.limit();
    if (!view.limited() || !limit.bytes) return;
    const bool measurable = view.role() == Role::main;
    if (*limit.bytes < leastOfAll) {
        view.report(
            {"limit-too-small", limit.at,
             fmt::format("the memory limit is {}, which is too small for any container to start",
                         limit.shown()),
             limit.text.find_first_not_of("0123456789") == std::string_view::npos
                 ? "write the unit: Mi for MiB"
                 : "measure the minimum: kubectl memfit squeeze"});
    } else if (*limit.bytes < dockersLeast) {
        view.report({"limit-below-runtimes", limit.at,
                     fmt::format("the memory limit is {}: Docker starts nothing below 6Mi, CRI-O "
                                 "nothing below 12Mi; containerd does if it fits",
                                 limit.shown()),
                     measurable ? "measure the minimum: kubectl memfit squeeze"
                                : "set what the container takes"});
    }
    if (view.request().at == noNode && view.go && !view.partial()) {
        view.report({"limit-without-request", limit.at,
                     "there is a memory limit but no request; the API server sets the request to "
                     "the limit, unless a LimitRange says otherwise",
                     fmt::format("write the request: {}", limit.text)});
    }
}

void judgeRequest(const View& view) {
    const auto& limit = view.limit();
    const auto& request = view.request();
    if (!limit.bytes || !request.bytes) return;
    // Beside a limit of 0 too Kubernetes refuses every other request.
    if (*request.bytes > *limit.bytes) {
        view.report({"request-above-limit", request.at,
                     fmt::format("the memory request, {}, is above the limit, {}, which Kubernetes "
                                 "refuses",
                                 request.shown(), limit.shown()),
                     "set the request to the limit"});
    } else if (*request.bytes < *limit.bytes && view.role() != Role::init && view.go) {
        // While an init container runs, the pod holds what its main containers request.
        view.report({"request-below-limit", request.at,
                     fmt::format("the memory request, {}, is below the limit, {}: the node may not "
                                 "have what the limit allows",
                                 request.shown(), limit.shown()),
                     "set the request to the limit"});
    }
}

/// k8s.io/kubernetes/pkg/apis/core/validation, validatePodResourceConsistency.
void judgeWithinPod(const View& view) {
    const auto& limit = view.limit();
    if (!limit.bytes || !view.podLimit.bytes || *limit.bytes <= *view.podLimit.bytes) return;
    view.report({"limit-above-pod", limit.at,
                 fmt::format("the memory limit, {}, is above the pod's, {}, which Kubernetes "
                             "refuses",
                             limit.shown(), view.podLimit.shown()),
                 "raise the pod's limit, or lower this one"});
}

/// Whether a tool fills in what stands there.
bool isFilledIn(const View& view) {
    const Tree& tree = view.tree();
    const auto& member = view.container.member;
    const NodeId resources = tree.find(member.node, member.resources);
    for (const NodeId node :
         {resources, tree.find(resources, "limits"), tree.find(resources, "requests")}) {
        if (node != noNode && tree[node].kind == Value::Kind::scalar) return true;
    }
    return false;
}

/// What a reference gets from a limit or a request that is not set.
void judgeUnset(const View& view, bool byLimit) {
    // Kubernetes may fill in the pod's amounts.
    if (view.partial() || view.podLimited() || isFilledIn(view)) return;
    const auto& variable = view.gomemlimit;
    if (byLimit && !view.limited()) {
        view.report({"gomemlimit-without-limit", variable.at,
                     "GOMEMLIMIT comes from a memory limit that is not set, and is then all that "
                     "the node can allocate",
                     "set the limit, or leave GOMEMLIMIT out"});
    }
    const auto& request = view.request();
    const bool requested = request.at != noNode ? request.bytes != 0 : view.limited();
    if (!byLimit && !requested) {
        view.report({"gomemlimit-without-limit", variable.at,
                     "GOMEMLIMIT comes from a memory request that is not set, and is then 0",
                     "set the request, or leave GOMEMLIMIT out"});
    }
}

void judgeReference(const View& view) {
    const Tree& tree = view.tree();
    const NodeId field = view.gomemlimit.field;
    const auto resource = tree.scalar(field, "resource").value_or("");
    const auto owner = tree.scalar(field, "containerName").value_or("");
    const bool byLimit = resource == "limits.memory";
    if (isPlaceholder(resource)) return;
    if (!byLimit && resource != "requests.memory") {
        view.report({"gomemlimit-not-memory", field,
                     fmt::format("GOMEMLIMIT comes from {}, which is not memory", quoted(resource)),
                     "refer to limits.memory"});
        return;
    }
    if (divisorOf(tree, field).value_or(1) != 1) {
        view.report({"gomemlimit-divisor", tree.find(field, "divisor"),
                     fmt::format("the divisor {} leaves a small number, which Go reads as that "
                                 "many bytes: the heap is collected without end",
                                 quoted(*tree.scalar(field, "divisor"))),
                     "leave the divisor out"});
    }
    if (!owner.empty() && owner != view.container.name() && !isPlaceholder(owner)) {
        if (view.container.name().empty()) return;
        view.report({"gomemlimit-other-container", tree.find(field, "containerName"),
                     fmt::format("GOMEMLIMIT comes from container {}, not from {} itself",
                                 quoted(owner), quoted(view.container.name())),
                     "name the container itself"});
        return;
    }
    judgeUnset(view, byLimit);
}

/// `GOMEMLIMIT of ConfigMap api-env is "$(A)MiB", which becomes "64MiB"`
std::string whatIs(std::string_view name, const Variable& variable) {
    const auto becomes = variable.text == variable.written
                             ? std::string()
                             : fmt::format(", which becomes {}", quoted(variable.text));
    return fmt::format("{}{} is {}{}", name, variable.origin, quoted(variable.written), becomes);
}

/// A name that nothing defines stays in the value as it is written.
bool judgeUndefined(const View& view, std::string_view name, const Variable& variable,
                    std::string_view code, std::string_view consequence) {
    if (variable.undefined.empty()) return false;
    view.report({code, variable.at,
                 fmt::format("{}{} is {}, and nothing above it defines {}: the value stays as it "
                             "is, {}",
                             name, variable.origin, quoted(variable.written),
                             quoted(variable.undefined), consequence),
                 fmt::format("define {} above it", variable.undefined), variable.in});
    return true;
}

/// Who may change the limit that a fixed GOMEMLIMIT was chosen for.
void judgeBesideAutoscaler(const View& view) {
    const auto& subject = view.container.subject;
    if (!view.limited() || view.partial()) return;
    for (const auto& one : view.container.stream.autoscalers) {
        const bool its = one.kind == subject.kind && one.target == subject.name &&
                         sameNamespace(one.nameSpace, subject.nameSpace);
        if (!its || !one.movesLimitOf(view.container.name())) continue;
        one.document->ours = true;
        view.report({"gomemlimit-beside-autoscaler", view.gomemlimit.at,
                     fmt::format("GOMEMLIMIT{} is fixed, {}, but VerticalPodAutoscaler {} may move "
                                 "the memory limit",
                                 view.gomemlimit.origin, shownSize(view.gomemlimit.text), one.name),
                     "take it from limits.memory", view.gomemlimit.in});
    }
}

void judgeSize(const View& view, Bytes bytes) {
    const auto& variable = view.gomemlimit;
    const auto shown = fmt::format("GOMEMLIMIT{}, {},", variable.origin, shownSize(variable.text));
    if (bytes < leastOfAll) {
        const auto small = shownSize(std::to_string(bytes));
        view.report(
            {"gomemlimit-too-small", variable.at,
             fmt::format("GOMEMLIMIT{} is {}{}, too small for any heap: Go collects without end",
                         variable.origin, shownSize(variable.text),
                         shownSize(variable.text) == small ? "" : ", " + small),
             "write it as 36MiB, or take it from limits.memory", variable.in});
        return;
    }
    if (view.bound() == nullptr) return;
    const Bytes limit = *view.bound()->bytes;
    if (bytes > limit) {
        view.report({"gomemlimit-above-limit", variable.at,
                     fmt::format("{} is above {}: the kernel kills the program before Go collects",
                                 shown, view.boundText()),
                     "take it from limits.memory", variable.in});
    } else if (bytes < limit / 2) {
        view.report({"gomemlimit-far-below-limit", variable.at,
                     fmt::format("{} is less than half of {}: Go collects hard while most of the "
                                 "limit lies idle",
                                 shown, view.boundText()),
                     "take it from limits.memory, or lower the limit", variable.in});
    }
}

void judgeLiteral(const View& view) {
    const auto& variable = view.gomemlimit;
    if (judgeUndefined(view, "GOMEMLIMIT", variable, "gomemlimit-malformed",
                       "with which a Go program dies at start"))
        return;
    const auto parsed = parseGomemlimit(variable.text);
    if (!parsed) {
        view.report({"gomemlimit-malformed", variable.at,
                     fmt::format("{}, with which a Go program dies at start",
                                 whatIs("GOMEMLIMIT", variable)),
                     parsed.error().next.empty() ? "write it as 36MiB" : parsed.error().next,
                     variable.in});
        return;
    }
    if (!*parsed) return;
    judgeSize(view, **parsed);
    // A value that comes from the limit changes with it.
    if (variable.text == variable.written) judgeBesideAutoscaler(view);
}

/// A volume in memory that the container mounts: its files count towards the container's limit
/// (Kubernetes, Volumes, emptyDir with medium Memory).
struct MemoryVolume {
    std::string name;
    NodeId at = noNode;
    std::string_view text;  ///< of sizeLimit
    std::optional<Bytes> size;
};

bool mounts(const ContainerView& container, std::string_view volume) {
    const Tree& tree = container.tree();
    return std::ranges::any_of(
        itemsOf(tree, tree.find(container.member.node, "volumeMounts")), [&](NodeId mount) {
            return tree.scalar(mount, "name") == volume && tree.scalar(mount, "readOnly") != "true";
        });
}

std::vector<MemoryVolume> memoryVolumes(const ContainerView& container) {
    const Tree& tree = container.tree();
    std::vector<MemoryVolume> volumes;
    for (const NodeId volume : itemsOf(tree, tree.find(container.subject.podSpec, "volumes"))) {
        const NodeId emptyDir = tree.find(volume, "emptyDir");
        const auto name = tree.scalar(volume, "name");
        if (emptyDir == noNode || !name || tree.scalar(emptyDir, "medium") != "Memory") continue;
        if (!mounts(container, *name)) continue;
        MemoryVolume one{std::string(*name), volume, {}, {}};
        if (const auto text = tree.scalar(emptyDir, "sizeLimit")) {
            one.at = tree.find(emptyDir, "sizeLimit");
            one.text = *text;
            if (const auto size = parseQuantity(*text)) one.size = size->bytes;
            if (!one.size) continue;
        }
        volumes.push_back(std::move(one));
    }
    return volumes;
}

/// What GOMEMLIMIT comes to; nullopt when that is not known, or there is none.
std::optional<Bytes> goLimit(const View& view) {
    const auto& variable = view.gomemlimit;
    if (variable.is(Kind::literal)) {
        const auto parsed = parseGomemlimit(variable.text);
        return parsed ? *parsed : std::nullopt;
    }
    if (!variable.is(Kind::reference) || !view.limited()) return std::nullopt;
    const Tree& tree = view.tree();
    const auto owner = tree.scalar(variable.field, "containerName").value_or("");
    const bool own = owner.empty() || owner == view.container.name();
    const bool byLimit = tree.scalar(variable.field, "resource") == "limits.memory";
    const bool whole = divisorOf(tree, variable.field) == 1;
    return own && whole && byLimit ? view.limit().bytes : std::nullopt;
}

/// Memory that is not Go's has no room within the limit. Only a run shows whether there is any.
void judgeNoRoom(const View& view) {
    const auto* const bound = view.bound();
    if (bound == nullptr || view.role() == Role::init || goLimit(view) != bound->bytes) return;
    view.report({"gomemlimit-is-limit", view.gomemlimit.at,
                 fmt::format("GOMEMLIMIT{} is the whole of {}: that works when nearly all memory "
                             "is Go's, but leaves no room for C code, mapped files and child "
                             "processes",
                             view.gomemlimit.origin, view.boundText()),
                 "see whether it holds under load: kubectl memfit recommend --load",
                 view.gomemlimit.in});
}

/// A volume that leaves GOMEMLIMIT no room below the limit, or may fill all of it by itself.
void judgeVolumes(const View& view) {
    const auto* const bound = view.bound();
    if (bound == nullptr) return;
    const auto go = goLimit(view);
    const auto volumes = memoryVolumes(view.container);
    if (volumes.empty()) judgeNoRoom(view);
    for (const auto& volume : volumes) {
        const Bytes files = volume.size.value_or(0);
        if (volume.size && files >= *bound->bytes) {
            view.report({"volume-above-limit", volume.at,
                         fmt::format("volume {} is in memory and may grow to {}, and counts "
                                     "towards {}",
                                     quoted(volume.name), shownSize(volume.text), view.boundText()),
                         "set its sizeLimit below the limit"});
        } else if (go && *go <= *bound->bytes && *go > *bound->bytes - std::max<Bytes>(files, 1)) {
            const bool whole = *go == *bound->bytes;
            view.report(
                {"gomemlimit-no-room", view.gomemlimit.at,
                 fmt::format(
                     "GOMEMLIMIT is {}, but the files of volume {} are in memory "
                     "too and count towards it: the kernel kills the program before Go collects",
                     whole ? "the whole memory limit" : "near the memory limit",
                     quoted(volume.name)),
                 "set GOMEMLIMIT to the limit minus what the volume holds", view.gomemlimit.in});
        } else if (!volume.size) {
            view.report({"volume-above-limit", volume.at,
                         fmt::format("volume {} is in memory, has no sizeLimit, and counts towards "
                                     "{}",
                                     quoted(volume.name), view.boundText()),
                         "set its sizeLimit below the limit"});
        }
    }
}

/// Whether Go is told of a memory limit; nullopt when that is decided elsewhere.
std::optional<bool> hasGomemlimit(const View& view) {
    switch (view.gomemlimit.kind) {
        case Kind::literal: {
            const auto parsed = parseGomemlimit(view.gomemlimit.text);
            return !parsed || parsed->has_value();
        }
        case Kind::absent:
            if (view.partial()) return std::nullopt;
            return false;
        case Kind::reference:
            return true;
        case Kind::unknown:
        case Kind::refused:
            break;
    }
    return std::nullopt;
}

void judgeGogc(const View& view) {
    const auto& variable = view.gogc;
    if (!variable.is(Kind::literal)) return;
    if (judgeUndefined(view, "GOGC", variable, "gogc-malformed", "for which Go silently uses 100"))
        return;
    const auto gogc = parseGogc(variable.text);
    if (gogc.malformed) {
        view.report({"gogc-malformed", variable.at,
                     fmt::format("{}, which Go does not understand: it silently uses 100",
                                 whatIs("GOGC", variable)),
                     "write a whole number, or off", variable.in});
    }
    // A container that ends by itself may do without collection.
    const bool ends = view.role() == Role::init;
    if (gogc.off && !ends && hasGomemlimit(view) == false) {
        view.report({"gogc-off-unbounded", variable.at,
                     fmt::format("GOGC{} is off and there is no GOMEMLIMIT: nothing is ever "
                                 "collected",
                                 variable.origin),
                     "set GOMEMLIMIT from limits.memory, or leave GOGC out", variable.in});
    }
}

/// The value is composed of other values, one of which is a limit that is not set.
void judgeOfNode(const View& view) {
    const auto& variable = view.gomemlimit;
    if (!variable.ofNode || view.podLimited() || isFilledIn(view)) return;
    view.report({"gomemlimit-without-limit", variable.at,
                 fmt::format("GOMEMLIMIT is {}, which comes from a memory limit that is not set, "
                             "and is then all that the node can allocate",
                             quoted(variable.written)),
                 "set the limit, or leave GOMEMLIMIT out"});
}

}  // namespace

void judgeContainer(const ContainerView& container, const Report& report) {
    const Tree& tree = container.tree();
    const Report quiet = [](const Raw&) {};
    const NodeId resources = tree.find(container.member.node, container.member.resources);
    const NodeId pods = tree.find(container.subject.podSpec, "resources");
    const Amounts amounts{readAmount(tree, resources, "limits", "", report),
                          readAmount(tree, resources, "requests", "", report)};
    Environment environment(container, amounts);
    environment.judgeEntries(report);
    const View view{container,
                    report,
                    amounts,
                    pods == noNode ? Amount{} : readAmount(tree, pods, "limits", "", quiet),
                    environment.of("GOMEMLIMIT"),
                    environment.of("GOGC"),
                    environment.speaksOfGo()};
    judgeLimit(view);
    judgeRequest(view);
    judgeWithinPod(view);
    if (view.gomemlimit.is(Kind::literal)) judgeLiteral(view);
    if (view.gomemlimit.is(Kind::reference)) judgeReference(view);
    judgeOfNode(view);
    judgeVolumes(view);
    judgeGogc(view);
}

void judgePod(const Subject& subject, const Report& report) {
    const Tree& tree = subject.document->tree;
    const NodeId resources = tree.find(subject.podSpec, "resources");
    // In values a chart's own container stands at the top.
    if (resources == noNode || subject.kind == "HelmRelease") return;
    const auto limit = readAmount(tree, resources, "limits", "the pod's ", report);
    const auto request = readAmount(tree, resources, "requests", "the pod's ", report);
    if (limit.bytes && request.bytes && *request.bytes > *limit.bytes) {
        report({"request-above-limit", request.at,
                fmt::format("the pod's memory request, {}, is above its limit, {}, which "
                            "Kubernetes refuses",
                            request.shown(), limit.shown()),
                "set the request to the limit"});
    }
    const Report quiet = [](const Raw&) {};
    Bytes sum = 0;
    std::vector<std::string> shown;
    for (const auto& member : subject.members) {
        if (member.role == Role::init) continue;
        const NodeId its = tree.find(member.node, member.resources);
        const auto own = readAmount(tree, its, "requests", "", quiet);
        const auto amount = own.at == noNode ? readAmount(tree, its, "limits", "", quiet) : own;
        if (!amount.bytes) continue;
        shown.push_back(amount.shown());
        sum += std::min(*amount.bytes, std::numeric_limits<Bytes>::max() - sum);
    }
    if (request.bytes && sum > *request.bytes) {
        report({"requests-above-pod", request.at,
                fmt::format("the containers request {} of memory, more than the pod, {}, which "
                            "Kubernetes refuses",
                            shown.size() == 1 ? shown.front() : shownSize(formatQuantity(sum)),
                            request.shown()),
                "raise the pod's request"});
    }
}

}  // namespace memfit::lint

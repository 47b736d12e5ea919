#include "memfit/lint/lint_rules.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "memfit/units/go_settings.h"
#include "memfit/units/quantity.h"
#include "memfit/units/quoted.h"

namespace memfit::lint {

namespace {

using yaml::NodeId;
using yaml::noNode;
using yaml::Tree;
using yaml::Value;

/// Docker and containerd's runc refuse less (moby daemon/daemon_unix.go, linuxMinMemory).
constexpr Bytes leastLimit = 6 * MiB;

/// A memory quantity of `resources`.
struct Amount {
    NodeId at = noNode;  ///< noNode: not written
    std::optional<Bytes> bytes;
};

/// The last entry of a name in env, which is the one that counts.
struct Variable {
    NodeId entry = noNode;  ///< noNode: not there
    NodeId value = noNode;  ///< of a literal
    NodeId field = noNode;  ///< resourceFieldRef
    std::string_view text;  ///< of a literal
};

struct View {
    const ContainerView& container;
    const Report& report;
    Amount limit, request;
    Variable gomemlimit, gogc;
    bool envFrom = false;

    [[nodiscard]] const Tree& tree() const { return container.tree; }
    /// Whether there is a limit. One of 0 is none: the kubelet sets nothing in the cgroup, and
    /// gives references all that the node can allocate (k8s.io/kubernetes/pkg/api/v1/resource,
    /// MergeContainerResourceLimits).
    [[nodiscard]] bool limited() const { return limit.at != noNode && limit.bytes != 0; }
    /// The limit, where there is one that can be read.
    [[nodiscard]] std::optional<Bytes> bound() const {
        return limited() ? limit.bytes : std::nullopt;
    }
};

Amount readAmount(const ContainerView& container, std::string_view list, const Report& report) {
    const Tree& tree = container.tree;
    const NodeId resources = tree.find(container.node, "resources");
    const NodeId amounts = tree.find(resources, list);
    const NodeId at = tree.find(amounts, "memory");
    if (at == noNode || tree[tree.resolved(at)].kind != Value::Kind::scalar) return {};
    const std::string_view text = tree[tree.resolved(at)].text;
    const auto quantity = parseQuantity(text);
    if (!quantity) {
        report({"memory-malformed", at,
                fmt::format("{}.memory is {}, which Kubernetes refuses", list, quoted(text)),
                quantity.error().next.empty() ? "write it as 64Mi" : quantity.error().next});
        return {at, std::nullopt};
    }
    if (quantity->fractional) {
        report({"memory-fraction", at,
                fmt::format("{}.memory is {}, a fraction of a byte: m is a thousandth", list,
                            quoted(text)),
                "write M or Mi"});
    }
    return {at, quantity->bytes};
}

Variable readVariable(const ContainerView& container, std::string_view name) {
    const Tree& tree = container.tree;
    Variable found;
    const NodeId written = tree.find(container.node, "env");
    if (written == noNode) return found;
    const NodeId env = tree.resolved(written);
    if (tree[env].kind != Value::Kind::sequence) return found;
    for (const NodeId item : tree[env].children) {
        const NodeId entry = tree.resolved(item);
        if (tree[entry].kind != Value::Kind::map || tree.scalar(entry, "name") != name) continue;
        found = {};
        found.entry = item;
        found.value = tree.find(entry, "value");
        if (found.value != noNode) {
            const auto& node = tree[tree.resolved(found.value)];
            if (node.kind != Value::Kind::scalar)
                found.value = noNode;
            else
                found.text = node.text;
        }
        const NodeId source = tree.find(entry, "valueFrom");
        found.field = tree.find(source, "resourceFieldRef");
    }
    return found;
}

void judgeLimit(const View& view) {
    const auto bound = view.bound();
    if (!bound) return;
    const bool measurable = view.container.role == Role::main;
    if (*bound < leastLimit) {
        view.report({"limit-too-small", view.limit.at,
                     fmt::format("the memory limit is {}; container runtimes start nothing below "
                                 "6Mi",
                                 formatQuantity(*bound)),
                     measurable ? "measure the minimum: kubectl memfit squeeze"
                                : "set what the container takes, and no less than 6Mi"});
    }
    if (view.request.at == noNode) {
        view.report({"limit-without-request", view.limit.at,
                     "there is a memory limit and no request; the API server makes the request the "
                     "limit, unless a LimitRange says otherwise",
                     fmt::format("write the request: {}", formatQuantity(*bound))});
    }
}

void judgeRequest(const View& view) {
    const auto& limit = view.limit;
    const auto& request = view.request;
    if (!limit.bytes || !request.bytes) return;
    // Beside a limit of 0 too Kubernetes refuses every other request.
    if (*request.bytes > *limit.bytes) {
        view.report({"request-above-limit", request.at,
                     fmt::format("the memory request, {}, is above the limit, {}, which Kubernetes "
                                 "refuses",
                                 formatQuantity(*request.bytes), formatQuantity(*limit.bytes)),
                     "make the request the limit"});
    } else if (*request.bytes < *limit.bytes && view.container.role != Role::init) {
        // While an init container runs, the pod holds what its main containers request.
        view.report({"request-below-limit", request.at,
                     fmt::format("the memory request, {}, is below the limit, {}: the node may not "
                                 "have what the limit allows",
                                 formatQuantity(*request.bytes), formatQuantity(*limit.bytes)),
                     "make the request the limit"});
    }
}

void judgeReference(const View& view) {
    const Tree& tree = view.tree();
    const NodeId field = view.gomemlimit.field;
    const auto resource = tree.scalar(field, "resource").value_or("");
    const auto owner = tree.scalar(field, "containerName").value_or("");
    const auto divisor = tree.scalar(field, "divisor").value_or("");
    const bool byLimit = resource == "limits.memory";
    if (!byLimit && resource != "requests.memory") {
        view.report({"gomemlimit-not-memory", field,
                     fmt::format("GOMEMLIMIT comes from {}, which is no memory", quoted(resource)),
                     "refer to limits.memory"});
        return;
    }
    if (!divisor.empty() && divisor != "0" && divisor != "1") {
        view.report({"gomemlimit-divisor", tree.find(field, "divisor"),
                     fmt::format("the divisor {} leaves a small number, which Go reads as that "
                                 "many bytes: the heap is collected without end",
                                 quoted(divisor)),
                     "leave the divisor out"});
    }
    if (!owner.empty() && owner != view.container.name) {
        view.report({"gomemlimit-other-container", tree.find(field, "containerName"),
                     fmt::format("GOMEMLIMIT comes from container {}, not from {} itself",
                                 quoted(owner), quoted(view.container.name)),
                     "name the container itself"});
        return;
    }
    if (byLimit && !view.limited()) {
        view.report({"gomemlimit-without-limit", field,
                     "GOMEMLIMIT comes from a memory limit that is not set, and is then all that "
                     "the node can allocate",
                     "set the limit, or leave GOMEMLIMIT out"});
    }
    const bool requested = view.request.at != noNode ? view.request.bytes != 0 : view.limited();
    if (!byLimit && !requested) {
        view.report({"gomemlimit-without-limit", field,
                     "GOMEMLIMIT comes from a memory request that is not set, and is then 0",
                     "set the request, or leave GOMEMLIMIT out"});
    }
}

void judgeLiteral(const View& view) {
    const auto& variable = view.gomemlimit;
    const auto parsed = parseGomemlimit(variable.text);
    if (!parsed) {
        view.report({"gomemlimit-malformed", variable.value,
                     fmt::format("GOMEMLIMIT is {}, at which a Go program dies at start",
                                 quoted(variable.text)),
                     parsed.error().next.empty() ? "write it as 36MiB" : parsed.error().next});
        return;
    }
    if (!*parsed || !view.bound()) return;
    const Bytes bytes = **parsed;
    const Bytes limit = *view.bound();
    if (bytes > limit) {
        view.report({"gomemlimit-above-limit", variable.value,
                     fmt::format("GOMEMLIMIT, {}, is above the memory limit, {}: the kernel kills "
                                 "before Go collects",
                                 formatGomemlimit(bytes), formatQuantity(limit)),
                     "take it from limits.memory"});
    } else if (bytes < limit / 2) {
        view.report({"gomemlimit-far-below-limit", variable.value,
                     fmt::format("GOMEMLIMIT, {}, is less than half of the memory limit, {}: Go "
                                 "collects hard while most of the limit lies idle",
                                 formatGomemlimit(bytes), formatQuantity(limit)),
                     "take it from limits.memory, or lower the limit"});
    }
}

std::vector<NodeId> itemsOf(const Tree& tree, NodeId list) {
    if (list == noNode) return {};
    const auto& node = tree[tree.resolved(list)];
    if (node.kind != Value::Kind::sequence) return {};
    std::vector<NodeId> items;
    for (const NodeId item : node.children) items.push_back(tree.resolved(item));
    return items;
}

/// A volume in memory that the container mounts: its files count towards the container's limit
/// (Kubernetes, Volumes, emptyDir with medium Memory). Empty when there is none.
std::string_view memoryVolume(const ContainerView& container) {
    const Tree& tree = container.tree;
    for (const NodeId volume : itemsOf(tree, tree.find(container.podSpec, "volumes"))) {
        const NodeId emptyDir = tree.find(volume, "emptyDir");
        const auto name = tree.scalar(volume, "name");
        if (emptyDir == noNode || !name || tree.scalar(emptyDir, "medium") != "Memory") continue;
        for (const NodeId mount : itemsOf(tree, tree.find(container.node, "volumeMounts")))
            if (tree.scalar(mount, "name") == name) return *name;
    }
    return {};
}

/// Where GOMEMLIMIT is set to the memory limit itself; noNode when it is not.
NodeId gomemlimitAtLimit(const View& view) {
    const auto& variable = view.gomemlimit;
    if (variable.value != noNode) {
        const auto parsed = parseGomemlimit(variable.text);
        const bool same = parsed && *parsed && view.limited() && *parsed == view.limit.bytes;
        return same ? variable.value : noNode;
    }
    const Tree& tree = view.tree();
    if (variable.field == noNode || !view.limited()) return noNode;
    const auto owner = tree.scalar(variable.field, "containerName").value_or("");
    const auto divisor = tree.scalar(variable.field, "divisor").value_or("1");
    const bool own = owner.empty() || owner == view.container.name;
    const bool whole = divisor == "0" || divisor == "1";
    const bool byLimit = tree.scalar(variable.field, "resource") == "limits.memory";
    return own && whole && byLimit ? variable.field : noNode;
}

void judgeRoom(const View& view) {
    const NodeId at = gomemlimitAtLimit(view);
    const auto volume = at == noNode ? std::string_view() : memoryVolume(view.container);
    if (volume.empty()) return;
    view.report({"gomemlimit-no-room", at,
                 fmt::format("GOMEMLIMIT is the whole memory limit, but the files of volume {} are "
                             "in memory too and count towards it: the kernel kills before Go "
                             "collects",
                             quoted(volume)),
                 "set GOMEMLIMIT to the limit less what the volume holds"});
}

/// Whether Go is told of a memory limit; nullopt when that is decided elsewhere.
std::optional<bool> hasGomemlimit(const View& view) {
    if (view.gomemlimit.value != noNode) {
        const auto parsed = parseGomemlimit(view.gomemlimit.text);
        return !parsed || parsed->has_value();
    }
    if (view.gomemlimit.entry != noNode) return true;
    if (view.envFrom) return std::nullopt;
    return false;
}

void judgeGogc(const View& view) {
    if (view.gogc.value == noNode) return;
    const auto gogc = parseGogc(view.gogc.text);
    if (gogc.malformed) {
        view.report({"gogc-malformed", view.gogc.value,
                     fmt::format("GOGC is {}, which Go does not understand and silently takes for "
                                 "100",
                                 quoted(view.gogc.text)),
                     "write a whole number, or off"});
    }
    // What ends by itself may well do without collection.
    const bool ends = view.container.role == Role::init;
    if (gogc.off && !ends && hasGomemlimit(view) == false) {
        view.report({"gogc-off-unbounded", view.gogc.value,
                     "GOGC is off and there is no GOMEMLIMIT: nothing is ever collected",
                     "set GOMEMLIMIT from limits.memory, or leave GOGC out"});
    }
}

}  // namespace

void judgeContainer(const ContainerView& container, const Report& report) {
    const View view{container,
                    report,
                    readAmount(container, "limits", report),
                    readAmount(container, "requests", report),
                    readVariable(container, "GOMEMLIMIT"),
                    readVariable(container, "GOGC"),
                    container.tree.find(container.node, "envFrom") != noNode};
    judgeLimit(view);
    judgeRequest(view);
    if (view.gomemlimit.value != noNode) judgeLiteral(view);
    if (view.gomemlimit.field != noNode) judgeReference(view);
    judgeRoom(view);
    judgeGogc(view);
}

}  // namespace memfit::lint

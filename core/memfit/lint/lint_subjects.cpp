#include "memfit/lint/lint_subjects.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "memfit/change/edit_find.h"

namespace memfit::lint {

namespace {

using yaml::NodeId;
using yaml::noNode;
using yaml::Tree;
using yaml::Value;

constexpr int maxValuesDepth = 32;

bool isMap(const Tree& tree, NodeId node) {
    return node != noNode && tree[tree.resolved(node)].kind == Value::Kind::map;
}

Subject subjectOf(Document& document, NodeId object) {
    const Tree& tree = document.tree;
    const NodeId metadata = tree.find(object, "metadata");
    Subject subject;
    subject.document = &document;
    subject.kind = textAt(tree, object, "kind");
    subject.name = textAt(tree, metadata, "name");
    subject.nameSpace = textAt(tree, metadata, "namespace");
    return subject;
}

/// Tekton (pkg/apis/pipeline/v1, TaskSpec): steps run one after the other.
void addTask(Document& document, NodeId object, NodeId task, Found& found) {
    const Tree& tree = document.tree;
    if (!isMap(tree, task)) return;
    auto subject = subjectOf(document, object);
    subject.podSpec = task;
    subject.partial = tree.find(task, "stepTemplate") != noNode;
    const std::pair<std::string_view, Role> lists[] = {{"steps", Role::init},
                                                       {"sidecars", Role::sidecar}};
    for (const auto& [list, role] : lists) {
        for (const NodeId node : itemsOf(tree, tree.find(task, list))) {
            if (!isMap(tree, node)) continue;
            const bool v1 = tree.find(node, "computeResources") != noNode;
            subject.members.push_back(
                {node, textAt(tree, node, "name"), role, v1 ? "computeResources" : "resources"});
        }
    }
    if (!subject.members.empty()) found.subjects.push_back(std::move(subject));
}

void addTekton(Document& document, NodeId object, Found& found) {
    const Tree& tree = document.tree;
    const NodeId spec = tree.find(object, "spec");
    addTask(document, object, spec, found);
    addTask(document, object, tree.find(spec, "taskSpec"), found);
    for (const NodeId pipeline : {spec, tree.find(spec, "pipelineSpec")}) {
        for (const std::string_view list : {"tasks", "finally"}) {
            for (const NodeId task : itemsOf(tree, tree.find(pipeline, list)))
                addTask(document, object, tree.find(task, "taskSpec"), found);
        }
    }
}

/// operator-framework/api, pkg/operators/v1alpha1, StrategyDetailsDeployment.
void addDeploymentsOf(Document& document, NodeId object, Found& found) {
    const Tree& tree = document.tree;
    const NodeId install = tree.find(tree.find(object, "spec"), "install");
    const NodeId list = tree.find(tree.find(install, "spec"), "deployments");
    for (const NodeId one : itemsOf(tree, list)) {
        auto subject = subjectOf(document, object);
        subject.kind = "Deployment";
        subject.name = textAt(tree, one, "name");
        const NodeId pod = tree.find(tree.find(one, "spec"), "template");
        subject.podSpec = tree.find(pod, "spec");
        subject.members = membersOf(tree, subject.podSpec);
        if (!subject.members.empty()) found.subjects.push_back(std::move(subject));
    }
}

/// Values that are written as a container is: with a list of variables, or with amounts.
bool looksLikeContainer(const Tree& tree, NodeId node) {
    const NodeId resources = tree.find(node, "resources");
    if (isMap(tree, tree.find(resources, "limits")) ||
        isMap(tree, tree.find(resources, "requests")))
        return true;
    return std::ranges::any_of(itemsOf(tree, tree.find(node, "env")), [&](NodeId item) {
        return isMap(tree, item) && tree.find(item, "name") != noNode;
    });
}

void addValues(const Tree& tree, NodeId node, const std::string& path, int depth,
               Subject& subject) {
    if (depth > maxValuesDepth) return;
    if (tree[node].kind == Value::Kind::sequence) {
        for (const NodeId item : tree[node].children)
            addValues(tree, item, path, depth + 1, subject);
        return;
    }
    if (tree[node].kind != Value::Kind::map) return;
    if (looksLikeContainer(tree, node)) {
        const auto name = textAt(tree, node, "name");
        subject.members.push_back({node, name.empty() ? path : name});
    }
    // What an alias stands for is met where it is written.
    for (std::size_t i = 0; i + 1 < tree[node].children.size(); i += 2) {
        const auto& key = tree[tree.resolved(tree[node].children[i])].text;
        addValues(tree, tree[node].children[i + 1], fmt::format("{}.{}", path, key), depth + 1,
                  subject);
    }
}

void addRelease(Document& document, NodeId object, Found& found) {
    const Tree& tree = document.tree;
    const NodeId values = tree.find(tree.find(object, "spec"), "values");
    if (values == noNode) return;
    auto subject = subjectOf(document, object);
    subject.partial = true;
    subject.podSpec = values;
    addValues(tree, values, "values", 0, subject);
    if (!subject.members.empty()) found.subjects.push_back(std::move(subject));
}

}  // namespace

std::string Subject::label() const {
    if (partial && name.empty()) return kind.empty() ? "a patch" : kind + " of a patch";
    const auto space = nameSpace.empty() ? "" : nameSpace + "/";
    return fmt::format("{} {}{}", kind, space, name);
}

bool dependsOnStream(const Subject& subject) {
    const Tree& tree = subject.document->tree;
    return std::ranges::any_of(subject.members, [&](const Member& member) {
        if (tree.find(member.node, "envFrom") != noNode) return true;
        return std::ranges::any_of(itemsOf(tree, tree.find(member.node, "env")), [&](NodeId entry) {
            const NodeId source = tree.find(entry, "valueFrom");
            if (source != noNode) return tree.find(source, "configMapKeyRef") != noNode;
            return tree.scalar(entry, "name") == "GOMEMLIMIT";
        });
    });
}

std::vector<Member> membersOf(const Tree& tree, NodeId podSpec) {
    std::vector<Member> members;
    for (const std::string_view list : {"initContainers", "containers"}) {
        for (const NodeId node : itemsOf(tree, tree.find(podSpec, list))) {
            if (!isMap(tree, node)) continue;
            const bool stays = tree.scalar(node, "restartPolicy") == "Always";
            const Role role = list == "containers" ? Role::main
                              : stays              ? Role::sidecar
                                                   : Role::init;
            members.push_back({node, textAt(tree, node, "name"), role});
        }
    }
    return members;
}

Found findSubjects(Document& document, std::deque<Document>& inner) {
    const Tree& tree = document.tree;
    Found found;
    if (!isMap(tree, tree.root)) return found;
    const auto apiVersion = tree.scalar(tree.root, "apiVersion").value_or("");
    const auto kind = tree.scalar(tree.root, "kind").value_or("");
    if (apiVersion.starts_with("kustomize.") || kind == "Kustomization") {
        findPatches(document, inner, found);
    } else if (apiVersion.starts_with("tekton.dev/")) {
        addTekton(document, tree.root, found);
    } else if (kind == "ClusterServiceVersion") {
        addDeploymentsOf(document, tree.root, found);
    } else if (kind == "HelmRelease") {
        addRelease(document, tree.root, found);
    } else {
        for (const auto& workload : yaml::findWorkloads(tree)) {
            Subject subject{&document,
                            workload.kind,
                            workload.name,
                            workload.nameSpace,
                            yaml::podSpecOf(tree, workload),
                            false,
                            {}};
            subject.members = membersOf(tree, subject.podSpec);
            if (!subject.members.empty()) found.subjects.push_back(std::move(subject));
        }
    }
    return found;
}

}  // namespace memfit::lint

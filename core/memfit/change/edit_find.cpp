#include "memfit/change/edit_find.h"

namespace memfit::yaml {

namespace {

constexpr std::string_view listSuffix = "List";

std::string textOr(const Tree& tree, NodeId map, std::string_view key, std::string_view otherwise) {
    return std::string(map == noNode ? otherwise : tree.scalar(map, key).value_or(otherwise));
}

void addWorkload(const Tree& tree, NodeId node, std::string_view kindOfList,
                 std::vector<FoundWorkload>& found) {
    if (tree[tree.resolved(node)].kind != Value::Kind::map) return;
    const NodeId metadata = tree.find(node, "metadata");
    FoundWorkload workload{node, textOr(tree, node, "kind", kindOfList),
                           textOr(tree, metadata, "name", ""),
                           textOr(tree, metadata, "namespace", "")};
    if (containersOf(tree, workload) != noNode) found.push_back(std::move(workload));
}

}  // namespace

std::vector<std::string_view> podSpecPath(std::string_view kind) {
    if (kind == "Pod") return {"spec"};
    if (kind == "CronJob") return {"spec", "jobTemplate", "spec", "template", "spec"};
    return {"spec", "template", "spec"};
}

std::vector<FoundWorkload> findWorkloads(const Tree& tree) {
    std::vector<FoundWorkload> found;
    if (tree.root == noNode || tree[tree.root].kind != Value::Kind::map) return found;
    const std::string kind = textOr(tree, tree.root, "kind", "");
    const NodeId items = tree.find(tree.root, "items");
    if (!kind.ends_with(listSuffix) || items == noNode) {
        addWorkload(tree, tree.root, "", found);
        return found;
    }
    const auto ofItems = std::string_view(kind).substr(0, kind.size() - listSuffix.size());
    if (tree[items].kind != Value::Kind::sequence) return found;
    for (const NodeId item : tree[items].children) addWorkload(tree, item, ofItems, found);
    return found;
}

NodeId podSpecOf(const Tree& tree, const FoundWorkload& workload) {
    NodeId at = workload.node;
    for (const std::string_view step : podSpecPath(workload.kind)) at = tree.find(at, step);
    return at;
}

NodeId containersOf(const Tree& tree, const FoundWorkload& workload, std::string_view list) {
    const NodeId containers = tree.find(podSpecOf(tree, workload), list);
    const bool there = containers != noNode && tree[containers].kind == Value::Kind::sequence;
    return there ? containers : noNode;
}

NodeId indirection(const Tree& tree, const FoundWorkload& workload,
                   const ContainerPlace& container) {
    auto path = podSpecPath(workload.kind);
    path.emplace_back(container.list);
    NodeId at = workload.node;
    for (const std::string_view step : path) {
        if (tree[at].kind == Value::Kind::alias) return at;
        const auto own = tree.ownKey(at, step);
        if (!own) return at;
        at = tree[at].children[*own + 1];
    }
    if (tree[at].kind == Value::Kind::alias) return at;
    const NodeId item = tree[at].children[container.index];
    return tree[item].kind == Value::Kind::alias ? item : noNode;
}

}  // namespace memfit::yaml

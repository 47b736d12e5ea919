#include "memfit/change/edit_template.h"

#include <string_view>

namespace memfit::yaml {

namespace {

bool holdsAction(const Node& node) {
    return node.kind == Value::Kind::scalar && node.quote != '|' &&
           node.text.find("{{") != std::string::npos;
}

bool isQuoted(const Node& node) {
    return node.quote == '"' || node.quote == '\'';
}

/// An entry of env that an edit changes.
bool isSetting(const Tree& tree, NodeId node) {
    const auto name = tree.scalar(node, "name");
    return name == "GOMEMLIMIT" || name == "GOGC";
}

/// `settings`: the node is where memory settings stand.
std::optional<Problem> inContainer(const Tree& tree, NodeId id, bool settings) {
    const Node& node = tree[id];
    if (holdsAction(node) && (settings || !isQuoted(node))) return templateProblem(node.begin);
    const bool map = node.kind == Value::Kind::map;
    settings = settings || (map && isSetting(tree, id));
    for (std::size_t i = 0; i < node.children.size(); ++i) {
        std::string_view key;
        if (map && i % 2 == 1) key = tree[node.children[i - 1]].text;
        if (key == "command" || key == "args") continue;
        const bool within = settings || key == "name" || key == "resources" || (map && i % 2 == 0);
        if (auto problem = inContainer(tree, node.children[i], within)) return problem;
    }
    return std::nullopt;
}

std::optional<Problem> inValueOf(const Tree& tree, NodeId map, std::string_view key) {
    const NodeId value = tree.find(map, key);
    if (value == noNode || !holdsAction(tree[value])) return std::nullopt;
    return templateProblem(tree[value].begin);
}

}  // namespace

std::optional<Problem> templateInName(const Tree& tree, const FoundWorkload& workload) {
    const NodeId metadata = tree.find(workload.node, "metadata");
    for (const std::string_view key : {"name", "namespace"}) {
        if (auto problem = inValueOf(tree, metadata, key)) return problem;
    }
    return std::nullopt;
}

std::optional<Problem> templateInContainer(const Tree& tree, NodeId container) {
    return inContainer(tree, container, false);
}

std::optional<Problem> templateInNames(const Tree& tree, NodeId containers) {
    for (const NodeId item : tree[containers].children) {
        if (auto problem = inValueOf(tree, item, "name")) return problem;
    }
    return std::nullopt;
}

}  // namespace memfit::yaml

#include "memfit/manifest/edit_template.h"

#include <string_view>

namespace memfit::yaml {

namespace {

bool holdsAction(const Node& node) {
    return node.kind == Value::Kind::scalar && node.quote != '|' &&
           node.text.find("{{") != std::string::npos;
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
    const Node& node = tree[container];
    if (holdsAction(node)) return templateProblem(node.begin);
    const bool map = node.kind == Value::Kind::map;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
        if (map && i % 2 == 1) {
            const std::string& key = tree[node.children[i - 1]].text;
            if (key == "command" || key == "args") continue;
        }
        if (auto problem = templateInContainer(tree, node.children[i])) return problem;
    }
    return std::nullopt;
}

std::optional<Problem> templateInNames(const Tree& tree, NodeId containers) {
    for (const NodeId item : tree[containers].children) {
        if (auto problem = inValueOf(tree, item, "name")) return problem;
    }
    return std::nullopt;
}

}  // namespace memfit::yaml

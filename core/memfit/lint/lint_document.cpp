#include "memfit/lint/lint_document.h"

#include <algorithm>

#include "memfit/yaml/yaml_scan.h"

namespace memfit::lint {

namespace {

using yaml::NodeId;
using yaml::noNode;
using yaml::Tree;
using yaml::Value;

int linesIn(std::string_view text) {
    return static_cast<int>(std::ranges::count(text, '\n'));
}

/// Characters as editors count them. The text is UTF-8.
int codePointsIn(std::string_view text) {
    return static_cast<int>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool policyMovesLimit(const Tree& tree, NodeId policy) {
    if (tree.scalar(policy, "mode") == "Off") return false;
    if (tree.scalar(policy, "controlledValues") == "RequestsOnly") return false;
    const NodeId controlled = tree.find(policy, "controlledResources");
    if (controlled == noNode || tree[controlled].kind != Value::Kind::sequence) return true;
    return std::ranges::any_of(itemsOf(tree, controlled),
                               [&](NodeId item) { return tree[item].text == "memory"; });
}

/// The objects of a document, those of a list too.
std::vector<NodeId> objectsOf(const Tree& tree) {
    const NodeId root = tree.root;
    if (root == noNode || tree[root].kind != Value::Kind::map) return {};
    const NodeId items = tree.find(root, "items");
    if (items == noNode || !textAt(tree, root, "kind").ends_with("List")) return {root};
    return itemsOf(tree, items);
}

}  // namespace

std::vector<NodeId> itemsOf(const Tree& tree, NodeId list) {
    if (list == noNode) return {};
    const auto& node = tree[tree.resolved(list)];
    if (node.kind != Value::Kind::sequence) return {};
    std::vector<NodeId> items;
    items.reserve(node.children.size());
    for (const NodeId item : node.children) items.push_back(tree.resolved(item));
    return items;
}

std::string textAt(const Tree& tree, NodeId map, std::string_view key) {
    return map == noNode ? std::string() : std::string(tree.scalar(map, key).value_or(""));
}

Location Document::at(NodeId node) const {
    if (fixed) return *fixed;
    const std::size_t offset = tree[node].begin;
    const std::size_t start = yaml::lineStart(text, offset);
    return {std::string(fileName), firstLine + linesIn(text.substr(0, offset)),
            indent + codePointsIn(text.substr(start, offset - start)) + 1};
}

Error Document::located(const yaml::Problem& problem) const {
    const int line = fixed ? fixed->line : firstLine + linesIn(text.substr(0, problem.offset));
    return inputError(problem.what, problem.next, Location{std::string(fileName), line, 0});
}

bool sameNamespace(std::string_view a, std::string_view b) {
    return a.empty() || b.empty() || a == b;
}

bool Autoscaler::movesLimitOf(std::string_view container) const {
    const Tree& tree = document->tree;
    bool others = true;
    for (const NodeId policy : itemsOf(tree, policies)) {
        const auto its = tree.scalar(policy, "containerName");
        if (its == container) return policyMovesLimit(tree, policy);
        if (its == "*") others = policyMovesLimit(tree, policy);
    }
    return others;
}

bool Stream::add(Document& document) {
    const Tree& tree = document.tree;
    const std::size_t before = configMaps.size() + autoscalers.size();
    for (const NodeId object : objectsOf(tree)) {
        const auto kind = tree.scalar(object, "kind").value_or("");
        const NodeId metadata = tree.find(object, "metadata");
        const NodeId spec = tree.find(object, "spec");
        if (kind == "ConfigMap") {
            configMaps.push_back({textAt(tree, metadata, "namespace"),
                                  textAt(tree, metadata, "name"), &document,
                                  tree.find(object, "data")});
        } else if (kind == "VerticalPodAutoscaler") {
            if (textAt(tree, tree.find(spec, "updatePolicy"), "updateMode") == "Off") continue;
            const NodeId target = tree.find(spec, "targetRef");
            autoscalers.push_back(
                {textAt(tree, metadata, "namespace"), textAt(tree, metadata, "name"),
                 textAt(tree, target, "kind"), textAt(tree, target, "name"), &document,
                 tree.find(tree.find(spec, "resourcePolicy"), "containerPolicies")});
        }
    }
    return configMaps.size() + autoscalers.size() > before;
}

const ConfigMap* Stream::configMap(std::string_view nameSpace, std::string_view name) const {
    const auto found = std::ranges::find_if(configMaps, [&](const ConfigMap& one) {
        return one.name == name && sameNamespace(one.nameSpace, nameSpace);
    });
    return found == configMaps.end() ? nullptr : &*found;
}

}  // namespace memfit::lint

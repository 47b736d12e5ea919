#pragma once

// Internal to memfit/lint: documents, and what of a stream of them bears on containers elsewhere.

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "memfit/yaml/yaml_tree.h"

namespace memfit::lint {

/// One document of a file, or one that stands in a string of it.
struct Document {
    std::string_view text;
    std::string_view fileName;
    int firstLine = 1;
    int indent = 0;                 ///< columns that every line stands further right in the file
    std::optional<Location> fixed;  ///< of all its nodes, where its lines are not lines of the file
    yaml::Tree tree;
    bool ours = false;  ///< holds something that was judged

    [[nodiscard]] Location at(yaml::NodeId node) const;
    [[nodiscard]] Error located(const yaml::Problem& problem) const;
};

/// What two objects must have in common to be of one namespace: an object that names no namespace
/// may be in any.
[[nodiscard]] bool sameNamespace(std::string_view a, std::string_view b);

struct ConfigMap {
    std::string nameSpace;
    std::string name;
    Document* document = nullptr;
    yaml::NodeId data = yaml::noNode;
};

/// A VerticalPodAutoscaler that changes pods.
struct Autoscaler {
    std::string nameSpace;
    std::string name;
    std::string kind;    ///< of its workload
    std::string target;  ///< its workload's name
    Document* document = nullptr;
    yaml::NodeId policies = yaml::noNode;

    /// Whether it may move the memory limit of the container (kubernetes/autoscaler,
    /// vertical-pod-autoscaler, pkg/apis/autoscaling.k8s.io/v1/types.go).
    [[nodiscard]] bool movesLimitOf(std::string_view container) const;
};

/// What the documents of one text hold beside containers.
struct Stream {
    std::vector<ConfigMap> configMaps;
    std::vector<Autoscaler> autoscalers;

    /// Takes in the objects of `document`, which must outlive this. Returns whether there were any.
    bool add(Document& document);
    [[nodiscard]] const ConfigMap* configMap(std::string_view nameSpace,
                                             std::string_view name) const;
};

/// The items of a sequence, aliases followed; none for anything else.
[[nodiscard]] std::vector<yaml::NodeId> itemsOf(const yaml::Tree& tree, yaml::NodeId list);

/// The scalar below `key`; empty when there is none.
[[nodiscard]] std::string textAt(const yaml::Tree& tree, yaml::NodeId map, std::string_view key);

}  // namespace memfit::lint

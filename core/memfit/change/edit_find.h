#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "memfit/yaml/yaml_tree.h"

namespace memfit::yaml {

/// An object of a manifest that has a pod template (or is a pod).
struct FoundWorkload {
    NodeId node = noNode;
    std::string kind;
    std::string name;
    std::string nameSpace;  ///< empty when the object does not say
};

/// The objects of a document that have containers; those below `items` of a list, too.
[[nodiscard]] std::vector<FoundWorkload> findWorkloads(const Tree& tree);

/// Where the containers of a kind of object stand: `spec.template.spec`, a Pod's at `spec`, a
/// CronJob's at `spec.jobTemplate.spec.template.spec`.
[[nodiscard]] std::vector<std::string_view> podSpecPath(std::string_view kind);

/// The pod's spec; noNode without one.
[[nodiscard]] NodeId podSpecOf(const Tree& tree, const FoundWorkload& workload);

inline constexpr std::string_view mainList = "containers";
/// Those of its items that have restartPolicy Always are sidecars.
inline constexpr std::string_view initList = "initContainers";

/// Where a container stands in its pod's spec.
struct ContainerPlace {
    std::string_view list = mainList;
    std::size_t index = 0;
};

/// The sequence of containers; noNode without one.
[[nodiscard]] NodeId containersOf(const Tree& tree, const FoundWorkload& workload,
                                  std::string_view list = mainList);

/// The first alias, or map whose merge key brings the next step, on the way from the document's
/// object to its container: what stands behind it is written elsewhere. noNode when there is none.
[[nodiscard]] NodeId indirection(const Tree& tree, const FoundWorkload& workload,
                                 const ContainerPlace& container);

}  // namespace memfit::yaml

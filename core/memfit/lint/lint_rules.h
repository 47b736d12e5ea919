#pragma once

// Internal to memfit/lint: the rules, over one container of a parsed document.

#include <functional>
#include <string>
#include <string_view>

#include "memfit/manifest/yaml_tree.h"

namespace memfit::lint {

/// A finding before it has a place in a file.
struct Raw {
    std::string_view code;
    yaml::NodeId at = yaml::noNode;
    std::string text;
    std::string fix;
};

using Report = std::function<void(Raw)>;

enum class Role {
    main,     ///< of `containers`
    sidecar,  ///< of `initContainers`, with restartPolicy Always: it runs beside the main ones
    init,     ///< of `initContainers`: it ends before the main ones start
};

/// What a rule looks at.
struct ContainerView {
    const yaml::Tree& tree;
    yaml::NodeId node = yaml::noNode;
    yaml::NodeId podSpec = yaml::noNode;
    std::string_view name;
    Role role = Role::main;
};

void judgeContainer(const ContainerView& container, const Report& report);

}  // namespace memfit::lint

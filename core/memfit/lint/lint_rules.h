#pragma once

// Internal to memfit/lint: the rules, over one container of a parsed document.

#include <functional>
#include <string>
#include <string_view>

#include "memfit/lint/lint_subjects.h"
#include "memfit/yaml/yaml_tree.h"

namespace memfit::lint {

/// A finding before it has a place in a file.
struct Raw {
    std::string_view code;
    yaml::NodeId at = yaml::noNode;
    std::string text;
    std::string fix;
    Document* in = nullptr;  ///< of `at`; nullptr: the container's own
};

using Report = std::function<void(Raw)>;

/// What a rule looks at.
struct ContainerView {
    const Subject& subject;
    const Member& member;
    const Stream& stream;
    bool knownGo = false;  ///< whatever its environment says

    [[nodiscard]] const yaml::Tree& tree() const { return subject.document->tree; }
    [[nodiscard]] const std::string& name() const { return member.name; }
};

void judgeContainer(const ContainerView& container, const Report& report);

/// The amounts of the whole pod (`spec.resources`).
void judgePod(const Subject& subject, const Report& report);

}  // namespace memfit::lint

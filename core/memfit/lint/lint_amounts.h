#pragma once

// Internal to memfit/lint: amounts of memory in `resources`.

#include <optional>
#include <string>
#include <string_view>

#include "memfit/lint/lint_rules.h"
#include "memfit/units/bytes.h"

namespace memfit::lint {

/// A memory quantity of `resources`.
struct Amount {
    yaml::NodeId at = yaml::noNode;  ///< noNode: not written
    std::optional<Bytes> bytes;
    std::string_view text;

    /// As it is written; a bare number with its unit.
    [[nodiscard]] std::string shown() const;
};

/// `LIST.memory` of `resources`. Reports what is not a quantity, in the name of `owner`.
[[nodiscard]] Amount readAmount(const yaml::Tree& tree, yaml::NodeId resources,
                                std::string_view list, std::string_view owner,
                                const Report& report);

/// A size as it is written, a bare number with its unit: `512 bytes`.
[[nodiscard]] std::string shownSize(std::string_view text);

/// Text that a tool fills in before Kubernetes sees it: `{{ .Values.limit }}`, `${LIMIT:=64Mi}`.
[[nodiscard]] bool isPlaceholder(std::string_view text);

}  // namespace memfit::lint

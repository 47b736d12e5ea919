#pragma once

// Internal to memfit/manifest: a change of one container in a live workload as an RFC 6902 patch.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "memfit/error.h"
#include "memfit/units/kube_json.h"

namespace memfit::in_place {

struct LiveContainer {
    kube::Json container;                    ///< as it is; null when there is none of that name
    std::string list;                        ///< `containers`, or of a sidecar `initContainers`
    std::optional<std::size_t> index;        ///< in the list; nullopt: there is none of that name
    std::optional<std::int64_t> generation;  ///< of the workload's spec
};

/// Errors (kind input): not JSON; (kind usage): a kind whose pods do not follow its template.
[[nodiscard]] Result<LiveContainer> readLive(std::string_view workloadJson,
                                             std::string_view container);

/// Collects changes of a container and writes them as a patch that only applies to what was read.
class ContainerEdit {
public:
    explicit ContainerEdit(const LiveContainer& live) : live_(live), edited_(live.container) {}

    /// `list`: limits or requests. Null where there is none.
    [[nodiscard]] kube::Json memory(const char* list) const;
    /// Null removes the value, and the list when nothing else is in it.
    void setMemory(const char* list, const kube::Json& quantity);
    /// Removes an empty object that was not there originally.
    void tidyResources(bool hadResources);

    /// Every entry of that variable, in order.
    [[nodiscard]] kube::Json entries(std::string_view variable) const;
    /// Puts the entries where those of that variable stand, and the rest at the end; removes those
    /// that are too many.
    void setEntries(std::string_view variable, const kube::Json& entries);
    /// Removes an empty list that was not there originally.
    void tidyEnvironment(bool hadEnv);

    /// An empty array when nothing changed.
    [[nodiscard]] kube::Json patch() const;

private:
    const LiveContainer& live_;
    kube::Json edited_;
};

}  // namespace memfit::in_place

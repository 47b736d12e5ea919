#pragma once

// Internal to memfit/pod: a change of one container in a live workload, and of the mark of its pod
// template, as an RFC 6902 patch.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "memfit/error.h"
#include "memfit/kube/kube_json.h"

namespace memfit::in_place {

/// One operation of a patch.
[[nodiscard]] kube::Json operation(const char* op, const std::string& path,
                                   const kube::Json& value);
/// A name as a segment of a JSON pointer (RFC 6901).
[[nodiscard]] std::string pointerSegment(std::string_view name);

struct LiveContainer {
    kube::Json container;                    ///< as it is; null when there is none of that name
    std::string list;                        ///< `containers`, or of a sidecar `initContainers`
    std::optional<std::size_t> index;        ///< in the list; nullopt: there is none of that name
    std::optional<std::int64_t> generation;  ///< of the workload's spec
    kube::Json annotations;                  ///< of the pod template; null where there are none
};

/// Errors (kind input): not JSON; (kind usage): a kind whose pods do not follow its template.
[[nodiscard]] Result<LiveContainer> readLive(std::string_view workloadJson,
                                             std::string_view container);

/// Collects changes of a container and of its template's mark, and writes them as a patch that only
/// applies to what was read.
class ContainerEdit {
public:
    explicit ContainerEdit(const LiveContainer& live)
        : live_(live), edited_(live.container), mark_(mark(live)) {}

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

    /// The value of inPlaceRunAnnotation; null where there is none.
    [[nodiscard]] const kube::Json& mark() const { return mark_; }
    /// Null removes it, and with `tidy` annotations that are empty then.
    void setMark(const kube::Json& mark, bool tidy = false);

    /// An empty array when nothing changed.
    [[nodiscard]] kube::Json patch() const;

private:
    [[nodiscard]] static kube::Json mark(const LiveContainer& live);
    void patchMark(kube::Json& patch) const;

    const LiveContainer& live_;
    kube::Json edited_;
    kube::Json mark_;
    bool tidyAnnotations_ = false;
};

}  // namespace memfit::in_place

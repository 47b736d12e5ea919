#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "memfit/settings/memory_settings.h"

namespace memfit {

/// Which object of a manifest is meant. Neither kind nor name: the only workload that is there.
struct WorkloadSelector {
    std::string kind;  ///< `Deployment`, in whatever case
    std::string name;
    std::optional<std::string> nameSpace;  ///< also matches an object that names no namespace

    friend bool operator==(const WorkloadSelector&, const WorkloadSelector&) = default;
};

/// One change of a manifest.
struct ManifestChange {
    int line = 0;  ///< the first changed line, in the edited text, from 1; of a removal the next
    std::string what;  ///< `limits.memory 1Gi -> 36Mi`

    friend bool operator==(const ManifestChange&, const ManifestChange&) = default;
};

/// An edited manifest.
struct ManifestEdit {
    std::string text;
    std::vector<ManifestChange>
        changes;                     ///< in the order of the text; empty: the text is as it was
    std::vector<std::string> notes;  ///< what a reviewer would wonder about: an alias written out
    /// Why Kubernetes would refuse the edited workload: the memory of its whole pod
    /// (spec.resources) leaves no room for what is wanted. An edit does not decide whether to raise
    /// it.
    std::optional<Error> refusal = std::nullopt;

    friend bool operator==(const ManifestEdit&, const ManifestEdit&) = default;
};

/// Gives the container `container` of one workload in `text`, a YAML file of any number of
/// documents or a JSON one, the memory settings `wanted`. `fileName` names the text in errors; an
/// empty `container` means the only one, and a single container without a name matches every name.
///
/// Only what differs in meaning is changed (`0.5Gi` stays where 512Mi is wanted), so that a second
/// edit changes nothing. Every byte outside of the changes stays: comments, blank lines, order,
/// quotes, indentation, line ends, document marks, a byte order mark, a missing final line break.
/// Sidecars (restartPolicy Always) are the only init containers that are edited. Objects below
/// `items` of a list count as objects. A default that comes through an alias or a merge key is
/// written out at the container, and that is noted; what others use through an anchor is never
/// changed. Of a variable that occurs twice in env the last, which is the one that counts, is kept.
/// A comment that speaks of a value that goes is shown in a note. The edited text is parsed again
/// and compared with the wanted tree, and with aliases and merge keys resolved with what the text
/// meant, before it is returned.
///
/// Linear in the size of the text; documents that cannot hold the workload are not parsed.
/// Errors (kind input, with file and line): not text, not YAML, templates (also those whose actions
/// stand in quotes in the workload's name or its container), no such workload or
/// container (with those that are there), two of them, an anchor that others use, a layout that
/// cannot be edited safely, a merge key behind a key that it brings too: readers differ.
[[nodiscard]] Result<ManifestEdit> editManifest(std::string_view text, std::string_view fileName,
                                                const WorkloadSelector& selector,
                                                std::string_view container,
                                                const MemorySettings& wanted);

}  // namespace memfit

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "memfit/settings/memory_settings.h"
#include "memfit/yaml/yaml_splice.h"
#include "memfit/yaml/yaml_tree.h"

namespace memfit::yaml {

/// The next thing to try where a manifest can be edited by a person alone.
inline constexpr std::string_view byHand = "edit it by hand, or use the patch (-o patch)";

/// What a plan is made for.
struct PlanInput {
    std::string_view text;
    const Tree* tree = nullptr;
    NodeId container = noNode;
    std::string_view containerName;
    const MemorySettings* wanted = nullptr;
    const DocumentStyle* style = nullptr;
    int firstLine = 1;  ///< the line of the file at which `text` begins

    [[nodiscard]] int lineOf(NodeId node) const;
};

struct PlannedOperation {
    Operation operation;
    std::string what;     ///< see ManifestChange
    std::string note;     ///< empty for none
    std::string comment;  ///< a note on a comment that speaks of the old value; empty for none
};

using Plan = std::vector<PlannedOperation>;
template <class T>
using Checked = boost::system::result<T, Problem>;

/// The next changes that bring the container nearer to what is wanted; empty when it is there. Ask
/// again after they are made. At most one operation for each map or sequence. Problems: what would
/// have to change is used elsewhere through an anchor, or has a type that Kubernetes would refuse.
[[nodiscard]] Checked<Plan> planResources(const PlanInput& input);
[[nodiscard]] Checked<Plan> planEnvironment(const PlanInput& input);

/// Shared steps of the two.

/// `key: value` at the end of `map`.
[[nodiscard]] PlannedOperation insertion(const PlanInput& input, NodeId map, Value entries,
                                         std::string what);
/// Entry `index` of `map` becomes `key: value`.
[[nodiscard]] PlannedOperation replacement(const PlanInput& input, NodeId map, std::size_t index,
                                           std::string_view key, Value value, std::string what);

/// Entry `index` of `map`, a collection, goes; where the map's merge key would bring the key back,
/// an empty collection takes its place.
[[nodiscard]] PlannedOperation removal(const PlanInput& input, NodeId map, std::size_t index,
                                       std::string what);

/// A note that shows the comment, on the lines of `entry` up to `value` or right above them, that
/// speaks of the value: names it, or is a share in percent. Empty when there is none.
[[nodiscard]] std::string commentNote(const PlanInput& input, NodeId entry, NodeId value);

/// How the value of a key is to be reached for a change.
struct Access {
    NodeId value = noNode;  ///< the node to work on; noNode: nothing is written there yet
    std::size_t index = 0;  ///< of the key in its map, when `present`
    bool present = false;   ///< the map has the key itself
    std::vector<PlannedOperation> first;  ///< must be made before: an alias or merge written out
};

/// The value of `key` of `map`, of kind `kind`, ready to be changed: empty when nothing, null or
/// an empty collection is there; an alias, or what a merge key brings, is to be written out first.
/// Problems: another kind; an anchor on it that others use; too much to be written out.
[[nodiscard]] Checked<Access> access(const PlanInput& input, NodeId map, std::string_view key,
                                     Value::Kind kind);

/// A problem when `node` has an anchor, or is below one, that an alias uses.
[[nodiscard]] Checked<void> requireUnshared(const PlanInput& input, NodeId node);
/// A problem when something in the subtree of `node` has an anchor that an alias uses.
[[nodiscard]] Checked<void> requireUnusedBelow(const PlanInput& input, NodeId node);

}  // namespace memfit::yaml

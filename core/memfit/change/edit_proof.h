#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "memfit/change/edit_plan.h"
#include "memfit/settings/memory_settings.h"
#include "memfit/yaml/yaml_tree.h"

namespace memfit::yaml {

/// What a node means to a reader of the document: aliases and merge keys are resolved, anchors and
/// the order of keys are forgotten. Its parts are numbers of other meanings.
struct Meaning {
    Value::Kind kind = Value::Kind::null;
    bool quoted = false;  ///< of a scalar
    std::string text;     ///< of a scalar
    std::string tag;
    std::vector<std::uint32_t> parts;  ///< items; of a map: key, value, …, ascending by key

    friend bool operator==(const Meaning&, const Meaning&) = default;
};

/// Gives every meaning a number: the same meaning has the same number in every document. A text
/// that is used many times through aliases has one number, so that nested aliases take no more
/// memory than their text.
class Meanings {
public:
    using Id = std::uint32_t;

    [[nodiscard]] Id idOf(Meaning meaning);
    [[nodiscard]] const Meaning& operator[](Id id) const { return *byId_[id]; }

private:
    struct Hash {
        std::size_t operator()(const Meaning& meaning) const;
    };
    std::unordered_map<Meaning, Id, Hash> ids_;
    std::vector<const Meaning*> byId_;
};

/// The container whose edit is to be proved.
struct ProofSubject {
    NodeId workload = noNode;
    NodeId container = noNode;
    const MemorySettings* wanted = nullptr;
};

/// The meaning of a document less the settings of the container that `wanted` speaks of (and less
/// what is empty without them): an edit of those settings leaves it as it is. Problems: an alias
/// that stands for something that contains it; a key of the workload that stands before a merge key
/// which brings it too (kubectl takes the later one, other readers the map's own); merge keys that
/// bring more than 1,000,000 entries.
[[nodiscard]] Checked<Meanings::Id> meaningBesides(Meanings& meanings, const Tree& tree,
                                                   const ProofSubject& subject);

}  // namespace memfit::yaml

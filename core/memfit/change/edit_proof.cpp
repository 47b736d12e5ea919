#include "memfit/change/edit_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "memfit/units/quoted.h"

namespace memfit::yaml {

namespace {

using Id = Meanings::Id;

constexpr std::size_t maxMerged = 1'000'000;

bool isEmpty(const Meaning& meaning) {
    return meaning.kind != Value::Kind::scalar && meaning.parts.empty();
}

// Takes out of a container's meaning what an edit may change.
class Settings {
public:
    Settings(Meanings& meanings, const MemorySettings& wanted)
        : meanings_(meanings), wanted_(wanted) {}

    [[nodiscard]] Meaning takenOutOf(Meaning container) {
        within(container, "resources", [this](Meaning& resources) {
            const std::pair<std::string_view, MemoryWish> sides[] = {{"limits", wanted_.limit},
                                                                     {"requests", wanted_.request}};
            for (const auto& [key, wish] : sides) {
                if (wish.kind == MemoryWish::Kind::leave) continue;
                within(resources, key, [this](Meaning& amounts) {
                    if (const auto at = indexOf(amounts, "memory")) dropEntry(amounts, *at);
                });
            }
        });
        within(container, "env", [this](Meaning& env) {
            std::erase_if(env.parts, [this](Id item) { return isWanted(meanings_[item]); });
        });
        return container;
    }

private:
    [[nodiscard]] std::optional<std::size_t> indexOf(const Meaning& map,
                                                     std::string_view key) const {
        if (map.kind != Value::Kind::map) return std::nullopt;
        for (std::size_t i = 0; i < map.parts.size(); i += 2) {
            const Meaning& candidate = meanings_[map.parts[i]];
            if (candidate.kind == Value::Kind::scalar && candidate.text == key) return i;
        }
        return std::nullopt;
    }

    static void dropEntry(Meaning& map, std::size_t index) {
        const auto at = map.parts.begin() + static_cast<std::ptrdiff_t>(index);
        map.parts.erase(at, at + 2);
    }

    template <class Change>
    void within(Meaning& map, std::string_view key, const Change& change) {
        const auto at = indexOf(map, key);
        if (!at) return;
        Meaning value = meanings_[map.parts[*at + 1]];
        change(value);
        if (isEmpty(value)) {
            dropEntry(map, *at);
        } else {
            map.parts[*at + 1] = meanings_.idOf(std::move(value));
        }
    }

    [[nodiscard]] bool isWanted(const Meaning& variable) const {
        const auto at = indexOf(variable, "name");
        if (!at) return false;
        const std::string& name = meanings_[variable.parts[*at + 1]].text;
        return (name == "GOMEMLIMIT" && wanted_.gomemlimit.kind != GomemlimitWish::Kind::leave) ||
               (name == "GOGC" && wanted_.gogc.kind != GogcWish::Kind::leave);
    }

    Meanings& meanings_;
    const MemorySettings& wanted_;
};

class Reader {
public:
    Reader(Meanings& meanings, const Tree& tree, const ProofSubject& subject)
        : meanings_(meanings),
          tree_(tree),
          subject_(subject),
          ids_(tree.nodes.size(), open),
          disputed_(tree.nodes.size(), noNode) {}

    [[nodiscard]] Checked<Id> document() {
        const Id id = read(tree_.root);
        if (!problem_ && disputed_[subject_.workload] != noNode) {
            const NodeId key = disputed_[subject_.workload];
            problem_ = problemAt(
                key,
                fmt::format("the key {} stands before the merge key that brings it too, and "
                            "readers differ on which of them counts",
                            quoted(tree_[key].text)),
                "put the merge key first in its map");
        }
        if (problem_) return *problem_;
        return {boost::system::in_place_value, id};
    }

private:
    static constexpr Id open = 0xffffffff;  // not read to its end yet
    // Of a map's own entries: the key's meaning -> where the key stands in the map.
    using Own = std::map<Id, std::size_t>;

    [[nodiscard]] Problem problemAt(NodeId node, std::string what, std::string next) const {
        return {tree_[node].begin, std::move(what), std::move(next)};
    }

    // In the order of the text, in which an anchor stands before its aliases: no deeper than the
    // tree is.
    [[nodiscard]] Id read(NodeId id) {
        const Node& node = tree_[id];
        if (node.kind == Value::Kind::alias) return readAlias(id);
        Meaning meaning{node.kind, node.quote != 0, node.text, {}, {}};
        if (const auto* its = tree_.propertiesOf(id)) meaning.tag = its->tag;
        for (const NodeId child : node.children) {
            meaning.parts.push_back(read(child));
            if (disputed_[id] == noNode) disputed_[id] = disputed_[child];
        }
        if (node.kind == Value::Kind::map) meaning.parts = entriesOf(id, meaning.parts);
        if (id != subject_.container) return ids_[id] = meanings_.idOf(std::move(meaning));
        // Aliases of the container, if any, still stand for all of it.
        ids_[id] = meanings_.idOf(meaning);
        return meanings_.idOf(Settings(meanings_, *subject_.wanted).takenOutOf(std::move(meaning)));
    }

    [[nodiscard]] Id readAlias(NodeId id) {
        const NodeId target = tree_[id].target;
        disputed_[id] = disputed_[target];
        if (ids_[target] != open) return ids_[target];
        if (!problem_) {
            problem_ = problemAt(
                id, fmt::format("*{} is an alias of something that contains it", tree_[id].text),
                "replace the alias by what is meant");
        }
        return meanings_.idOf({});
    }

    [[nodiscard]] std::vector<Id> entriesOf(NodeId map, const std::vector<Id>& parts) {
        const auto merge = tree_.mergeKey(map);
        Own own;
        std::map<Id, Id> entries;
        for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
            if (i == merge && isMap(parts[i + 1])) continue;
            own.emplace(parts[i], i);
            entries.emplace(parts[i], parts[i + 1]);
        }
        if (merge) mergeInto(entries, own, map, *merge, parts[*merge + 1]);
        std::vector<Id> flat;
        flat.reserve(2 * entries.size());
        for (const auto& [key, value] : entries) flat.insert(flat.end(), {key, value});
        return flat;
    }

    // A value that no reader can merge stays an entry of its map.
    [[nodiscard]] bool isMap(Id source) const {
        const Meaning& meaning = meanings_[source];
        if (meaning.kind == Value::Kind::map) return true;
        return meaning.kind == Value::Kind::sequence &&
               std::ranges::all_of(meaning.parts, [this](Id item) {
                   return meanings_[item].kind == Value::Kind::map;
               });
    }

    void mergeInto(std::map<Id, Id>& entries, const Own& own, NodeId map, std::size_t merge,
                   Id source) {
        if (!isMap(source)) return;
        std::vector<Id> sources{source};
        if (meanings_[source].kind == Value::Kind::sequence) sources = meanings_[source].parts;
        for (const Id one : sources) {
            const auto& parts = meanings_[one].parts;
            merged_ += parts.size() / 2;
            if (merged_ > maxMerged) {
                if (!problem_) {
                    problem_ = problemAt(
                        map, fmt::format("merge keys bring more than {} entries", maxMerged),
                        std::string(byHand));
                }
                return;
            }
            for (std::size_t i = 0; i < parts.size(); i += 2) {
                entries.emplace(parts[i], parts[i + 1]);
                const auto at = own.find(parts[i]);
                if (at != own.end() && at->second < merge && disputed_[map] == noNode) {
                    disputed_[map] = tree_[map].children[at->second];
                }
            }
        }
    }

    Meanings& meanings_;
    const Tree& tree_;
    const ProofSubject& subject_;
    std::vector<Id> ids_;           // by node
    std::vector<NodeId> disputed_;  // by node: a key in it, or in what it stands for
    std::optional<Problem> problem_;
    std::size_t merged_ = 0;
};

}  // namespace

std::size_t Meanings::Hash::operator()(const Meaning& meaning) const {
    constexpr std::size_t prime = 0x100000001b3;  // FNV-1a's
    std::size_t hash = std::hash<std::string>()(meaning.text);
    const auto add = [&hash](std::size_t part) { hash = (hash ^ part) * prime; };
    add(static_cast<std::size_t>(meaning.kind) * 2 + (meaning.quoted ? 1 : 0));
    add(std::hash<std::string>()(meaning.tag));
    for (const Id part : meaning.parts) add(part);
    return hash ^ (hash >> 32U);
}

Meanings::Id Meanings::idOf(Meaning meaning) {
    const auto [at, isNew] = ids_.try_emplace(std::move(meaning), static_cast<Id>(byId_.size()));
    if (isNew) byId_.push_back(&at->first);
    return at->second;
}

Checked<Meanings::Id> meaningBesides(Meanings& meanings, const Tree& tree,
                                     const ProofSubject& subject) {
    return Reader(meanings, tree, subject).document();
}

}  // namespace memfit::yaml

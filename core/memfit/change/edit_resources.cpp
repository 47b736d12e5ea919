#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "memfit/change/edit_plan.h"
#include "memfit/units/quantity.h"
#include "memfit/units/quoted.h"

namespace memfit::yaml {

namespace {

constexpr std::string_view memory = "memory";

struct Side {
    std::string_view key;  // limits, requests
    MemoryWish wish;
};

std::string shown(const std::string& amount) {
    return parseQuantity(amount).has_value() ? amount : quoted(amount);
}

class ResourcesPlanner {
public:
    explicit ResourcesPlanner(const PlanInput& input) : input_(input), tree_(*input.tree) {}

    [[nodiscard]] Checked<Plan> plan() {
        if (std::ranges::any_of(sides_, [this](const Side& side) { return isToSet(side); })) {
            return planSets();
        }
        for (const Side& side : sides_) {
            if (side.wish.kind == MemoryWish::Kind::remove && memoryOf(side) != noNode) {
                return planRemoval(side);
            }
        }
        return Plan{};
    }

private:
    [[nodiscard]] NodeId memoryOf(const Side& side) const {
        const NodeId resources = tree_.find(input_.container, "resources");
        const NodeId amounts = tree_.find(resources, side.key);
        const NodeId found = tree_.find(amounts, memory);
        return found != noNode && tree_[found].kind == Value::Kind::null ? noNode : found;
    }

    [[nodiscard]] bool isToSet(const Side& side) const {
        if (side.wish.kind != MemoryWish::Kind::set) return false;
        const NodeId found = memoryOf(side);
        if (found == noNode || tree_[found].kind != Value::Kind::scalar) return true;
        const auto now = parseQuantity(tree_[found].text);
        return now.has_error() || now.value().fractional || !side.wish.metBy(now.value().bytes);
    }

    [[nodiscard]] static Value amount(const Side& side) {
        return mapValue({{std::string(memory), plainValue(formatQuantity(side.wish.bytes))}});
    }

    [[nodiscard]] static std::string text(const Side& side) {
        return fmt::format("{}.memory {}", side.key, formatQuantity(side.wish.bytes));
    }

    // The keys of the sides that are to be set, with their amounts; and what that is to be called.
    [[nodiscard]] std::pair<Value, std::string> missing(const Checked<Access>* accesses) const {
        Value entries = mapValue({});
        std::string what;
        for (std::size_t i = 0; i < 2; ++i) {
            if (!isToSet(sides_[i]) || (accesses != nullptr && accesses[i].value().present))
                continue;
            const Value entry = mapValue({{std::string(sides_[i].key), amount(sides_[i])}});
            entries.children.insert(entries.children.end(), entry.children.begin(),
                                    entry.children.end());
            what += (what.empty() ? "" : ", ") + text(sides_[i]);
        }
        return {std::move(entries), std::move(what)};
    }

    [[nodiscard]] Checked<Plan> planSets() const {
        const auto resources = access(input_, input_.container, "resources", Value::Kind::map);
        if (resources.has_error()) return resources.error();
        if (!resources.value().first.empty()) return resources.value().first;
        if (resources.value().value != noNode) return planSetsIn(resources.value().value);
        auto [entries, what] = missing(nullptr);
        if (!resources.value().present) {
            return Plan{insertion(input_, input_.container,
                                  mapValue({{"resources", std::move(entries)}}), what)};
        }
        return Plan{replacement(input_, input_.container, resources.value().index, "resources",
                                std::move(entries), what)};
    }

    [[nodiscard]] Checked<Plan> planSetsIn(NodeId resources) const {
        Plan plan;
        const Checked<Access> accesses[] = {sideAccess(resources, sides_[0]),
                                            sideAccess(resources, sides_[1])};
        for (const auto& one : accesses) {
            if (one.has_error()) return one.error();
            if (!one.value().first.empty()) return one.value().first;
        }
        for (std::size_t i = 0; i < 2; ++i) {
            const Side& side = sides_[i];
            if (!isToSet(side) || !accesses[i].value().present) continue;
            if (accesses[i].value().value == noNode) {
                // A map takes one operation at a time.
                return Plan{replacement(input_, resources, accesses[i].value().index, side.key,
                                        amount(side), text(side))};
            }
            auto set = planAmount(accesses[i].value().value, side);
            if (set.has_error()) return set.error();
            if (*set) plan.push_back(std::move(**set));
        }
        auto [entries, what] = missing(accesses);
        if (!entries.children.empty()) {
            plan.push_back(insertion(input_, resources, std::move(entries), what));
        }
        return plan;
    }

    [[nodiscard]] Checked<Access> sideAccess(NodeId resources, const Side& side) const {
        if (!isToSet(side)) return Access{};
        return access(input_, resources, side.key, Value::Kind::map);
    }

    // `memory` in the map `amounts`; nullopt when the other side's change brings it.
    [[nodiscard]] Checked<std::optional<PlannedOperation>> planAmount(NodeId amounts,
                                                                      const Side& side) const {
        const auto own = tree_.ownKey(amounts, memory);
        if (!own) return std::optional(insertion(input_, amounts, amount(side), text(side)));
        const NodeId direct = tree_[amounts].children[*own + 1];
        const Node& now = tree_[direct];
        Value value = plainValue(formatQuantity(side.wish.bytes));
        if (now.kind == Value::Kind::alias) {
            if (followsOtherSide(direct)) return std::optional<PlannedOperation>();
            auto written = replacement(input_, amounts, *own, memory, value, text(side));
            written.note = fmt::format("{}.memory: *{} in line {} is replaced by a value", side.key,
                                       now.text, input_.lineOf(direct));
            return std::optional(std::move(written));
        }
        if (now.kind != Value::Kind::scalar && now.kind != Value::Kind::null) {
            return Problem{now.begin, fmt::format("{}.memory is not a quantity", side.key),
                           "write a size such as 36Mi"};
        }
        if (!onlyFollowedByOtherSide(direct)) {
            if (otherSideLeaves(direct)) return std::optional<PlannedOperation>();
            auto checked = requireUnshared(input_, direct);
            if (checked.has_error()) return checked.error();
        }
        value.quote = now.quote;
        const std::string what =
            now.kind == Value::Kind::null
                ? text(side)
                : fmt::format("{}.memory {} -> {}", side.key, shown(now.text), value.text);
        auto planned = replacement(input_, amounts, *own, memory, std::move(value), what);
        if (now.kind == Value::Kind::scalar)
            planned.comment = commentNote(input_, tree_[amounts].children[*own], direct);
        return std::optional(std::move(planned));
    }

    [[nodiscard]] NodeId directMemory(std::string_view key) const {
        const NodeId resources = tree_.find(input_.container, "resources");
        const NodeId amounts = tree_.find(resources, key);
        if (amounts == noNode) return noNode;
        const auto own = tree_.ownKey(amounts, memory);
        return own ? tree_[amounts].children[*own + 1] : noNode;
    }

    // Both amounts are to be the same, and `alias` stands for the other one.
    [[nodiscard]] bool followsOtherSide(NodeId alias) const {
        const NodeId target = tree_[alias].target;
        return sides_[0].wish == sides_[1].wish &&
               (directMemory("limits") == target || directMemory("requests") == target) &&
               onlyFollowedByOtherSide(target);
    }

    // The only aliases of `scalar` are those of the other amount, which is to be the same.
    [[nodiscard]] bool onlyFollowedByOtherSide(NodeId scalar) const {
        const auto* its = tree_.propertiesOf(scalar);
        if (its == nullptr || its->aliases.size() != 1 || sides_[0].wish != sides_[1].wish) {
            return false;
        }
        const NodeId user = its->aliases.front();
        return user == directMemory("limits") || user == directMemory("requests");
    }

    // The only alias of `scalar` is that of the other amount, which a value replaces in this plan.
    [[nodiscard]] bool otherSideLeaves(NodeId scalar) const {
        const auto* its = tree_.propertiesOf(scalar);
        if (its == nullptr || its->aliases.size() != 1) return false;
        for (const Side& side : sides_) {
            if (directMemory(side.key) == its->aliases.front() && isToSet(side)) return true;
        }
        return false;
    }

    [[nodiscard]] Checked<Plan> planRemoval(const Side& side) const {
        const auto resources = access(input_, input_.container, "resources", Value::Kind::map);
        if (resources.has_error()) return resources.error();
        if (!resources.value().first.empty()) return resources.value().first;
        const auto amounts = access(input_, resources.value().value, side.key, Value::Kind::map);
        if (amounts.has_error()) return amounts.error();
        if (!amounts.value().first.empty()) return amounts.value().first;
        const auto own = tree_.ownKey(amounts.value().value, memory);
        if (!own || tree_.merged(amounts.value().value, memory) != noNode) {
            return Problem{tree_[amounts.value().value].begin,
                           fmt::format("{}.memory comes through a merge key and cannot be removed "
                                       "from container {} alone",
                                       side.key, input_.containerName),
                           "write the merge out in the file first"};
        }
        return planRemovalOf(side, resources.value(), amounts.value(), *own);
    }

    // A map that would be left empty goes, too.
    [[nodiscard]] Checked<Plan> planRemovalOf(const Side& side, const Access& resources,
                                              const Access& amounts, std::size_t own) const {
        NodeId map = amounts.value;
        std::size_t index = own;
        if (tree_[amounts.value].children.size() == 2) {
            map = resources.value;
            index = amounts.index;
            if (tree_[resources.value].children.size() == 2) {
                map = input_.container;
                index = resources.index;
            }
        }
        auto checked = requireUnusedBelow(input_, tree_[map].children[index + 1]);
        if (checked.has_error()) return checked.error();
        const NodeId direct = tree_[amounts.value].children[own + 1];
        const NodeId now = tree_.resolved(direct);
        Plan plan{
            removal(input_, map, index,
                    fmt::format("{}.memory removed (was {})", side.key, shown(tree_[now].text)))};
        if (tree_[direct].kind == Value::Kind::scalar)
            plan.front().comment = commentNote(input_, tree_[amounts.value].children[own], direct);
        return plan;
    }

    const PlanInput& input_;
    const Tree& tree_;
    Side sides_[2] = {{"limits", input_.wanted->limit}, {"requests", input_.wanted->request}};
};

}  // namespace

Checked<Plan> planResources(const PlanInput& input) {
    return ResourcesPlanner(input).plan();
}

}  // namespace memfit::yaml

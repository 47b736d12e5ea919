#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "memfit/change/edit_plan.h"
#include "memfit/settings/go_settings.h"
#include "memfit/units/quantity.h"
#include "memfit/units/quoted.h"

namespace memfit::yaml {

namespace {

// The wanted state of one variable.
struct Variable {
    enum class Kind { leave, unset, literal, limitsMemory };
    std::string name;
    Kind kind = Kind::leave;
    std::string text;  // of a literal
};

Variable gomemlimitOf(const MemorySettings& wanted) {
    switch (wanted.gomemlimit.kind) {
        case GomemlimitWish::Kind::leave:
            break;
        case GomemlimitWish::Kind::unset:
            return {"GOMEMLIMIT", Variable::Kind::unset, {}};
        case GomemlimitWish::Kind::limitsMemory:
            return {"GOMEMLIMIT", Variable::Kind::limitsMemory, {}};
        case GomemlimitWish::Kind::bytes:
            return {"GOMEMLIMIT", Variable::Kind::literal,
                    formatGomemlimit(wanted.gomemlimit.bytes)};
    }
    return {"GOMEMLIMIT", Variable::Kind::leave, {}};
}

Variable gogcOf(const MemorySettings& wanted) {
    switch (wanted.gogc.kind) {
        case GogcWish::Kind::leave:
            break;
        case GogcWish::Kind::unset:
            return {"GOGC", Variable::Kind::unset, {}};
        case GogcWish::Kind::off:
            return {"GOGC", Variable::Kind::literal, "off"};
        case GogcWish::Kind::percent:
            return {"GOGC", Variable::Kind::literal, fmt::format("{}", wanted.gogc.percent)};
    }
    return {"GOGC", Variable::Kind::leave, {}};
}

bool sameLiteral(const Variable& wanted, std::string_view now) {
    if (wanted.name == "GOGC") {
        const Gogc read = parseGogc(now);
        return !read.malformed && !now.empty() && formatGogc(read) == wanted.text;
    }
    const auto read = parseGomemlimit(now);
    return read.has_value() && *read && formatGomemlimit(**read) == wanted.text;
}

class EnvironmentPlanner {
public:
    explicit EnvironmentPlanner(const PlanInput& input)
        : input_(input), tree_(*input.tree), env_(tree_.find(input.container, "env")) {}

    [[nodiscard]] Checked<Plan> plan() const {
        const Variable variables[] = {gomemlimitOf(*input_.wanted), gogcOf(*input_.wanted)};
        const bool done =
            std::ranges::all_of(variables, [this](const auto& one) { return isDone(one); });
        if (done) return Plan{};
        const auto env = access(input_, input_.container, "env", Value::Kind::sequence);
        if (env.has_error()) return env.error();
        if (!env.value().first.empty()) return env.value().first;
        if (auto added = additions(*env, variables); !added.empty()) return added;
        for (const auto& variable : variables) {
            if (!isDone(variable)) return planItems(*env, variable);
        }
        return Plan{};
    }

private:
    [[nodiscard]] std::vector<std::size_t> itemsOf(const Variable& variable) const {
        std::vector<std::size_t> found;
        if (env_ == noNode || tree_[env_].kind != Value::Kind::sequence) return found;
        const auto& items = tree_[env_].children;
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (tree_.scalar(items[i], "name") == variable.name) found.push_back(i);
        }
        return found;
    }

    [[nodiscard]] bool isDone(const Variable& variable) const {
        if (variable.kind == Variable::Kind::leave) return true;
        const auto items = itemsOf(variable);
        if (variable.kind == Variable::Kind::unset) return items.empty();
        return items.size() == 1 && isRight(variable, tree_[env_].children[items.front()]);
    }

    [[nodiscard]] bool isRight(const Variable& variable, NodeId item) const {
        const NodeId value = tree_.find(item, "value");
        const NodeId from = tree_.find(item, "valueFrom");
        const bool hasValue = value != noNode && tree_[value].kind != Value::Kind::null;
        const bool hasFrom = from != noNode && tree_[from].kind != Value::Kind::null;
        if (variable.kind == Variable::Kind::limitsMemory) {
            return !hasValue && hasFrom && isReference(from);
        }
        return !hasFrom && hasValue && tree_[value].kind == Value::Kind::scalar &&
               isString(tree_[value]) && sameLiteral(variable, tree_[value].text);
    }

    // Kubernetes refuses a number or a boolean as the value of a variable.
    [[nodiscard]] static bool isString(const Node& scalar) {
        return scalar.quote != 0 || stringValue(scalar.text).quote == 0;
    }

    [[nodiscard]] bool isLimitOfContainer(NodeId field) const {
        if (field == noNode || tree_.scalar(field, "resource") != "limits.memory") return false;
        const auto container = tree_.scalar(field, "containerName");
        return !container || container->empty() || *container == input_.containerName;
    }

    [[nodiscard]] bool isReference(NodeId from) const {
        if (tree_[from].children.size() != 2) return false;
        const NodeId field = tree_.find(from, "resourceFieldRef");
        if (!isLimitOfContainer(field)) return false;
        const auto divisor = tree_.scalar(field, "divisor");
        if (!divisor) return true;
        const auto read = parseQuantity(*divisor);
        return read.has_value() && !read.value().fractional &&
               (read.value().bytes == 0 || read.value().bytes == 1);
    }

    [[nodiscard]] Value reference() const {
        std::vector<std::pair<std::string, Value>> field;
        if (!input_.containerName.empty())
            field.emplace_back("containerName", stringValue(std::string(input_.containerName)));
        field.emplace_back("resource", stringValue("limits.memory"));
        return mapValue({{"resourceFieldRef", mapValue(std::move(field))}});
    }

    [[nodiscard]] Value entry(const Variable& variable) const {
        if (variable.kind == Variable::Kind::limitsMemory) return reference();
        return stringValue(variable.text);
    }

    [[nodiscard]] static std::string_view key(const Variable& variable) {
        return variable.kind == Variable::Kind::limitsMemory ? "valueFrom" : "value";
    }

    [[nodiscard]] Value item(const Variable& variable) const {
        return mapValue(
            {{"name", stringValue(variable.name)}, {std::string(key(variable)), entry(variable)}});
    }

    [[nodiscard]] static std::string text(const Variable& variable) {
        return variable.kind == Variable::Kind::limitsMemory
                   ? fmt::format("{} from limits.memory", variable.name)
                   : fmt::format("{} {}", variable.name, variable.text);
    }

    // Variables that are not there yet.
    [[nodiscard]] Plan additions(const Access& env, const Variable (&variables)[2]) const {
        std::vector<Value> items;
        std::string what;
        for (const auto& variable : variables) {
            if (isDone(variable) || !itemsOf(variable).empty()) continue;
            items.push_back(item(variable));
            what += (what.empty() ? "" : ", ") + text(variable);
        }
        if (items.empty()) return {};
        Value list = sequenceValue(std::move(items));
        if (!env.present) {
            return {insertion(input_, input_.container, mapValue({{"env", std::move(list)}}),
                              std::move(what))};
        }
        if (env.value == noNode) {
            return {replacement(input_, input_.container, env.index, "env", std::move(list),
                                std::move(what))};
        }
        return {onItems(Operation::Kind::appendItems, 0, std::move(list), std::move(what))};
    }

    [[nodiscard]] PlannedOperation onItems(Operation::Kind kind, std::size_t index, Value value,
                                           std::string what) const {
        if (input_.style->json) quoteAll(value);
        Operation operation;
        operation.kind = kind;
        operation.node = env_;
        operation.index = index;
        operation.value = std::move(value);
        return {std::move(operation), std::move(what), {}, {}};
    }

    // Changes of the entries that are there: one at a time.
    [[nodiscard]] Checked<Plan> planItems(const Access& env, const Variable& variable) const {
        const auto items = itemsOf(variable);
        const std::size_t last = items.back();
        const NodeId node = tree_[env_].children[last];
        if (variable.kind == Variable::Kind::unset) return planRemoval(env, variable, last);
        if (!isRight(variable, node)) return planItem(variable, last);
        auto plan = planRemoval(env, variable, items.front());
        if (plan.has_value()) {
            plan.value().front().what = variable.name + " removed, a second one";
            plan.value().front().note = fmt::format(
                "env has {} more than once; the last one counts and is kept", variable.name);
        }
        return plan;
    }

    [[nodiscard]] Checked<Plan> planRemoval(const Access& env, const Variable& variable,
                                            std::size_t index) const {
        const auto checked = requireUnusedBelow(input_, tree_[env_].children[index]);
        if (checked.has_error()) return checked.error();
        std::string what = variable.name + " removed";
        Plan plan{tree_[env_].children.size() > 1
                      ? onItems(Operation::Kind::removeItem, index, {}, std::move(what))
                      : removal(input_, input_.container, env.index, std::move(what))};
        const NodeId item = tree_[env_].children[index];
        const auto value = tree_.ownKey(item, "value");
        if (value && tree_[tree_[item].children[*value + 1]].kind == Value::Kind::scalar)
            plan.front().comment = commentNote(input_, item, tree_[item].children[*value + 1]);
        return plan;
    }

    [[nodiscard]] Checked<Plan> planItem(const Variable& variable, std::size_t index) const {
        const NodeId node = tree_[env_].children[index];
        const bool alias = tree_[node].kind == Value::Kind::alias;
        if (auto checked = alias ? Checked<void>() : requireUnusedBelow(input_, node);
            checked.has_error()) {
            return checked.error();
        }
        if (alias || tree_.mergeKey(node)) {
            Plan plan{onItems(Operation::Kind::replaceItem, index, item(variable), text(variable))};
            plan.front().note = fmt::format(
                "the entry {} in line {} came through {}; it is "
                "written out",
                variable.name, input_.lineOf(node), alias ? "an alias" : "a merge key");
            return plan;
        }
        return planOwnItem(variable, node);
    }

    [[nodiscard]] Plan planOwnItem(const Variable& variable, NodeId node) const {
        const auto right = tree_.ownKey(node, key(variable));
        const auto wrong = tree_.ownKey(
            node, variable.kind == Variable::Kind::limitsMemory ? "value" : "valueFrom");
        if (right && wrong) {
            Operation operation;
            operation.kind = Operation::Kind::removeEntry;
            operation.node = node;
            operation.index = *wrong;
            return {{std::move(operation),
                     fmt::format("{} without {}", variable.name, nameOf(node, *wrong)),
                     {},
                     {}}};
        }
        if (!right && !wrong) {
            return {insertion(input_, node,
                              mapValue({{std::string(key(variable)), entry(variable)}}),
                              text(variable))};
        }
        if (auto plan = withoutDivisor(variable, node); !plan.empty()) return plan;
        const std::size_t at = right ? *right : *wrong;
        const NodeId old = tree_[node].children[at + 1];
        auto planned = replacement(input_, node, at, key(variable), valueLike(variable, old),
                                   replacing(variable, old));
        planned.note = sourceNote(variable, old);
        if (tree_[old].kind == Value::Kind::scalar)
            planned.comment = commentNote(input_, node, old);
        return {std::move(planned)};
    }

    // Where all but the divisor is right, nothing else of the reference is touched.
    [[nodiscard]] Plan withoutDivisor(const Variable& variable, NodeId item) const {
        const auto from = tree_.ownKey(item, "valueFrom");
        if (!from || variable.kind != Variable::Kind::limitsMemory) return {};
        const NodeId source = tree_[item].children[*from + 1];
        const auto own = tree_.ownKey(source, "resourceFieldRef");
        if (!own || tree_[source].children.size() != 2) return {};
        const NodeId field = tree_[source].children[*own + 1];
        const auto divisor = tree_.ownKey(field, "divisor");
        if (!divisor || tree_[field].children.size() < 4 || !isLimitOfContainer(field)) return {};
        Operation operation;
        operation.kind = Operation::Kind::removeEntry;
        operation.node = field;
        operation.index = *divisor;
        const auto unit = tree_.scalar(field, "divisor").value_or("");
        return {{std::move(operation),
                 fmt::format("{} without divisor {}", variable.name, quoted(unit)),
                 {},
                 {}}};
    }

    [[nodiscard]] std::string_view nameOf(NodeId map, std::size_t index) const {
        return tree_[tree_[map].children[index]].text;
    }

    // In the quotes of the old value, where the new one is a string with them.
    [[nodiscard]] Value valueLike(const Variable& variable, NodeId old) const {
        Value value = entry(variable);
        const char quote = tree_[old].quote;
        if (value.kind == Value::Kind::scalar && (quote == '"' || quote == '\'')) {
            value.quote = quote;
        }
        return value;
    }

    [[nodiscard]] std::string replacing(const Variable& variable, NodeId old) const {
        const Node& now = tree_[tree_.resolved(old)];
        if (now.kind != Value::Kind::scalar) return text(variable);
        if (now.text == variable.text) return fmt::format("{} {} quoted", variable.name, now.text);
        const bool reference = variable.kind == Variable::Kind::limitsMemory;
        return fmt::format("{} {} -> {}", variable.name, quoted(now.text),
                           reference ? "limits.memory" : quoted(variable.text));
    }

    // A value that came from elsewhere is lost to the reader of the diff.
    [[nodiscard]] std::string sourceNote(const Variable& variable, NodeId old) const {
        const NodeId from = tree_.resolved(old);
        if (tree_[from].kind != Value::Kind::map || tree_[from].children.empty()) return {};
        const std::string_view source = nameOf(from, 0);
        if (source == "resourceFieldRef") {
            const auto divisor = tree_.scalar(tree_.find(from, source), "divisor");
            return fmt::format(
                "{} referred to {}{}", variable.name,
                tree_.scalar(tree_.find(from, source), "resource").value_or("no resource"),
                divisor ? fmt::format(" in units of {}", *divisor) : "");
        }
        const NodeId reference = tree_.find(from, source);
        return fmt::format("{} came from {} {}, key {}", variable.name, source,
                           tree_.scalar(reference, "name").value_or("without a name"),
                           tree_.scalar(reference, "key").value_or("none"));
    }

    const PlanInput& input_;
    const Tree& tree_;
    NodeId env_;
};

}  // namespace

Checked<Plan> planEnvironment(const PlanInput& input) {
    return EnvironmentPlanner(input).plan();
}

}  // namespace memfit::yaml

#include "memfit/lint/lint_variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

#include "memfit/lint/lint_names.h"
#include "memfit/units/quantity.h"
#include "memfit/units/quoted.h"

namespace memfit::lint {

namespace {

using yaml::NodeId;
using yaml::noNode;
using yaml::Tree;
using yaml::Value;
using Kind = Variable::Kind;

Variable variableOf(Kind kind, NodeId at = noNode, Document* in = nullptr) {
    Variable variable;
    variable.kind = kind;
    variable.at = at;
    variable.in = in;
    return variable;
}

constexpr int maxDepth = 16;
constexpr std::size_t maxText = 4096;

/// What Go's own runtime reads; a container that sets one of them runs Go.
constexpr std::array<std::string_view, 5> goNames{"GOMEMLIMIT", "GOGC", "GOMAXPROCS", "GODEBUG",
                                                  "GOTRACEBACK"};

NodeId scalarAt(const Tree& tree, NodeId map, std::string_view key) {
    const NodeId found = tree.find(map, key);
    return found != noNode && tree[found].kind == Value::Kind::scalar ? found : noNode;
}

bool isMemory(std::string_view resource) {
    return resource == "limits.memory" || resource == "requests.memory";
}

}  // namespace

std::optional<Bytes> divisorOf(const Tree& tree, NodeId field) {
    const auto text = tree.scalar(field, "divisor").value_or("");
    if (text.empty()) return 1;
    if (!isDivisor(text)) return std::nullopt;
    return std::max<Bytes>(parseQuantity(text)->bytes, 1);
}

bool isDivisor(std::string_view text) {
    const auto quantity = parseQuantity(text);
    if (!quantity || quantity->fractional) return false;
    if (quantity->bytes == 0) return true;
    if (text.find('e') != std::string_view::npos ||
        (text.find('E') != std::string_view::npos && !text.ends_with('E') && !text.ends_with("Ei")))
        return false;
    const Bytes step = text.ends_with('i') ? 1024 : 1000;
    Bytes rest = quantity->bytes;
    while (rest % step == 0) rest /= step;
    return rest == 1;
}

Environment::Environment(const ContainerView& container, const Amounts& amounts)
    : container_(container),
      amounts_(amounts),
      tree_(container.tree()),
      entries_(itemsOf(tree_, tree_.find(container.member.node, "env"))),
      sources_(itemsOf(tree_, tree_.find(container.member.node, "envFrom"))) {
    std::erase_if(entries_, [this](NodeId entry) {
        return tree_[entry].kind != Value::Kind::map || tree_.scalar(entry, "$patch") == "delete";
    });
}

Variable Environment::of(std::string_view name) {
    return resolve(name, entries_.size(), 0);
}

std::string Environment::nameOf(std::size_t entry) const {
    return textAt(tree_, entries_[entry], "name");
}

Variable Environment::resolve(std::string_view name, std::size_t before, int depth) {
    if (depth > maxDepth || --budget_ < 0) return variableOf(Kind::unknown);
    for (std::size_t i = before; i-- > 0;) {
        if (tree_.scalar(entries_[i], "name") == name) return valueOf(i, depth);
    }
    return fromWhole(name);
}

Variable Environment::valueOf(std::size_t entry, int depth) {
    const NodeId item = entries_[entry];
    const NodeId value = scalarAt(tree_, item, "value");
    const NodeId source = tree_.find(item, "valueFrom");
    const bool sourced = source != noNode && tree_[source].kind == Value::Kind::map;
    Variable variable = variableOf(Kind::unknown, item, container_.subject.document);
    if (value != noNode && sourced && !tree_[value].text.empty()) {
        variable.kind = Kind::refused;
        return variable;
    }
    if (value != noNode && (!sourced || !tree_[value].text.empty()))
        return literalOf(entry, value, depth);
    if (!sourced) return variable;
    const NodeId field = tree_.find(source, "resourceFieldRef");
    const NodeId key = tree_.find(source, "configMapKeyRef");
    const auto given = std::ranges::count_if(
        std::views::iota(std::size_t{0}, tree_[source].children.size() / 2), [&](std::size_t i) {
            return tree_[tree_.resolved(tree_[source].children[2 * i + 1])].kind ==
                   Value::Kind::map;
        });
    if (given > 1) {
        variable.kind = Kind::refused;
    } else if (field != noNode) {
        variable.kind = Kind::reference;
        variable.at = variable.field = field;
    } else if (key != noNode) {
        return ofKey(item, key);
    }
    return variable;
}

Variable Environment::literalOf(std::size_t entry, NodeId value, int depth) {
    Variable variable = variableOf(Kind::literal, value, container_.subject.document);
    variable.text = variable.written = tree_[value].text;
    if (!isString(tree_, value)) {
        variable.kind = Kind::refused;
    } else if (isPlaceholder(variable.text)) {
        variable.kind = Kind::unknown;
    } else {
        expand(variable, entry, depth);
    }
    return variable;
}

/// k8s.io/kubernetes third_party/forked/golang/expansion, Expand.
void Environment::expand(Variable& variable, std::size_t entry, int depth) {
    const std::string& written = variable.written;
    std::string text;
    for (std::size_t at = 0; at < written.size(); ++at) {
        if (written[at] != '$' || at + 1 == written.size()) {
            text += written[at];
            continue;
        }
        const std::size_t end = written.find(')', at);
        if (written[at + 1] == '$') {
            text += written[++at];
        } else if (written[at + 1] != '(' || end == std::string::npos) {
            text += written[at];
        } else {
            const auto name = written.substr(at + 2, end - at - 2);
            const auto other = resolve(name, entry, depth + 1);
            const auto stands = textOf(other, variable);
            if (other.is(Kind::absent)) {
                // A part of it is also Tekton's way to name a parameter.
                const bool elsewhere =
                    container_.subject.partial || name.find('.') != std::string::npos;
                if (elsewhere) variable.kind = Kind::unknown;
                if (!elsewhere && variable.undefined.empty()) variable.undefined = name;
                text += written.substr(at, end - at + 1);
            } else if (!stands || text.size() > maxText) {
                variable.kind = Kind::unknown;
                return;
            } else {
                text += *stands;
            }
            at = end;
        }
    }
    variable.text = std::move(text);
}

/// What a variable contributes where it is named; nullopt when that is not known.
std::optional<std::string> Environment::textOf(const Variable& variable, Variable& user) const {
    if (variable.is(Kind::literal)) {
        user.ofNode = user.ofNode || variable.ofNode;
        return variable.text;
    }
    if (!variable.is(Kind::reference)) return std::nullopt;
    const auto resource = tree_.scalar(variable.field, "resource").value_or("");
    const auto owner = tree_.scalar(variable.field, "containerName").value_or("");
    const auto divisor = divisorOf(tree_, variable.field);
    const bool own = owner.empty() || owner == container_.name();
    if (!isMemory(resource) || !own || !divisor) return std::nullopt;
    const bool byLimit = resource == "limits.memory";
    const Amount& amount =
        byLimit || amounts_.request.at == noNode ? amounts_.limit : amounts_.request;
    if (byLimit && amount.at == noNode && !container_.subject.partial) user.ofNode = true;
    if (!amount.bytes || *amount.bytes == 0) return std::nullopt;
    return std::to_string((*amount.bytes - 1) / *divisor + 1);
}

Variable Environment::ofKey(NodeId entry, NodeId reference) const {
    const auto key = textAt(tree_, reference, "key");
    const auto* const map =
        container_.stream.configMap(container_.subject.nameSpace, textAt(tree_, reference, "name"));
    Variable variable = variableOf(Kind::unknown, entry, container_.subject.document);
    if (map == nullptr) return variable;
    auto found = keyOf(*map, key, textAt(tree_, entry, "name"));
    return found.is(Kind::absent) ? variable : found;
}

Variable Environment::keyOf(const ConfigMap& map, std::string_view key, std::string_view name) {
    const Tree& tree = map.document->tree;
    const NodeId value = scalarAt(tree, map.data, key);
    if (value == noNode) return {};
    Variable variable = variableOf(Kind::literal, value, map.document);
    map.document->ours = true;
    variable.text = variable.written = tree[value].text;
    variable.origin = key == name ? fmt::format(" of ConfigMap {}", map.name)
                                  : fmt::format(" (key {} of ConfigMap {})", key, map.name);
    if (!isString(tree, value)) variable.kind = Kind::refused;
    if (isPlaceholder(variable.text)) variable.kind = Kind::unknown;
    return variable;
}

/// When several sources set the same name, the last counts.
Variable Environment::fromWhole(std::string_view name) const {
    for (const NodeId source : sources_ | std::views::reverse) {
        const auto prefix = textAt(tree_, source, "prefix");
        if (!name.starts_with(prefix)) continue;
        const NodeId reference = tree_.find(source, "configMapRef");
        const auto* const map = reference == noNode
                                    ? nullptr
                                    : container_.stream.configMap(container_.subject.nameSpace,
                                                                  textAt(tree_, reference, "name"));
        // A value that is empty here is filled in elsewhere.
        if (map == nullptr || map->data == noNode) return variableOf(Kind::unknown);
        map->document->ours = true;
        auto found = keyOf(*map, name.substr(prefix.size()), name);
        if (!found.is(Kind::absent)) return found;
    }
    return {};
}

void Environment::judgeEntries(const Report& report) {
    judgeTwice("GOMEMLIMIT", report);
    judgeTwice("GOGC", report);
    for (const std::string_view name : goNames) {
        const auto variable = of(name);
        if (!variable.is(Kind::refused)) continue;
        if (variable.text.empty()) {
            report({"env-two-sources", variable.at,
                    fmt::format("{} has two sources, which exclude each other: Kubernetes refuses "
                                "the object",
                                name),
                    "keep one of the two"});
        } else {
            report({"env-not-string", variable.at,
                    fmt::format("{}{} is {} without quotes, which is not a string: Kubernetes "
                                "refuses the object",
                                name, variable.origin, variable.text),
                    fmt::format("write \"{}\"", variable.text), variable.in});
        }
    }
    for (const NodeId entry : entries_) judgeDivisor(entry, report);
    judgeNames(report);
}

void Environment::judgeTwice(std::string_view name, const Report& report) const {
    std::size_t count = 0;
    NodeId last = noNode;
    for (const NodeId entry : entries_) {
        if (tree_.scalar(entry, "name") != name) continue;
        ++count;
        last = entry;
    }
    if (count < 2) return;
    const auto value = tree_.scalar(last, "value");
    report({"env-twice", last,
            fmt::format("{} is there {}; the last one{} counts", name,
                        count == 2 ? "twice" : fmt::format("{} times", count),
                        value ? fmt::format(", {},", quoted(*value)) : ""),
            "keep one"});
}

void Environment::judgeDivisor(NodeId entry, const Report& report) const {
    const NodeId field = tree_.find(tree_.find(entry, "valueFrom"), "resourceFieldRef");
    const auto divisor = tree_.scalar(field == noNode ? entry : field, "divisor");
    if (field == noNode || !divisor || !isMemory(textAt(tree_, field, "resource"))) return;
    if (isDivisor(*divisor) || isPlaceholder(*divisor)) return;
    report({"divisor-refused", tree_.find(field, "divisor"),
            fmt::format("{} has the divisor {}, which Kubernetes refuses: it accepts 1, alone or "
                        "with a suffix",
                        quoted(textAt(tree_, entry, "name")), quoted(*divisor)),
            "write one such as 1Mi, or leave it out"});
}

/// Whether a value or an argument names the variable, which then serves something other than Go.
bool Environment::isUsed(std::string_view name) const {
    const auto names = [&](NodeId node) {
        return node != noNode && tree_[node].kind == Value::Kind::scalar &&
               tree_[node].text.find(name) != std::string::npos;
    };
    for (const std::string_view list : {"command", "args"}) {
        if (std::ranges::any_of(itemsOf(tree_, tree_.find(container_.member.node, list)), names))
            return true;
    }
    return std::ranges::any_of(entries_,
                               [&](NodeId entry) { return names(tree_.find(entry, "value")); });
}

void Environment::judgeNames(const Report& report) const {
    const auto judge = [&](std::string_view name, NodeId at, Document* in, std::string_view of) {
        const auto meant = misspeltGoName(name);
        if (meant.empty() || isUsed(name)) return;
        report({"variable-misspelt", at,
                fmt::format("Go does not know the variable {}{}; it knows {}", quoted(name), of,
                            meant),
                fmt::format("write {}", meant), in});
    };
    for (const NodeId entry : entries_) {
        const NodeId name = scalarAt(tree_, entry, "name");
        if (name != noNode) judge(tree_[name].text, name, nullptr, "");
    }
    for (const NodeId source : sources_) {
        const NodeId reference = tree_.find(source, "configMapRef");
        if (reference == noNode || !textAt(tree_, source, "prefix").empty()) continue;
        const auto* const map = container_.stream.configMap(container_.subject.nameSpace,
                                                            textAt(tree_, reference, "name"));
        if (map == nullptr || map->data == noNode) continue;
        const Tree& tree = map->document->tree;
        if (tree[map->data].kind != Value::Kind::map) continue;
        for (std::size_t i = 0; i + 1 < tree[map->data].children.size(); i += 2) {
            const NodeId key = tree[map->data].children[i];
            judge(tree[key].text, key, map->document, fmt::format(" of ConfigMap {}", map->name));
        }
    }
}

bool Environment::speaksOfGo() {
    if (container_.knownGo) return true;
    const bool named = std::ranges::any_of(entries_, [this](NodeId entry) {
        const auto name = textAt(tree_, entry, "name");
        return std::ranges::find(goNames, name) != goNames.end() || !misspeltGoName(name).empty();
    });
    const auto brought = [this](std::string_view name) { return fromWhole(name).in != nullptr; };
    return named || std::ranges::any_of(goNames, brought);
}

}  // namespace memfit::lint

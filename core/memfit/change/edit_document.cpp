#include "memfit/change/edit_document.h"

#include <algorithm>
#include <optional>
#include <ranges>
#include <utility>

#include "memfit/change/edit_plan.h"
#include "memfit/change/edit_proof.h"
#include "memfit/yaml/yaml_scan.h"

namespace memfit::yaml {

namespace {

constexpr int maxSteps = 32;

// The columns between a map's keys and those of its child map, where both are in block style.
std::optional<std::size_t> stepBetween(std::string_view text, const Tree& tree, NodeId parent) {
    if (parent == noNode || tree[parent].flow || tree[parent].children.empty()) return std::nullopt;
    for (std::size_t i = 0; i + 1 < tree[parent].children.size(); i += 2) {
        const Node& child = tree[tree[parent].children[i + 1]];
        if (child.kind != Value::Kind::map || child.flow || child.children.empty()) continue;
        const std::size_t outer = columnOf(text, tree[tree[parent].children[i]].begin);
        const std::size_t inner = columnOf(text, child.content);
        if (inner > outer) return inner - outer;
    }
    return std::nullopt;
}

DocumentStyle styleOf(const DocumentEdit& document, NodeId workload, NodeId container,
                      NodeId containers) {
    const Tree& tree = document.tree;
    const std::string_view text = document.text;
    DocumentStyle style;
    const Node& root = tree[tree.root];
    style.json = root.flow && !root.children.empty() && tree[root.children.front()].quote == '"';
    const std::size_t newline = text.find('\n');
    if (newline != std::string_view::npos && newline > 0 && text[newline - 1] == '\r') {
        style.block.newline = "\r\n";
    }
    const auto step = stepBetween(text, tree, container);
    style.block.unit = step ? *step : stepBetween(text, tree, workload).value_or(2);
    const Node& list = tree[containers];
    if (!list.flow && list.parent != noNode) {
        const auto& siblings = tree[list.parent].children;
        const auto at = std::ranges::find(siblings, containers);
        const std::size_t keyColumn = columnOf(text, tree[*std::prev(at)].begin);
        style.block.flush = columnOf(text, list.content) == keyColumn;
    }
    return style;
}

// The part of a splice that differs from what is there: [begin, end) and text without what both
// have in common, and the offset at which a reader sees the first difference.
std::size_t firstDifference(std::string_view text, const Splice& splice) {
    const auto old = text.substr(splice.begin, splice.end - splice.begin);
    const auto common = std::ranges::mismatch(old, splice.text);
    auto same = static_cast<std::size_t>(common.in1 - old.begin());
    // Lines that are put in below a line begin with its line break.
    if (splice.text.substr(same).starts_with("\r\n")) {
        same += 2;
    } else if (splice.text.substr(same).starts_with("\n")) {
        same += 1;
    }
    return same;
}

struct Step {
    Operation operation;
    std::vector<Splice> splices;
    std::string what;
};

bool apart(const std::vector<Step>& steps, const std::vector<Splice>& added) {
    for (const Step& step : steps) {
        // Nothing between the first and the last splice of an operation belongs to another one.
        const bool before = added.back().end < step.splices.front().begin;
        const bool behind = added.front().begin > step.splices.back().end;
        if (!before && !behind) return false;
    }
    return true;
}

class ContainerEditor {
public:
    ContainerEditor(DocumentEdit& document, std::string_view name, const MemorySettings& wanted)
        : document_(document), name_(name), wanted_(wanted) {}

    [[nodiscard]] std::optional<Problem> run(std::size_t workload, const ContainerPlace& place) {
        std::size_t offset = 0;
        for (int i = 0; i < maxSteps; ++i) {
            const auto found = findWorkloads(document_.tree);
            if (workload >= found.size()) return unsafe(offset);
            const NodeId containers = containersOf(document_.tree, found[workload], place.list);
            const NodeId node = document_.tree[containers].children[place.index];
            offset = document_.tree[node].begin;
            const ProofSubject subject{found[workload].node, node, &wanted_};
            auto steps = plan(styleOf(document_, found[workload].node, node, containers), node);
            if (steps.has_error()) return steps.error();
            if (steps.value().empty()) return proved(subject);
            if (auto problem = noteMeaning(subject)) return problem;
            if (auto problem = carryOut(steps.value(), offset)) return problem;
        }
        return unsafe(offset);
    }

private:
    [[nodiscard]] static Problem unsafe(std::size_t offset) {
        return {static_cast<std::uint32_t>(offset),
                "the layout cannot be edited safely; nothing was changed", std::string(byHand)};
    }

    // Before the first change.
    [[nodiscard]] std::optional<Problem> noteMeaning(const ProofSubject& subject) {
        if (before_) return std::nullopt;
        const auto before = meaningBesides(meanings_, document_.tree, subject);
        if (before.has_error()) return before.error();
        before_ = before.value();
        return std::nullopt;
    }

    // Each step made the tree that it was to make; but names of anchors in it may have come to
    // stand for something else.
    [[nodiscard]] std::optional<Problem> proved(const ProofSubject& subject) {
        if (!before_) return std::nullopt;
        const auto now = meaningBesides(meanings_, document_.tree, subject);
        if (now.has_error()) return now.error();
        if (now.value() == *before_) return std::nullopt;
        return Problem{document_.tree[subject.container].begin,
                       "an anchor or a merge key would change more than the memory settings; "
                       "nothing was changed",
                       std::string(byHand)};
    }

    [[nodiscard]] Checked<std::vector<Step>> plan(const DocumentStyle& style, NodeId container) {
        PlanInput input;
        input.text = document_.text;
        input.tree = &document_.tree;
        input.container = container;
        input.containerName = name_;
        input.wanted = &wanted_;
        input.style = &style;
        input.firstLine = document_.firstLine;
        std::vector<Step> steps;
        for (const auto planner : {planEnvironment, planResources}) {
            auto planned = planner(input);
            if (planned.has_error()) return planned.error();
            if (planned.value().empty()) continue;
            if (auto shared = requireUnshared(input, container); shared.has_error()) {
                return shared.error();
            }
            for (auto& one : planned.value()) {
                auto checked = dropsNothingUsed(input, one.operation);
                if (checked.has_error()) return checked.error();
                add(steps, std::move(one), style);
            }
        }
        return steps;
    }

    // Replacing a node must not remove an anchor that is used elsewhere.
    [[nodiscard]] static Checked<void> dropsNothingUsed(const PlanInput& input,
                                                        const Operation& operation) {
        if (operation.kind != Operation::Kind::setEntry) return {};
        const Tree& tree = *input.tree;
        const NodeId old = tree[operation.node].children[operation.index + 1];
        const bool scalars =
            tree[old].kind == Value::Kind::scalar && operation.value.kind == Value::Kind::scalar;
        return scalars ? Checked<void>() : requireUnusedBelow(input, old);
    }

    void add(std::vector<Step>& steps, PlannedOperation planned, const DocumentStyle& style) {
        auto made = splices(document_.text, document_.tree, planned.operation, style);
        if (made.empty() || !apart(steps, made)) return;
        steps.push_back({std::move(planned.operation), std::move(made), std::move(planned.what)});
        for (auto* const note : {&planned.note, &planned.comment})
            if (!note->empty()) document_.notes.push_back(std::move(*note));
    }

    [[nodiscard]] std::optional<Problem> carryOut(std::vector<Step>& steps, std::size_t container) {
        std::ranges::sort(steps, {}, [](const Step& step) { return step.splices.front().begin; });
        Value expected = document_.tree.value(document_.tree.root);
        // From the end to the start, so that no change moves the places of the next ones.
        for (const Step& step : std::views::reverse(steps)) {
            apply(expected, document_.tree, step.operation);
        }
        rewrite(steps);
        auto tree = parseDocument(document_.text);
        if (tree.has_error() || tree.value().root == noNode ||
            !(tree.value().value(tree.value().root) == expected)) {
            return unsafe(container);
        }
        document_.tree = std::move(*tree);
        return std::nullopt;
    }

    void rewrite(const std::vector<Step>& steps) {
        std::string text;
        std::size_t from = 0;
        std::vector<DocumentEdit::Change> changes;
        auto older = document_.changes.begin();
        const auto moveOlder = [&](std::size_t before) {
            for (; older != document_.changes.end() && older->offset < before; ++older) {
                const std::size_t at = std::max(older->offset, from);
                changes.push_back({text.size() + at - from, std::move(older->what)});
            }
        };
        for (const Step& step : steps) {
            bool first = true;
            for (const Splice& splice : step.splices) {
                moveOlder(splice.begin);
                text.append(document_.text, from, splice.begin - from);
                if (std::exchange(first, false)) {
                    changes.push_back(
                        {text.size() + firstDifference(document_.text, splice), step.what});
                }
                text += splice.text;
                from = splice.end;
            }
        }
        moveOlder(document_.text.size() + 1);
        text.append(document_.text, from);
        document_.changes = std::move(changes);
        document_.text = std::move(text);
    }

    DocumentEdit& document_;
    std::string_view name_;
    const MemorySettings& wanted_;
    Meanings meanings_;
    std::optional<Meanings::Id> before_;  // what the document meant, the wanted settings aside
};

}  // namespace

std::optional<Problem> editContainer(DocumentEdit& document, std::size_t workload,
                                     const ContainerPlace& container,
                                     std::string_view containerName, const MemorySettings& wanted) {
    return ContainerEditor(document, containerName, wanted).run(workload, container);
}

}  // namespace memfit::yaml

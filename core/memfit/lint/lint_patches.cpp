#include <charconv>
#include <map>
#include <utility>

#include "memfit/change/edit_find.h"
#include "memfit/lint/lint_subjects.h"
#include "memfit/yaml/yaml_documents.h"
#include "memfit/yaml/yaml_scan.h"

namespace memfit::lint {

namespace {

using yaml::Node;
using yaml::NodeId;
using yaml::noNode;
using yaml::Tree;
using yaml::Value;

constexpr std::size_t maxSteps = 64;

/// A JSON pointer (RFC 6901) in its steps.
std::vector<std::string> stepsOf(std::string_view path) {
    std::vector<std::string> steps;
    for (std::size_t i = 0; i < path.size() && steps.size() < maxSteps; ++i) {
        if (path[i] == '/') {
            steps.emplace_back();
            continue;
        }
        if (steps.empty()) return {};
        const char next = i + 1 < path.size() ? path[i + 1] : '\0';
        if (path[i] == '~' && (next == '0' || next == '1')) {
            steps.back() += next == '0' ? '~' : '/';
            ++i;
        } else {
            steps.back() += path[i];
        }
    }
    return steps;
}

bool isIndex(std::string_view step) {
    return step == "-" ||
           (!step.empty() && step.find_first_not_of("0123456789") == std::string_view::npos);
}

/// What the operations of a JSON patch bring, as a part of the object that they change. Its nodes
/// stand in the tree of the operations.
class PatchedPart {
public:
    explicit PatchedPart(Tree& tree) : tree_(tree), root_(made(Value::Kind::map, 0)) {}

    [[nodiscard]] NodeId root() const { return root_; }

    void bring(const std::vector<std::string>& steps, NodeId value) {
        NodeId at = root_;
        std::string path;
        for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
            path += "/" + steps[i];
            const auto known = steps[i] == "-" ? known_.end() : known_.find(path);
            if (known != known_.end()) {
                at = known->second;
                continue;
            }
            const auto kind = isIndex(steps[i + 1]) ? Value::Kind::sequence : Value::Kind::map;
            const NodeId next = made(kind, tree_[value].begin);
            if (!attach(at, steps[i], next)) return;
            known_[path] = at = next;
        }
        path += "/" + steps.back();
        if (attach(at, steps.back(), value) && steps.back() != "-")
            known_[path] = tree_.resolved(value);
    }

private:
    NodeId made(Value::Kind kind, std::uint32_t begin) {
        Node node;
        node.kind = kind;
        node.begin = node.content = node.end = begin;
        tree_.nodes.push_back(std::move(node));
        return static_cast<NodeId>(tree_.nodes.size() - 1);
    }

    bool attach(NodeId parent, const std::string& step, NodeId child) {
        if (tree_[parent].kind == Value::Kind::sequence) {
            tree_.nodes[parent].children.push_back(child);
            return true;
        }
        if (tree_[parent].kind != Value::Kind::map) return false;
        if (const auto own = tree_.ownKey(parent, step)) {
            tree_.nodes[parent].children[*own + 1] = child;
            return true;
        }
        const NodeId key = made(Value::Kind::scalar, tree_[child].begin);
        tree_.nodes[key].text = step;
        tree_.nodes[parent].children.insert(tree_.nodes[parent].children.end(), {key, child});
        return true;
    }

    Tree& tree_;
    NodeId root_;
    std::map<std::string, NodeId> known_;
};

/// What a patch says of the object that it is for.
struct Target {
    std::string kind;
    std::string name;
    std::string nameSpace;
};

Target targetOf(const Tree& tree, NodeId patch) {
    const NodeId target = tree.find(patch, "target");
    return {textAt(tree, target, "kind"), textAt(tree, target, "name"),
            textAt(tree, target, "namespace")};
}

void addSubject(Document& document, NodeId object, const Target& target, Found& found) {
    const Tree& tree = document.tree;
    const NodeId metadata = tree.find(object, "metadata");
    const auto either = [](const std::string& own, const std::string& other) {
        return own.empty() ? other : own;
    };
    Subject subject;
    subject.document = &document;
    subject.kind = either(textAt(tree, object, "kind"), target.kind);
    subject.name = either(target.name, textAt(tree, metadata, "name"));
    subject.nameSpace = either(target.nameSpace, textAt(tree, metadata, "namespace"));
    subject.partial = true;
    subject.podSpec = yaml::podSpecOf(tree, {object, subject.kind, {}, {}});
    subject.members = membersOf(tree, subject.podSpec);
    if (!subject.members.empty()) found.subjects.push_back(std::move(subject));
}

/// The kind that has its containers where the steps lead.
std::string kindFor(const std::vector<std::string>& steps) {
    if (steps.size() < 2 || steps[1] == "template") return {};
    return steps[1] == "jobTemplate" ? "CronJob" : "Pod";
}

void addOperations(Document& document, Target target, Found& found) {
    Tree& tree = document.tree;
    const NodeId list = tree.root;
    PatchedPart part(tree);
    for (const NodeId operation : itemsOf(tree, list)) {
        const auto op = textAt(tree, operation, "op");
        // A test says what is there.
        if (op != "add" && op != "replace" && op != "test") continue;
        const NodeId value = tree.find(operation, "value");
        const auto steps = stepsOf(textAt(tree, operation, "path"));
        if (value == noNode || steps.empty()) continue;
        if (target.kind.empty()) target.kind = kindFor(steps);
        part.bring(steps, value);
    }
    addSubject(document, part.root(), target, found);
}

/// The document that stands in the scalar `node` of `outer`.
Document innerDocument(const Document& outer, NodeId node) {
    const Node& scalar = outer.tree[node];
    Document document;
    document.fileName = outer.fileName;
    document.text = scalar.text;
    const Location at = outer.at(node);
    // Only in a literal block scalar are the lines those of the file.
    const bool literal = scalar.content < outer.text.size() && outer.text[scalar.content] == '|';
    const std::size_t first = scalar.text.find_first_not_of('\n');
    if (outer.fixed || !literal || first == std::string::npos) {
        document.fixed = at;
        return document;
    }
    std::size_t line = yaml::nextLine(outer.text, scalar.content);
    for (std::size_t i = 0; i < first; ++i) line = yaml::nextLine(outer.text, line);
    const auto indentIn = [](std::string_view text, std::size_t from) {
        const std::size_t end = text.find_first_not_of(' ', from);
        return static_cast<int>((end == std::string_view::npos ? text.size() : end) - from);
    };
    document.firstLine = at.line + 1;
    document.indent = outer.indent + indentIn(outer.text, line) - indentIn(scalar.text, first);
    return document;
}

void addPatch(Document& outer, NodeId scalar, const Target& target, std::deque<Document>& inner,
              Found& found) {
    const auto whole = innerDocument(outer, scalar);
    int line = whole.firstLine;
    for (const auto part : yaml::splitDocuments(whole.text)) {
        Document document = whole;
        document.text = part;
        document.firstLine = line;
        line += static_cast<int>(std::count(part.begin(), part.end(), '\n'));
        auto tree = yaml::parseDocument(part);
        if (tree.has_error()) {
            found.errors.push_back(document.located(tree.error()));
            continue;
        }
        document.tree = std::move(*tree);
        if (document.tree.root == noNode) continue;
        inner.push_back(std::move(document));
        Document& added = inner.back();
        if (added.tree[added.tree.root].kind == Value::Kind::sequence)
            addOperations(added, target, found);
        else
            addSubject(added, added.tree.root, target, found);
    }
}

}  // namespace

void findPatches(Document& document, std::deque<Document>& inner, Found& found) {
    const Tree& tree = document.tree;
    const auto add = [&](NodeId patch, const Target& target) {
        if (patch == noNode) return;
        const NodeId node = tree.resolved(patch);
        // One line without a colon and a space is the name of a file.
        const bool written = tree[node].kind == Value::Kind::scalar &&
                             tree[node].text.find_first_of("\n{") != std::string::npos;
        if (written) addPatch(document, node, target, inner, found);
    };
    for (const NodeId holder : {tree.root, tree.find(tree.root, "spec")}) {
        for (const std::string_view list :
             {"patches", "patchesJson6902", "patchesStrategicMerge"}) {
            for (const NodeId item : itemsOf(tree, tree.find(holder, list))) {
                const bool map = tree[item].kind == Value::Kind::map;
                if (map && tree[item].children.empty()) continue;
                add(map ? tree.find(item, "patch") : item, map ? targetOf(tree, item) : Target{});
                if (!map) continue;
                // Flux also accepts patches that are not strings.
                if (list == "patchesStrategicMerge") addSubject(document, item, {}, found);
                const NodeId patch = tree.find(item, "patch");
                if (patch == noNode || tree[patch].kind != Value::Kind::sequence) continue;
                Document copy = document;
                copy.tree.root = patch;
                inner.push_back(std::move(copy));
                addOperations(inner.back(), targetOf(tree, item), found);
            }
        }
    }
}

}  // namespace memfit::lint

#include "memfit/change/edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "memfit/change/edit_document.h"
#include "memfit/change/edit_find.h"
#include "memfit/change/edit_pod_level.h"
#include "memfit/change/edit_template.h"
#include "memfit/units/quoted.h"
#include "memfit/yaml/yaml_documents.h"
#include "memfit/yaml/yaml_tree.h"

namespace memfit {

namespace {

using yaml::ContainerPlace;
using yaml::FoundWorkload;
using yaml::NodeId;
using yaml::noNode;
using yaml::Problem;
using yaml::Tree;

constexpr std::size_t maxListed = 10;

// A document that may hold the workload, and where it stands in the file.
struct Candidate {
    std::string_view text;
    std::size_t offset = 0;
    int firstLine = 1;
    Tree tree;
    std::vector<FoundWorkload> workloads;
};

struct Match {
    std::size_t candidate = 0;
    std::size_t workload = 0;
    int line = 0;
};

char lowered(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

int linesIn(std::string_view text) {
    return static_cast<int>(std::ranges::count(text, '\n'));
}

class Editor {
public:
    Editor(std::string_view text, std::string_view fileName, const WorkloadSelector& selector)
        : text_(text), fileName_(fileName), selector_(selector) {}

    [[nodiscard]] Result<ManifestEdit> edit(std::string_view container,
                                            const MemorySettings& wanted) {
        if (const auto problem = yaml::checkText(text_)) {
            return located(*problem, text_, 1);
        }
        const auto body = text_.substr(yaml::byteOrderMark(text_));
        if (auto collected = collect(body, false); collected.has_error()) {
            return collected.error();
        }
        const auto match = choose();
        if (match.has_error()) return match.error();
        return editIn(*match, container, wanted);
    }

private:
    [[nodiscard]] Error located(const Problem& problem, std::string_view document,
                                int firstLine) const {
        const auto before = document.substr(0, problem.offset);
        return inputError(problem.what, problem.next,
                          Location{std::string(fileName_), firstLine + linesIn(before), 0});
    }

    [[nodiscard]] Error inFile(std::string what, std::string next, int line = 0) const {
        return inputError(std::move(what), std::move(next),
                          Location{std::string(fileName_), line, 0});
    }

    // A name is spelled as it is, or in double quotes with escapes.
    [[nodiscard]] bool mayHold(std::string_view document) const {
        return document.find(selector_.name) != std::string_view::npos ||
               document.find('\\') != std::string_view::npos;
    }

    // Parses what may hold the workload; or, for a message, the first documents.
    Result<void> collect(std::string_view body, bool everything) {
        candidates_.clear();
        int line = 1;
        for (const std::string_view document : yaml::splitDocuments(body)) {
            if (everything || mayHold(document)) {
                auto tree = yaml::parseDocument(document);
                if (tree.has_error()) {
                    return located(tree.error(), document, line);
                }
                Candidate candidate{document,
                                    static_cast<std::size_t>(document.data() - text_.data()),
                                    line,
                                    std::move(*tree),
                                    {}};
                candidate.workloads = yaml::findWorkloads(candidate.tree);
                if (!candidate.workloads.empty()) candidates_.push_back(std::move(candidate));
                if (everything && candidates_.size() > maxListed) break;
            }
            line += linesIn(document);
        }
        return {};
    }

    [[nodiscard]] static int lineOf(const Candidate& candidate, NodeId node) {
        return candidate.firstLine + linesIn(candidate.text.substr(0, candidate.tree[node].begin));
    }

    [[nodiscard]] std::vector<Match> matches(bool withoutNamespace) const {
        std::vector<Match> found;
        for (std::size_t c = 0; c < candidates_.size(); ++c) {
            const auto& workloads = candidates_[c].workloads;
            for (std::size_t w = 0; w < workloads.size(); ++w) {
                const FoundWorkload& one = workloads[w];
                const bool named = sameKind(one.kind) && one.name == selector_.name;
                if (!named && !anyWorkload()) continue;
                const bool fits = !selector_.nameSpace || one.nameSpace == *selector_.nameSpace ||
                                  (withoutNamespace && one.nameSpace.empty());
                if (fits) found.push_back({c, w, lineOf(candidates_[c], one.node)});
            }
        }
        return found;
    }

    [[nodiscard]] Result<Match> choose() {
        auto found = matches(false);
        if (found.empty()) found = matches(true);
        if (found.size() == 1) return found.front();
        if (found.empty()) return notThere();
        std::string lines;
        for (const Match& one : found) {
            if (!lines.empty()) lines += &one == &found.back() ? " and " : ", ";
            lines += fmt::format("{}", one.line);
        }
        if (anyWorkload()) {
            return inFile(fmt::format("there are several workloads, in lines {}", lines),
                          "the results do not say which is meant; give a file with one of them",
                          found.front().line);
        }
        return inFile(fmt::format("{} is there more than once, in lines {}", wanted(), lines),
                      selector_.nameSpace ? "split the file" : "say which with --namespace",
                      found.front().line);
    }

    /// For a kind that is not Kubernetes' own, the type is the kind in lower case.
    [[nodiscard]] bool sameKind(std::string_view kind) const {
        return std::ranges::equal(kind, selector_.kind, {}, lowered, lowered);
    }

    [[nodiscard]] bool anyWorkload() const {
        return selector_.kind.empty() && selector_.name.empty();
    }

    [[nodiscard]] std::string wanted() const {
        if (anyWorkload()) return "a workload";
        return selector_.kind + " " + selector_.name +
               (selector_.nameSpace ? " of namespace " + *selector_.nameSpace : std::string());
    }

    [[nodiscard]] Error notThere() {
        const auto body = text_.substr(yaml::byteOrderMark(text_));
        if (const auto collected = collect(body, true); collected.has_error()) {
            return collected.error();
        }
        if (auto error = templateNames()) return *error;
        std::string there;
        std::size_t count = 0;
        int line = 0;
        for (const auto& candidate : candidates_) {
            for (const auto& one : candidate.workloads) {
                if (line == 0 && one.name == selector_.name) line = lineOf(candidate, one.node);
                if (++count > maxListed) continue;
                there += (there.empty() ? "" : ", ") + one.kind + " " +
                         (one.nameSpace.empty() ? "" : one.nameSpace + "/") + one.name;
            }
        }
        if (count > maxListed) there += ", …";
        if (anyWorkload()) return inFile("has no workload", "give the manifest that holds it", 1);
        return inFile("has no " + wanted(),
                      there.empty() ? "it has no workload" : "it has " + there, std::max(line, 1));
    }

    // A template names its workload when it is rendered.
    [[nodiscard]] std::optional<Error> templateNames() const {
        for (const auto& candidate : candidates_) {
            for (const auto& one : candidate.workloads) {
                auto problem = yaml::templateInName(candidate.tree, one);
                if (!problem) continue;
                problem->what = fmt::format("has no {}, but {} {}, a template's", wanted(),
                                            one.kind, quoted(one.name));
                return located(*problem, candidate.text, candidate.firstLine);
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] Result<ManifestEdit> editIn(const Match& match, std::string_view container,
                                              const MemorySettings& wantedSettings) const {
        const Candidate& in = candidates_[match.candidate];
        const FoundWorkload& workload = in.workloads[match.workload];
        if (const auto problem = yaml::templateInName(in.tree, workload)) {
            return located(*problem, in.text, in.firstLine);
        }
        const auto at = findContainer(in, workload, container);
        if (at.has_error()) return at.error();
        const NodeId list = yaml::containersOf(in.tree, workload, at->list);
        const NodeId node = in.tree[list].children[at->index];
        if (const auto problem = yaml::templateInContainer(in.tree, node)) {
            return located(*problem, in.text, in.firstLine);
        }
        if (in.tree[node].kind != yaml::Value::Kind::map) {
            return inFile("the container is not a map", "see kubectl explain pod.spec.containers",
                          lineOf(in, node));
        }
        const std::string name(in.tree.scalar(node, "name").value_or(""));
        yaml::DocumentEdit document;
        document.text = in.text;
        document.tree = in.tree;
        document.firstLine = in.firstLine;
        if (const auto problem =
                yaml::editContainer(document, match.workload, *at, name, wantedSettings)) {
            return located(*problem, document.text, in.firstLine);
        }
        ManifestEdit edit;
        edit.text = std::string(text_.substr(0, in.offset)) + document.text +
                    std::string(text_.substr(in.offset + in.text.size()));
        edit.notes = std::move(document.notes);
        for (auto& change : document.changes) {
            const auto before = std::string_view(document.text).substr(0, change.offset);
            edit.changes.push_back({in.firstLine + linesIn(before), std::move(change.what)});
        }
        if (!edit.changes.empty()) {
            edit.refusal = refusedByPod(in, workload, name, wantedSettings);
        }
        return edit;
    }

    [[nodiscard]] std::optional<Error> refusedByPod(const Candidate& in,
                                                    const FoundWorkload& workload,
                                                    std::string_view container,
                                                    const MemorySettings& wantedSettings) const {
        auto refusal = yaml::refusedWithinPod(in.tree, workload, container, wantedSettings);
        if (!refusal) return std::nullopt;
        const NodeId resources = in.tree.find(yaml::podSpecOf(in.tree, workload), "resources");
        return inFile(std::move(refusal->text), std::move(refusal->next), lineOf(in, resources));
    }

    [[nodiscard]] Result<ContainerPlace> findContainer(const Candidate& in,
                                                       const FoundWorkload& workload,
                                                       std::string_view container) const {
        const NodeId containers = yaml::containersOf(in.tree, workload);
        const auto& items = in.tree[containers].children;
        std::vector<ContainerPlace> found = namedContainers(in, workload, container);
        const auto names = namesOf(in, workload);
        // A single container may have no name (Knative names it itself).
        const bool only =
            items.size() == 1 && (container.empty() || !in.tree.scalar(items.front(), "name"));
        if (found.empty() && only) found.push_back({});
        const int line = lineOf(in, containers);
        if (found.empty()) {
            if (const auto problem = yaml::templateInNames(in.tree, containers)) {
                return located(*problem, in.text, in.firstLine);
            }
        }
        if (found.empty() && container.empty() && items.empty()) {
            return inFile(fmt::format("{} {} has no containers", workload.kind, workload.name),
                          "give the manifest that has them", line);
        }
        if (found.empty() && container.empty()) {
            return inFile(
                fmt::format("{} {} has several containers", workload.kind, workload.name),
                names.empty() ? "give each a name" : "say which with --container: " + names, line);
        }
        if (found.empty()) {
            return inFile(fmt::format("{} has no container {}", wanted(), container),
                          "it has " + (names.empty() ? "none" : names), line);
        }
        if (found.size() > 1) {
            return inFile(fmt::format("{} has {} containers {}", wanted(), found.size(), container),
                          "names of containers are unique", line);
        }
        const auto& place = found.front();
        if (place.list == yaml::initList && !isSidecar(in, workload, place)) {
            return inFile(fmt::format("{} of {} is an init container, which ends before the others "
                                      "start",
                                      container, wanted()),
                          "it has " + (names.empty() ? "none" : names), line);
        }
        const NodeId elsewhere = yaml::indirection(in.tree, workload, place);
        if (elsewhere == noNode) return place;
        return inFile(fmt::format("container {} is written elsewhere and comes here through an "
                                  "alias or a merge key",
                                  container),
                      "write it out first", lineOf(in, elsewhere));
    }

    // The containers of that name; init containers only where no other container has it.
    [[nodiscard]] static std::vector<ContainerPlace> namedContainers(const Candidate& in,
                                                                     const FoundWorkload& workload,
                                                                     std::string_view name) {
        std::vector<ContainerPlace> found;
        for (const std::string_view list : {yaml::mainList, yaml::initList}) {
            const NodeId containers = yaml::containersOf(in.tree, workload, list);
            if (containers == noNode || !found.empty()) continue;
            const auto& items = in.tree[containers].children;
            for (std::size_t i = 0; i < items.size(); ++i) {
                if (in.tree.scalar(items[i], "name") == name) found.push_back({list, i});
            }
        }
        return found;
    }

    [[nodiscard]] static bool isSidecar(const Candidate& in, const FoundWorkload& workload,
                                        const ContainerPlace& place) {
        const NodeId containers = yaml::containersOf(in.tree, workload, place.list);
        const NodeId item = in.tree[containers].children[place.index];
        return place.list == yaml::initList && in.tree.scalar(item, "restartPolicy") == "Always";
    }

    // The names of the containers and sidecars, for a message.
    [[nodiscard]] static std::string namesOf(const Candidate& in, const FoundWorkload& workload) {
        std::string names;
        std::size_t count = 0;
        for (const std::string_view list : {yaml::mainList, yaml::initList}) {
            const NodeId containers = yaml::containersOf(in.tree, workload, list);
            if (containers == noNode) continue;
            const auto& items = in.tree[containers].children;
            for (std::size_t i = 0; i < items.size(); ++i) {
                const auto name = in.tree.scalar(items[i], "name");
                const bool runs = list == yaml::mainList || isSidecar(in, workload, {list, i});
                if (!name || !runs || ++count > maxListed) continue;
                names += (names.empty() ? "" : ", ") + std::string(*name);
            }
        }
        return names;
    }

    std::string_view text_;
    std::string_view fileName_;
    const WorkloadSelector& selector_;
    std::vector<Candidate> candidates_;
};

}  // namespace

Result<ManifestEdit> editManifest(std::string_view text, std::string_view fileName,
                                  const WorkloadSelector& selector, std::string_view container,
                                  const MemorySettings& wanted) {
    return Editor(text, fileName, selector).edit(container, wanted);
}

}  // namespace memfit

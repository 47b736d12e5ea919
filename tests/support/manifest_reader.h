#pragma once

// A manifest as another reader than the editor's sees it: yaml-cpp's own tree.

#include <yaml-cpp/yaml.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/units/quantity.h"

namespace memfit::test {

/// A container of a workload in a manifest.
struct ManifestContainer {
    std::string kind, name;
    std::optional<std::string> nameSpace;
    std::string container;
};

/// What an edit may change of a container, taken out; and all the rest of the text as one.
struct ManifestMemory {
    std::optional<Bytes> limit, request;
    std::vector<std::string> gomemlimit, gogc;  ///< entries: `value`, or the reference
    std::string rest;
    std::vector<std::string> comments;  ///< lines that are nothing else
};

/// The entries of a map by their keys, with those that its merge key brings.
inline std::map<std::string, YAML::Node> entriesOf(const YAML::Node& map) {
    std::map<std::string, YAML::Node> entries;
    std::vector<YAML::Node> merged;
    for (const auto& entry : map) {
        if (entry.first.Scalar() != "<<" || entry.first.Tag() == "!") {
            entries.emplace(entry.first.Scalar(), entry.second);
        } else if (entry.second.IsSequence()) {
            for (const auto& one : entry.second) merged.push_back(one);
        } else {
            merged.push_back(entry.second);
        }
    }
    for (const auto& one : merged) entries.merge(entriesOf(one));
    return entries;
}

/// A node in one line, with aliases and merges resolved.
inline std::string flow(const YAML::Node& node) {
    if (node.IsScalar()) return node.Tag() + node.Scalar();
    std::string out;
    if (node.IsSequence())
        for (const auto& item : node) out += "[" + flow(item) + "]";
    if (node.IsMap())
        for (const auto& [key, value] : entriesOf(node)) out += "{" + key + ":" + flow(value) + "}";
    return out;
}

/// Reads a container's part of a manifest, and takes out of it what an edit may change.
class ManifestReader {
public:
    explicit ManifestReader(const std::string& text) {
        try {
            documents_ = YAML::LoadAll(text);
        } catch (const YAML::Exception&) {
            documents_.clear();
        }
        addComments(text);
    }

    /// Every named container of every named workload, also in lists.
    [[nodiscard]] std::vector<ManifestContainer> containers() const {
        std::vector<ManifestContainer> found;
        forEachWorkload([&](const ManifestContainer& workload, const YAML::Node& containers) {
            for (const auto& item : containers) {
                auto one = workload;
                one.container = textOf(item, "name");
                if (!one.container.empty()) found.push_back(std::move(one));
            }
        });
        return found;
    }

    /// nullopt: it is not there.
    [[nodiscard]] std::optional<ManifestMemory> memory(const ManifestContainer& of) const {
        std::optional<YAML::Node> subject;
        forEachWorkload([&](const ManifestContainer& workload, const YAML::Node& containers) {
            if (workload.kind != of.kind || workload.name != of.name ||
                (of.nameSpace && workload.nameSpace != of.nameSpace))
                return;
            for (const auto& item : containers)
                if (textOf(item, "name") == of.container) subject.emplace(item);
        });
        if (!subject) return std::nullopt;
        ManifestMemory memory;
        memory.comments = comments_;
        takeContainer(*subject, memory);
        for (const auto& document : documents_) memory.rest += besides(document, *subject);
        return memory;
    }

private:
    static std::string textOf(const YAML::Node& map, const std::string& key) {
        if (!map.IsMap()) return {};
        const auto entries = entriesOf(map);
        const auto found = entries.find(key);
        return found == entries.end() || !found->second.IsScalar() ? "" : found->second.Scalar();
    }

    static YAML::Node at(const YAML::Node& map, const std::string& key) {
        if (!map.IsMap()) return {};
        const auto entries = entriesOf(map);
        const auto found = entries.find(key);
        return found == entries.end() ? YAML::Node() : found->second;
    }

    void addComments(std::string_view text) {
        for (std::size_t from = 0; from < text.size();) {
            const auto end = std::min(text.find('\n', from), text.size());
            const auto line = text.substr(from, end - from);
            const auto first = line.find_first_not_of(" \t\r");
            if (first != std::string_view::npos && line[first] == '#')
                comments_.emplace_back(line.substr(first));
            from = end + 1;
        }
    }

    template <class Take>
    void forEachWorkload(Take take) const {
        for (const auto& document : documents_) {
            const auto kind = textOf(document, "kind");
            const auto items = at(document, "items");
            if (!kind.ends_with("List") || !items.IsSequence()) {
                takeWorkload(document, "", take);
                continue;
            }
            for (const auto& item : items)
                takeWorkload(item, kind.substr(0, kind.size() - 4), take);
        }
    }

    // A node is never assigned to: that would change the tree.
    static YAML::Node podSpecOf(const YAML::Node& object, const std::string& kind) {
        const auto spec = at(object, "spec");
        if (kind == "Pod") return spec;
        if (kind != "CronJob") return at(at(spec, "template"), "spec");
        return at(at(at(at(spec, "jobTemplate"), "spec"), "template"), "spec");
    }

    template <class Take>
    static void takeWorkload(const YAML::Node& object, const std::string& kindOfList, Take& take) {
        ManifestContainer workload;
        workload.kind = textOf(object, "kind");
        if (workload.kind.empty()) workload.kind = kindOfList;
        workload.name = textOf(at(object, "metadata"), "name");
        if (const auto space = textOf(at(object, "metadata"), "namespace"); !space.empty())
            workload.nameSpace = space;
        const auto containers = at(podSpecOf(object, workload.kind), "containers");
        if (!workload.kind.empty() && !workload.name.empty() && containers.IsSequence())
            take(workload, containers);
    }

    static std::string entryText(const YAML::Node& item) {
        const auto from = at(item, "valueFrom");
        if (!from.IsMap()) return textOf(item, "value");
        const auto reference = at(from, "resourceFieldRef");
        if (!reference.IsMap()) return "other";
        // The API server writes 0 for none.
        const auto divisor = textOf(reference, "divisor");
        if (!divisor.empty() && divisor != "0" && divisor != "1") return "other";
        return "from " + textOf(reference, "resource");
    }

    static std::optional<Bytes> takeMemory(const YAML::Node& side, std::string& rest) {
        std::optional<Bytes> found;
        if (!side.IsMap()) {
            rest += flow(side);
            return found;
        }
        for (const auto& [name, amount] : entriesOf(side)) {
            if (name != "memory" || !amount.IsScalar()) {
                rest += "{" + name + ":" + flow(amount) + "}";
            } else if (const auto parsed = parseQuantity(amount.Scalar())) {
                found = parsed->bytes;
            }
        }
        return found;
    }

    static void takeResources(const YAML::Node& resources, ManifestMemory& memory) {
        if (!resources.IsMap()) {
            memory.rest += flow(resources);
            return;
        }
        for (const auto& [key, value] : entriesOf(resources)) {
            if (key == "limits") {
                memory.limit = takeMemory(value, memory.rest);
            } else if (key == "requests") {
                memory.request = takeMemory(value, memory.rest);
            } else {
                memory.rest += "{" + key + ":" + flow(value) + "}";
            }
        }
    }

    static void takeVariables(const YAML::Node& env, ManifestMemory& memory) {
        for (const auto& item : env) {
            const auto name = textOf(item, "name");
            if (name == "GOMEMLIMIT") {
                memory.gomemlimit.push_back(entryText(item));
            } else if (name == "GOGC") {
                memory.gogc.push_back(entryText(item));
            } else {
                memory.rest += "[" + flow(item) + "]";
            }
        }
    }

    static void takeContainer(const YAML::Node& container, ManifestMemory& memory) {
        for (const auto& [key, value] : entriesOf(container)) {
            if (key == "env" && (value.IsSequence() || value.IsNull())) {
                takeVariables(value, memory);
            } else if (key == "resources") {
                takeResources(value, memory);
            } else {
                memory.rest += "{" + key + ":" + flow(value) + "}";
            }
        }
    }

    /// As flow(), without `subject`.
    static std::string besides(const YAML::Node& node, const YAML::Node& subject) {
        if (node.is(subject)) return "the container";
        std::string out;
        if (node.IsScalar()) return node.Tag() + node.Scalar();
        if (node.IsSequence())
            for (const auto& item : node) out += "[" + besides(item, subject) + "]";
        if (node.IsMap())
            for (const auto& [key, value] : entriesOf(node))
                out += "{" + key + ":" + besides(value, subject) + "}";
        return out;
    }

    std::vector<YAML::Node> documents_;
    std::vector<std::string> comments_;
};

}  // namespace memfit::test

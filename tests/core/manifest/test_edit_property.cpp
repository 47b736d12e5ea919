#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/manifest/edit_support.h"
#include "core/manifest/generated_manifest.h"
#include "memfit/manifest/diff.h"
#include "memfit/units/go_settings.h"
#include "memfit/units/quantity.h"

namespace {

using namespace memfit;
using namespace memfit::test;

// What an edit may change, taken out of the container; the rest, in one text.
struct Parts {
    std::optional<Bytes> limit, request;
    std::vector<std::string> gomemlimit, gogc;  // entries, `value` or the reference
    std::string rest;
};

// The entries of a map by their keys, with those that its merge key brings.
std::map<std::string, YAML::Node> entriesOf(const YAML::Node& map) {
    std::map<std::string, YAML::Node> entries;
    for (const auto& entry : map) {
        if (entry.first.Scalar() != "<<") entries.emplace(entry.first.Scalar(), entry.second);
    }
    if (map["<<"]) entries.merge(entriesOf(map["<<"]));
    return entries;
}

std::string flow(const YAML::Node& node) {
    if (node.IsScalar()) return node.Tag() + node.Scalar();
    std::string out;
    if (node.IsSequence()) {
        for (const auto& item : node) out += "[" + flow(item) + "]";
    }
    if (node.IsMap()) {
        for (const auto& [key, value] : entriesOf(node)) out += "{" + key + ":" + flow(value) + "}";
    }
    return out;
}

std::string entryText(const YAML::Node& item) {
    if (!item["valueFrom"]) return item["value"].Scalar();
    const YAML::Node reference = item["valueFrom"]["resourceFieldRef"];
    if (!reference || reference["divisor"]) return "other";
    return "from " + reference["resource"].Scalar();
}

std::optional<Bytes> takeMemory(YAML::Node resources, const char* key, std::string& rest) {
    std::optional<Bytes> found;
    if (!resources.IsMap()) return found;
    const auto sides = entriesOf(resources);
    if (!sides.contains(key) || !sides.at(key).IsMap()) return found;
    for (const auto& [name, amount] : entriesOf(sides.at(key))) {
        if (name == "memory") {
            found = parseQuantity(amount.Scalar()).value().bytes;
        } else {
            rest += key + name + flow(amount);
        }
    }
    return found;
}

void takeVariables(const YAML::Node& env, Parts& parts) {
    for (const auto& item : env) {
        const auto name = item["name"].Scalar();
        if (name == "GOMEMLIMIT") {
            parts.gomemlimit.push_back(entryText(item));
        } else if (name == "GOGC") {
            parts.gogc.push_back(entryText(item));
        } else {
            parts.rest += flow(item);
        }
    }
}

void takeContainer(const YAML::Node& container, Parts& parts) {
    for (const auto& [key, value] : entriesOf(container)) {
        if (key == "env") {
            takeVariables(value, parts);
        } else if (key == "resources") {
            parts.limit = takeMemory(value, "limits", parts.rest);
            parts.request = takeMemory(value, "requests", parts.rest);
            if (value.IsMap() && value["claims"]) parts.rest += "claims";
        } else {
            parts.rest += key + flow(value);
        }
    }
}

// Read by another reader than the editor's.
Parts partsOf(const std::string& text) {
    Parts parts;
    for (const auto& document : YAML::LoadAll(text)) {
        if (document["kind"].Scalar() != "Deployment") {
            parts.rest += flow(document);
            continue;
        }
        for (const auto& [key, value] : entriesOf(document)) {
            if (key != "spec") parts.rest += key + flow(value);
        }
        const auto& spec = document["spec"]["template"]["spec"];
        parts.rest += flow(spec["initContainers"]);
        for (const auto& container : spec["containers"]) {
            if (container["name"].Scalar() == "app") {
                takeContainer(container, parts);
            } else {
                parts.rest += flow(container);
            }
        }
    }
    return parts;
}

std::optional<Bytes> amountAfter(const MemoryWish& wish, std::optional<Bytes> before) {
    if (wish.kind == MemoryWish::Kind::leave) return before;
    return wish.kind == MemoryWish::Kind::set ? std::optional(wish.bytes) : std::nullopt;
}

std::vector<std::string> gomemlimitAfter(const GomemlimitWish& wish,
                                         const std::vector<std::string>& before) {
    if (wish.kind == GomemlimitWish::Kind::leave) return before;
    if (wish.kind == GomemlimitWish::Kind::unset) return {};
    if (wish.kind == GomemlimitWish::Kind::limitsMemory) return {"from limits.memory"};
    return {"36MiB"};
}

std::vector<std::string> gogcAfter(const GogcWish& wish, const std::vector<std::string>& before) {
    if (wish.kind == GogcWish::Kind::leave) return before;
    if (wish.kind == GogcWish::Kind::unset) return {};
    return {wish.kind == GogcWish::Kind::off ? "off" : "50"};
}

// Each hunk of the diff is announced by a change in it, and takes nothing along that has nothing to
// do with memory.
void checkLines(const std::string& diff, const ManifestEdit& edit) {
    int line = 0, begin = 0;
    const auto endHunk = [&] {
        if (begin == 0) return;
        CHECK(std::ranges::any_of(edit.changes, [&](const ManifestChange& change) {
            return change.line >= begin && change.line <= line + 1;
        }));
    };
    for (std::size_t at = std::min(diff.find("@@ "), diff.size()); at < diff.size();) {
        const std::string text = diff.substr(at, diff.find('\n', at) - at);
        at += text.size() + 1;
        if (text.starts_with("@@ ")) {
            endHunk();
            begin = std::stoi(text.substr(text.find('+') + 1));
            line = begin - 1;
        } else if (text.starts_with("-")) {
            // A last line that gets or loses a line break shows as changed, and so does a key that
            // moves up to the dash of its item.
            auto content = text.substr(std::min(text.find_first_not_of("- "), text.size()));
            if (content.ends_with('\r')) content.pop_back();
            const bool stays = edit.text.find(content) != std::string::npos;
            CHECK((stays || text.find("# keep") == std::string::npos));
        } else if (!text.starts_with("\\")) {
            ++line;
        }
    }
    endHunk();
}

void checkSeed(unsigned seed) {
    GeneratedManifest random(seed);
    const std::string before = random.text();
    const MemorySettings wanted = random.wishes();
    const auto edit = edited(before, wanted);
    const std::string diff = unifiedDiff(before, edit.text, "f");
    INFO(before);
    INFO(diff);
    const Parts old = partsOf(before);
    const Parts now = partsOf(edit.text);
    CHECK(now.limit == amountAfter(wanted.limit, old.limit));
    CHECK(now.request == amountAfter(wanted.request, old.request));
    CHECK(now.gomemlimit == gomemlimitAfter(wanted.gomemlimit, old.gomemlimit));
    CHECK(now.gogc == gogcAfter(wanted.gogc, old.gogc));
    CHECK(now.rest == old.rest);
    CHECK(edit.changes.empty() == diff.empty());
    checkLines(diff, edit);
    const bool windows = before.find("\r\n") != std::string::npos;
    const auto bare = [](const std::string& text) {
        return std::ranges::count(text, '\n') - std::ranges::count(text, '\r');
    };
    CHECK(bare(edit.text) == (windows ? 0 : std::ranges::count(edit.text, '\n')));
}

TEST_CASE("whatever the style, an edit changes what is wanted, says so, and changes it once") {
    for (unsigned seed = 0; seed < 1500; ++seed) {
        INFO(seed);
        checkSeed(seed);
    }
}

}  // namespace

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_set>

#include "memfit/documents/document_values.h"
#include "memfit/documents/documents.h"
#include "memfit/documents/json_fields.h"
#include "memfit/documents/json_parse.h"

namespace memfit {

namespace {

template <class Value>
void learn(std::optional<Value>& known, const std::optional<Value>& other) {
    if (!known) known = other;
}

/// What tells two targets of the same name apart.
std::string describeFully(const Target& target) {
    if (!target.command.empty()) return fmt::format("{}", fmt::join(target.command, " "));
    return target.describe() + (target.container ? ", container " + *target.container : "");
}

std::string withoutControlCharacters(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
    return text;
}

/// Takes documents apart and files them, refusing a second target.
class Collector {
public:
    explicit Collector(Results& into) : into_(into) {
        for (const auto& text : into.texts) seen_.insert(text);
        for (const auto& probe : into.probes) learnTarget(probe.header.target);
        for (const auto& squeeze : into.squeezes) learnTarget(squeeze.header.target);
        for (const auto& bench : into.benches) learnTarget(bench.header.target);
    }

    /// Files `document` and what it was made from. `texts`: where its text and its inputs' go.
    /// `path`: of the document in its text, empty for the text itself.
    Result<void> add(const Json& document, const std::string& path,
                     std::vector<std::string>& texts) {
        if (!document.is_object())
            return wrong(fmt::format("{} is not an object, expected a result document", path));
        const auto kind = kindOf(document, path);
        if (!kind) return kind.error();
        Json own = Json::object();
        for (const auto& [name, value] : document.items())
            if (name != "inputs") own[name] = value;
        if (*kind != "Recommendation") texts.push_back(own.dump());
        std::vector<std::string> inputs;
        const auto slot = reserve(*kind, texts);
        if (slot) {
            const auto filed = file(own, *kind, path);
            if (!filed) return filed;
        }
        const auto taken = addInputs(document, path, inputs);
        if (!taken) return taken;
        if (*kind == "Recommendation" && inputs.empty())
            return wrong(fmt::format("the Recommendation{} carries no inputs to judge from",
                                     path.empty() ? "" : " at " + path),
                         "give the results that it was made from");
        dropRepeated(inputs);
        texts.insert(texts.end(), inputs.begin(), inputs.end());
        if (slot) headerOf(*slot).inputs = std::move(inputs);
        return {};
    }

    /// add() of one that stands in no other.
    Result<void> give(const Json& document, const std::string& path) {
        std::vector<std::string> texts;
        const auto added = add(document, path, texts);
        if (!added) return added;
        const bool only = ++into_.given == 1;
        into_.recommendation.reset();
        if (!only || document.at("kind") != "Recommendation") return {};
        auto own = document;
        own.erase("inputs");
        into_.recommendation = own.dump();
        return {};
    }

    void startAt(Location at) { at_ = std::move(at); }

private:
    /// A filed document: its kind and its place among its kind.
    struct Slot {
        Results::Kind kind;
        std::size_t index;
    };

    Error wrong(std::string what, std::string next = {}) const {
        return inputError(std::move(what), std::move(next), at_);
    }

    Result<std::string> kindOf(const Json& document, const std::string& path) const {
        std::string problem;
        const JsonFields fields(document, path, problem);
        const auto version = fields.text("apiVersion");
        const auto kind = fields.text("kind");
        if (!problem.empty()) return wrong(problem);
        const auto prefix = path.empty() ? std::string() : path + ".";
        if (!version || !kind)
            return wrong(fmt::format("{}{} is missing, so this is not a result document", prefix,
                                     version ? "kind" : "apiVersion"),
                         "result documents are what memfit's commands write with -o json");
        if (*version != apiVersion)
            return wrong(fmt::format("{}apiVersion is {}, expected {}", prefix,
                                     quoteForMessage(*version), apiVersion),
                         "use the memfit that wrote it");
        constexpr std::string_view kinds[] = {"ProbeResult", "SqueezeResult", "BenchResult",
                                              "Recommendation"};
        if (std::ranges::find(kinds, *kind) == std::end(kinds))
            return wrong(fmt::format("{}kind is {}, not one of {}", prefix, quoteForMessage(*kind),
                                     fmt::join(kinds, ", ")));
        return *kind;
    }

    /// Where the document just put at the end of `texts` is to be filed; nullopt when it was
    /// before.
    std::optional<Slot> reserve(const std::string& kind, const std::vector<std::string>& texts) {
        if (kind == "Recommendation" || !seen_.insert(texts.back()).second) return std::nullopt;
        Slot slot{Results::Kind::bench, into_.benches.size()};
        if (kind == "ProbeResult") slot = {Results::Kind::probe, into_.probes.size()};
        if (kind == "SqueezeResult") slot = {Results::Kind::squeeze, into_.squeezes.size()};
        if (into_.empty()) into_.first = slot.kind;
        into_.texts.push_back(texts.back());
        return slot;
    }

    Result<void> file(const Json& document, const std::string& kind, const std::string& path) {
        std::string problem;
        const JsonFields fields(document, path, problem);
        const auto keep = [&](auto& list, auto result) -> Result<void> {
            if (!problem.empty()) return wrong(problem, "is the document complete and unedited?");
            const auto& target = result.header.target;
            if (!known_.sameAs(target)) return twoTargets(target);
            learnTarget(target);
            list.push_back(std::move(result));
            return {};
        };
        if (kind == "ProbeResult") return keep(into_.probes, readProbe(fields));
        if (kind == "SqueezeResult") return keep(into_.squeezes, readSqueeze(fields));
        return keep(into_.benches, readBench(fields));
    }

    Result<void> addInputs(const Json& document, const std::string& path,
                           std::vector<std::string>& inputs) {
        const auto found = document.find("inputs");
        if (found == document.end() || found->is_null()) return {};
        const auto name = path.empty() ? std::string("inputs") : path + ".inputs";
        if (!found->is_array()) return wrong(name + " is not an array");
        for (std::size_t i = 0; i < found->size(); ++i) {
            const auto added = add((*found)[i], fmt::format("{}[{}]", name, i), inputs);
            if (!added) return added;
        }
        return {};
    }

    static void dropRepeated(std::vector<std::string>& texts) {
        std::unordered_set<std::string> seen;
        std::erase_if(texts, [&](const std::string& text) { return !seen.insert(text).second; });
    }

    Header& headerOf(Slot slot) {
        if (slot.kind == Results::Kind::probe) return into_.probes[slot.index].header;
        if (slot.kind == Results::Kind::squeeze) return into_.squeezes[slot.index].header;
        return into_.benches[slot.index].header;
    }

    void learnTarget(const Target& target) {
        if (known_.type.empty()) known_.type = target.type;
        if (known_.command.empty()) known_.command = target.command;
        learn(known_.ns, target.ns);
        learn(known_.name, target.name);
        learn(known_.container, target.container);
    }

    Error twoTargets(const Target& other) const {
        auto first = known_.describe();
        auto second = other.describe();
        if (first == second) {
            first = describeFully(known_);
            second = describeFully(other);
        }
        return wrong(fmt::format("the results are of two targets, {} and {}",
                                 withoutControlCharacters(first), withoutControlCharacters(second)),
                     "give the results of one target");
    }

    Results& into_;
    std::unordered_set<std::string> seen_;
    Target known_;  ///< all that the documents so far say of their target
    Location at_;   ///< where the text's document begins
};

}  // namespace

Result<void> readDocuments(std::string_view text, const std::string& fileName, Results& into) {
    const auto values = parseJsonTexts(text, fileName);
    if (!values) return values.error();
    Results collected = into;
    Collector collector(collected);
    bool any = false;
    for (const auto& [value, at] : *values) {
        collector.startAt(at);
        const bool many = value.is_array();
        for (std::size_t i = 0; i < (many ? value.size() : 1); ++i) {
            const auto added =
                many ? collector.give(value[i], fmt::format("[{}]", i)) : collector.give(value, {});
            if (!added) return added.error();
            any = true;
        }
    }
    if (!any)
        return inputError("there is no result document in it",
                          "give what probe, squeeze or bench wrote with -o json",
                          Location{fileName, 0, 0});
    into = std::move(collected);
    return {};
}

}  // namespace memfit

#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "memfit/settings/memory_settings.h"

namespace memfit::test {

/// A manifest in a random style: order of keys, block and flow, quotes, comments, anchors, line
/// ends. It holds Deployment api with container app (and an init container of that name). Lines
/// whose comment is `# keep` have nothing to do with memory.
class GeneratedManifest {
public:
    explicit GeneratedManifest(unsigned seed) : random_(seed) {}

    [[nodiscard]] std::string text() {
        chooseStyle();
        const std::string mark = chance(5) ? "\xEF\xBB\xBF" : "";
        lines_.clear();
        if (chance(3)) document("Service", "api");
        document("Deployment", "api");
        if (chance(3)) document("Service", "other");
        return mark + joined();
    }

    /// The Deployment alone, with what kubectl needs to know it.
    [[nodiscard]] std::string deploymentText() {
        chooseStyle();
        lines_ = {"apiVersion: apps/v1"};
        document("Deployment", "api");
        return joined();
    }

    /// Settings to ask for, at random.
    [[nodiscard]] MemorySettings wishes() {
        MemorySettings wanted;
        wanted.limit = amountWish();
        wanted.request = chance(2) ? wanted.limit : amountWish();
        static constexpr GomemlimitWish limits[] = {{GomemlimitWish::Kind::leave, 0},
                                                    {GomemlimitWish::Kind::unset, 0},
                                                    {GomemlimitWish::Kind::limitsMemory, 0},
                                                    {GomemlimitWish::Kind::bytes, 36 * MiB}};
        static constexpr GogcWish collections[] = {{GogcWish::Kind::leave, 0},
                                                   {GogcWish::Kind::unset, 0},
                                                   {GogcWish::Kind::off, 0},
                                                   {GogcWish::Kind::percent, 50}};
        wanted.gomemlimit = limits[pick(4)];
        wanted.gogc = collections[pick(4)];
        return wanted;
    }

    [[nodiscard]] int pick(int choices) {
        return static_cast<int>(random_() % static_cast<unsigned>(choices));
    }
    [[nodiscard]] bool chance(int in) { return pick(in) == 0; }

private:
    void chooseStyle() {
        newline_ = chance(4) ? "\r\n" : "\n";
        unit_ = chance(4) ? 4 : 2;
        flush_ = chance(2);
        shared_ = chance(4);
        nested_ = chance(3);
        redefined_ = nested_ && chance(2);
        merged_ = nested_ && chance(2);
    }

    std::string joined() {
        std::string out;
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            out += lines_[i];
            if (i + 1 < lines_.size() || !chance(4)) out += newline_;
        }
        return out;
    }

    MemoryWish amountWish() {
        const int which = pick(4);
        if (which == 0) return {};
        if (which == 1) return {MemoryWish::Kind::remove, 0};
        return {MemoryWish::Kind::set, which == 2 ? 36 * MiB : 512 * MiB};
    }

    void line(std::size_t column, const std::string& text, bool keep = true) {
        if (keep && chance(8)) lines_.push_back("");
        if (keep && chance(8)) lines_.push_back(std::string(column, ' ') + "# keep above");
        const std::string comment = chance(3) ? (keep ? "  # keep" : " # why") : "";
        lines_.push_back(std::string(column, ' ') + text + comment);
    }

    std::string quotedAtRandom(const std::string& text, bool plainIsSafe) {
        const int style = pick(plainIsSafe ? 3 : 2);
        if (style == 2) return text;
        return style == 0 ? "\"" + text + "\"" : "'" + text + "'";
    }

    void document(const std::string& kind, const std::string& name) {
        if (lines_.size() > 1) lines_.push_back("---");
        line(0, "kind: " + kind);
        line(0, "metadata: {name: " + quotedAtRandom(name, true) + "}");
        if (kind != "Deployment") return;
        if (nested_) anchors();
        line(0, "spec:");
        line(unit_, "template:");
        line(2 * unit_, "spec:");
        line(3 * unit_, "initContainers: [{name: app, resources: {limits: {memory: 9Mi}}}]");
        line(3 * unit_, "containers:");
        const std::size_t dash = 3 * unit_ + (flush_ ? 0 : unit_);
        if (shared_) {
            line(dash, "- name: other");
            line(dash + 2, "resources: &shared {limits: {cpu: 1, memory: 7Mi}}");
        }
        container(dash);
    }

    // Aliases of aliases, an anchor that is another one by the time it is used, a map to merge.
    void anchors() {
        line(0, "x-variable: &variable {name: A, value: one}");
        line(0, "x-env: &env [*variable, {name: GOGC, value: \"50\"}, {name: Z, value: z}]");
        line(0, "x-amounts: &amounts {limits: {cpu: 2, memory: 7Mi}}");
        line(0, "x-base: &base {resources: {<<: *amounts, requests: {cpu: 1}}, env: *env}");
        if (redefined_) line(0, "x-again: [&variable {name: A, value: two}, &amounts {}]");
    }

    void container(std::size_t dash) {
        std::vector<int> parts{0, 1, 2, 3};
        std::shuffle(parts.begin(), parts.end(), random_);
        const std::size_t first = lines_.size();
        const std::size_t column = dash + 2;
        if (merged_) line(column, "<<: *base");
        for (const int part : parts) {
            if (part == 0) line(column, "name: " + quotedAtRandom("app", true));
            if (part == 1) argument(column);
            if (part == 2) resources(column);
            if (part == 3) environment(column);
        }
        for (std::size_t i = first; i < lines_.size(); ++i) {
            const std::size_t text = lines_[i].find_first_not_of(' ');
            if (text == std::string::npos || lines_[i][text] == '#') continue;
            lines_[i][dash] = '-';
            return;
        }
    }

    void argument(std::size_t column) {
        line(column, "command:");
        const std::size_t item = column + (flush_ ? 0 : unit_);
        if (chance(2)) {
            lines_.push_back(std::string(item, ' ') + (chance(2) ? "- |+" : "- >-"));
            lines_.push_back(std::string(item + 4, ' ') + "limits: {memory: 1Gi}");
            lines_.push_back("");
        } else {
            line(item, "- \"{{ }} - name: GOGC\"");
        }
    }

    std::string amount() {
        static const char* const amounts[] = {"36Mi", "1Gi", "0.5Gi", "37748736", "64M"};
        return quotedAtRandom(amounts[pick(5)], true);
    }

    void resources(std::size_t column) {
        const int style = nested_ && chance(3) ? 6 : pick(shared_ ? 6 : 5);
        if (style == 0) return;
        if (style == 6) line(column, "resources: {<<: *amounts, claims: [{name: gpu}]}", false);
        if (style == 1) line(column, chance(2) ? "resources:" : "resources: {}", false);
        if (style == 2) {
            line(column, "resources: {limits: {memory: " + amount() + "}, requests: {cpu: 1}}",
                 false);
        }
        if (style == 5) line(column, "resources: *shared", false);
        if (style != 3 && style != 4) return;
        line(column, "resources:", false);
        if (style == 4) line(column + unit_, "claims: [{name: gpu}]");
        amounts(column + unit_, "requests");
        amounts(column + unit_, "limits");
        if (style == 3 && lines_.back().find("resources:") != std::string::npos) {
            line(column + unit_, "limits: ~", false);
        }
    }

    void amounts(std::size_t column, const std::string& key) {
        const int style = pick(4);
        if (style == 0) return;
        if (style == 1) line(column, key + ": {cpu: 250m, memory: " + amount() + "}", false);
        if (style == 2) line(column, key + (chance(2) ? ":" : ": {}"), false);
        if (style != 3) return;
        line(column, key + ":", false);
        if (chance(2)) line(column + unit_, "cpu: \"1\"");
        line(column + unit_, "memory: " + amount(), false);
    }

    void environment(std::size_t column) {
        const int style = nested_ && chance(2) ? 5 : pick(5);
        if (style == 0) return;
        if (style == 5) {
            line(column, chance(2) ? "env: *env" : "env: [*variable, " + flowVariable() + "]",
                 false);
            return;
        }
        if (style == 1) line(column, chance(2) ? "env: []" : "env:", false);
        if (style == 2) line(column, "env: [{name: A, value: b}, " + flowVariable() + "]", false);
        if (style < 3) return;
        line(column, "env:", false);
        const std::size_t dash = column + (flush_ ? 0 : unit_);
        line(dash, "- name: A");
        line(dash + 2, "value: \"1\"");
        const int count = pick(3);
        for (int i = 0; i < count; ++i) variable(dash);
        if (chance(2)) line(dash, "- {name: Z, value: z}");
    }

    std::string flowVariable() {
        return chance(2) ? "{name: GOGC, value: \"50\"}"
                         : "{name: GOMEMLIMIT, value: " + quotedAtRandom("36MiB", true) + "}";
    }

    void variable(std::size_t dash) {
        const std::string name = chance(2) ? "GOGC" : "GOMEMLIMIT";
        const int style = pick(4);
        if (style == 0) {
            line(dash, "- " + flowVariable(), false);
            return;
        }
        if (style == 1) {
            line(dash, "- value: " + quotedAtRandom("50", false), false);
            line(dash + 2, "name: " + name, false);
            return;
        }
        line(dash, "- name: " + name, false);
        if (style == 2) line(dash + 2, "value: " + quotedAtRandom("off", false), false);
        if (style != 3) return;
        line(dash + 2, "valueFrom:", false);
        if (chance(2)) {
            line(dash + 2 + unit_, "configMapKeyRef: {name: c, key: k}", false);
            return;
        }
        line(dash + 2 + unit_, "resourceFieldRef:", false);
        line(dash + 2 + 2 * unit_, "resource: limits.memory", false);
        if (chance(2)) line(dash + 2 + 2 * unit_, "divisor: 1Mi", false);
    }

    std::mt19937 random_;
    std::string newline_ = "\n";
    std::size_t unit_ = 2;
    bool flush_ = false;
    bool shared_ = false;
    bool nested_ = false;     // anchors() are there
    bool redefined_ = false;  // two of them are others by the time they are used
    bool merged_ = false;     // the container merges one
    std::vector<std::string> lines_;
};

}  // namespace memfit::test

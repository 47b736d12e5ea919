#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "memfit/advice/judgement.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

bool isControl(char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

bool isPlain(char c) {
    constexpr std::string_view harmless = "_@%+=:,./-";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           harmless.find(c) != std::string_view::npos;
}

/// A word with control characters, which must not reach a terminal as they are.
std::string quoteControl(const std::string& word) {
    std::string text = "$'";
    for (const char c : word) {
        if (isControl(c))
            text += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        else if (c == '\'' || c == '\\')
            text += std::string("\\") + c;
        else
            text += c;
    }
    return text + "'";
}

std::string quote(const std::string& word) {
    if (std::ranges::any_of(word, isControl)) return quoteControl(word);
    if (!word.empty() && std::ranges::all_of(word, isPlain)) return word;
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

std::string shortKind(const std::string& type) {
    if (type == "deployment") return "deploy";
    if (type == "statefulset") return "sts";
    if (type == "daemonset") return "ds";
    if (type == "replicaset") return "rs";
    return type;
}

/// Words of a command line; a flag without a value is left out.
class CommandLine {
public:
    void add(const std::string& word) { text_ += (text_.empty() ? "" : " ") + quote(word); }
    void flag(const std::string& name, const std::optional<std::string>& value) {
        if (!value || value->empty()) return;
        add(name);
        add(*value);
    }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

bool isLocal(const Target& target) {
    return target.type == "process";
}

CommandLine begin(const Target& target, const char* command) {
    CommandLine line;
    if (isLocal(target)) {
        line.add("kubectl-memfit");
        line.add(command);
        line.add("--local");
        if (target.port) line.flag("--port", std::to_string(*target.port));
        return line;
    }
    line.add("kubectl");
    line.add("memfit");
    line.add(command);
    line.add(target.name ? shortKind(target.type) + "/" + *target.name : "TARGET");
    line.flag("-n", target.ns);
    line.flag("--context", target.context);
    line.flag("-c", target.container);
    return line;
}

/// `recommend` with what it does not assume by itself.
CommandLine beginRecommend(const Judgement& j) {
    auto line = begin(j.header.target, "recommend");
    const AdviceOptions defaults;
    if (j.options.policy != defaults.policy)
        line.flag("--policy", std::string(toString(j.options.policy)));
    if (j.options.tolerance != defaults.tolerance)
        line.flag("--tolerance", fmt::format("{:.6g}%", j.options.tolerance * 100));
    return line;
}

std::string finish(CommandLine line, const Judgement& j, const std::string& load) {
    line.flag("--load", load);
    line.flag("--floor", j.options.floor);
    if (isLocal(j.header.target)) {
        line.add("--");
        for (const auto& word : j.header.target.command) line.add(word);
        if (j.header.target.command.empty()) line.add("PROGRAM");
    }
    return line.text();
}

std::string knownLoad(const Judgement& j) {
    return j.header.load.command.value_or("COMMAND");
}

/// The limits that were benched, `none` first.
std::string benchedLimits(const std::vector<BenchCell>& cells) {
    std::set<Bytes> limits;
    bool unlimited = false;
    for (const auto& cell : cells) {
        if (cell.settings.limit)
            limits.insert(*cell.settings.limit);
        else
            unlimited = true;
    }
    std::string text = unlimited ? "none" : "";
    for (const auto limit : limits) text += (text.empty() ? "" : ",") + formatQuantity(limit);
    return text;
}

int moreRuns(const std::vector<BenchCell>& cells) {
    std::size_t runs = 0;
    for (const auto& cell : cells) runs = std::max(runs, cell.runs.size());
    constexpr std::size_t most = 100;
    return static_cast<int>(std::clamp<std::size_t>(2 * runs, 5, most));
}

/// What a recommendation still knows of how it came about.
Judgement remembered(const Recommendation& recommendation) {
    Judgement j;
    j.header = recommendation.header;
    j.options.policy = recommendation.policy;
    j.options.tolerance = recommendation.tolerance;
    j.options.floor = recommendation.floor;
    return j;
}

}  // namespace

std::string nextAfterConfirmation(const Recommendation& recommendation, bool held) {
    const auto j = remembered(recommendation);
    const auto& advised = recommendation.advised;
    if (!held || !advised.limit)
        return recommendation.next.empty() ? finish(beginRecommend(j), j, knownLoad(j))
                                           : recommendation.next;
    auto line = begin(j.header.target, "bench");
    line.flag("--limits", "none," + formatQuantity(*advised.limit));
    if (advised.gomemlimit.kind == GomemlimitAdvice::Kind::bytes && advised.gomemlimit.bytes)
        line.flag("--gomemlimit", formatQuantity(*advised.gomemlimit.bytes));
    line.flag("--runs", std::to_string(moreRuns({})));
    return finish(std::move(line), j, knownLoad(j));
}

std::string nextCommand(const Judgement& j, Confidence confidence) {
    if (j.options.policy == Policy::noLimit) return {};
    if (j.beforeLiveUsage) return finish(beginRecommend(j), j, "A LOAD LIKE IN PRODUCTION");
    if (j.basis != Basis::measured) return finish(beginRecommend(j), j, knownLoad(j));
    if (!j.choice) {
        auto line = begin(j.header.target, "bench");
        if (j.edgeSource != nullptr && j.edgeSource->minimum)
            line.flag("--min", formatQuantity(*j.edgeSource->minimum));
        return finish(std::move(line), j, knownLoad(j));
    }
    if (confidence == Confidence::high) return {};
    auto line = begin(j.header.target, "bench");
    line.flag("--limits", benchedLimits(j.cells));
    line.flag("--runs", std::to_string(moreRuns(j.cells)));
    return finish(std::move(line), j, knownLoad(j));
}

}  // namespace memfit

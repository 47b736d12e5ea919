#include "memfit/advice/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

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

}  // namespace

std::string shortKind(const std::string& type) {
    if (type == "deployment") return "deploy";
    if (type == "statefulset") return "sts";
    if (type == "daemonset") return "ds";
    if (type == "replicaset") return "rs";
    return type;
}

bool isLocal(const Target& target) {
    return target.type == "process";
}

CommandLine::CommandLine(const Target& target, const char* command) {
    if (isLocal(target)) {
        add("kubectl-memfit");
        add(command);
        add("--local");
        if (target.port) flag("--port", std::to_string(*target.port));
        return;
    }
    add("kubectl");
    add("memfit");
    add(command);
    add(target.name ? shortKind(target.type) + "/" + *target.name : "TARGET");
    flag("-n", target.ns);
    flag("--context", target.context);
    flag("-c", target.container);
}

CommandLine::CommandLine(const std::vector<std::string>& words) {
    for (const auto& word : words) add(word);
}

void CommandLine::add(const std::string& word) {
    text_ += (text_.empty() ? "" : " ") + quote(word);
}

void CommandLine::flag(const std::string& name, const std::optional<std::string>& value) {
    if (!value || value->empty()) return;
    add(name);
    add(*value);
}

void CommandLine::end(const Header& header, const std::string& load,
                      const std::optional<std::string>& floor) {
    const auto& target = header.target;
    // A program of this machine is run without a load too.
    if (!load.empty() || isLocal(target)) {
        flag("--setup", header.load.setup);
        flag("--prepare", header.load.prepare);
        flag("--cleanup", header.load.cleanup);
    }
    flag("--load", load);
    flag("--floor", floor);
    if (!isLocal(target)) return;
    add("--");
    for (const auto& word : target.command) add(word);
    if (target.command.empty()) add("PROGRAM");
}

void addPolicy(CommandLine& line, Policy policy, double tolerance) {
    const AdviceOptions defaults;
    if (policy != defaults.policy) line.flag("--policy", std::string(toString(policy)));
    if (tolerance != defaults.tolerance)
        line.flag("--tolerance", fmt::format("{:.6g}%", tolerance * 100));
}

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

}  // namespace memfit

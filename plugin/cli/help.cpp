#include <fmt/format.h>

#include <algorithm>

#include "cli/parse.h"
#include "cli/wrap.h"
#include "version.h"

namespace memfit::plugin {
namespace {

constexpr std::size_t helpWidth = 96;
constexpr std::size_t helpColumn = 32;

std::string indented(std::string_view lines) {
    std::string out;
    while (!lines.empty()) {
        const auto end = std::min(lines.find('\n'), lines.size());
        out += fmt::format("  {}\n", lines.substr(0, end));
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return out;
}

std::string optionLine(const OptionSpec& spec) {
    std::string flag =
        spec.shortName.empty() ? "      --" : fmt::format("  -{}, --", spec.shortName);
    flag += spec.name;
    if (!spec.placeholder.empty()) flag += fmt::format(" {}", spec.placeholder);
    std::string help(spec.help);
    if (!spec.choices.empty()) help += fmt::format(": {}", spec.choices);
    const std::string text = wrapped(help, helpColumn, helpWidth);
    if (flag.size() + 2 > helpColumn) {
        return fmt::format("{}\n{}{}\n", flag, std::string(helpColumn, ' '), text);
    }
    return fmt::format("{:<{}}{}\n", flag, helpColumn, text);
}

}  // namespace

std::string versionText() {
    return fmt::format("kubectl-memfit {}\n", version);
}

std::string overviewHelp() {
    std::string out =
        "kubectl memfit finds out by experiment how much memory a Go service needs, and what its\n"
        "limit, request, GOMEMLIMIT and GOGC should be.\n\nCommands:\n";
    for (const auto& spec : commandTable()) {
        out += fmt::format("  {:<12}{}\n", spec.name, spec.summary);
    }
    out +=
        "\nThe whole experiment on a program of this machine:\n"
        "  kubectl memfit recommend --local --port 3000 --load 'hey -n 1000 -c 10 {url}/' -- "
        "./api\n"
        "\nUse \"kubectl memfit COMMAND --help\" for the flags of a command, --version for the "
        "version.\n"
        "Exit codes: 0 done, 1 failed, 2 usage, 3 --check found something, 4 inconclusive,\n"
        "130, 143, 141 after SIGINT, SIGTERM, SIGPIPE.\n";
    return out;
}

std::string commandHelp(const CommandSpec& command) {
    std::string out = fmt::format("{}: {}\n\n{}\n\nUsage:\n  kubectl memfit {} {}\n\nExamples:\n{}",
                                  command.name, command.summary, command.details, command.name,
                                  command.usage, indented(command.examples));
    std::string_view group;
    for (const auto& spec : optionTable()) {
        if ((spec.commands & bit(command.kind)) == 0) continue;
        if (spec.group != group) {
            group = spec.group;
            out += fmt::format("\n{}:\n", group);
        }
        out += optionLine(spec);
    }
    out += fmt::format("{:<{}}{}\n", "  -h, --help", helpColumn, "print this help");
    return out;
}

}  // namespace memfit::plugin

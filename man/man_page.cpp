// Prints a man page: a template, with the flags of a command in place of its line @OPTIONS@.
// Usage: man_page TEMPLATE COMMAND
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include "cli/options.h"

namespace {

using namespace memfit::plugin;

/// Text as mdoc(7) takes it: no line begins with a control character, no backslash is an escape.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            out += c;
        }
    }
    if (!out.empty() && (out.front() == '.' || out.front() == '\'')) out.insert(0, "\\&");
    return out;
}

std::string flagLine(const OptionSpec& spec) {
    std::string line = ".It ";
    if (!spec.shortName.empty()) line += fmt::format("Fl {} , ", spec.shortName);
    line += fmt::format("Fl \\-{}", escaped(spec.name));
    if (!spec.placeholder.empty()) line += fmt::format(" Ar {}", escaped(spec.placeholder));
    return line + "\n";
}

std::string options(const CommandSpec& command) {
    std::string out;
    std::string_view group;
    for (const auto& spec : optionTable()) {
        if ((spec.commands & bit(command.kind)) == 0) continue;
        if (spec.group != group) {
            if (!group.empty()) out += ".El\n";
            group = spec.group;
            out += fmt::format(".Ss {}\n.Bl -tag -width Ds\n", escaped(group));
        }
        out += flagLine(spec);
        std::string text = escaped(spec.help);
        if (!spec.choices.empty()) text += fmt::format(": {}", escaped(spec.choices));
        out += text + ".\n";
    }
    if (!group.empty()) out += ".El\n";
    return out;
}

const CommandSpec* findCommand(std::string_view name) {
    for (const auto& spec : commandTable()) {
        if (spec.name == name) return &spec;
    }
    return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
    const auto* const command = argc == 3 ? findCommand(argv[2]) : nullptr;
    std::ifstream page(argc == 3 ? argv[1] : "");
    if (command == nullptr || !page) {
        std::cerr << "usage: man_page TEMPLATE COMMAND\n";
        return 2;
    }
    for (std::string line; std::getline(page, line);) {
        std::cout << (line == "@OPTIONS@" ? options(*command) : line + "\n");
    }
    return std::cout.flush() ? 0 : 1;
}

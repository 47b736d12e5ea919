// Prints a man page: a template, with the flags of a command in place of its line @OPTIONS@.
// Usage: man_page TEMPLATE COMMAND
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

#include "cli/options.h"
#include "cli/wrap.h"

namespace {

using namespace memfit::plugin;

/// Text as mdoc(7) takes it: no backslash is an escape.
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
    return out;
}

/// Lines as mdoc(7) takes them: of at most 80 bytes, none beginning with a control character.
std::string lines(std::string_view text) {
    constexpr std::size_t width = 78;  // and two for what keeps a first character from its meaning
    std::istringstream all(wrapped(escaped(text), 0, width));
    std::string out;
    for (std::string line; std::getline(all, line);) {
        const bool control = line.starts_with('.') || line.starts_with('\'');
        out += (control ? "\\&" : "") + line + "\n";
    }
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
        const auto choices = spec.choices.empty() ? "" : fmt::format(": {}", spec.choices);
        out += lines(fmt::format("{}{}.", spec.help, choices));
    }
    return out + ".It Fl h , Fl \\-help\nprint the help of this command.\n.El\n";
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

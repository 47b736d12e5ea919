#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/options.h"
#include "memfit/error.h"

namespace memfit::plugin {

/// Text to print and nothing else to do: --help, --version.
struct Notice {
    std::string text;
};

using Request = std::variant<Command, Notice>;

/// Reads a command line (without the program's name). Errors: kind usage; an unknown command or
/// flag names the nearest one that exists. Does not look at files, environment or terminal.
[[nodiscard]] Result<Request> parse(const std::vector<std::string>& arguments);

/// The whole text of `kubectl memfit --help`.
[[nodiscard]] std::string overviewHelp();
/// The whole text of `kubectl memfit COMMAND --help`.
[[nodiscard]] std::string commandHelp(const CommandSpec& command);
/// `kubectl-memfit 0.1.0`.
[[nodiscard]] std::string versionText();

}  // namespace memfit::plugin

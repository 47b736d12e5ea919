#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/endpoint.h"
#include "memfit/error.h"

namespace memfit::plugin {

/// A load command, or one beside it, as the user gave it.
struct LoadCommand {
    std::vector<std::string> words;  ///< with {url}, {host}, {port}, {dir} not yet filled in
    std::string text;                ///< as typed, redacted: for documents and messages
};

/// Splits like a shell splits words (quotes and backslashes, no expansion). Errors (kind usage):
/// nothing in it, a quote that is not closed, a backslash at the end, and shell operators standing
/// alone (`|`, `>`, `&&`), since no shell will see them. `flag`: that of the command, for messages.
[[nodiscard]] Result<LoadCommand> parseLoadCommand(const std::string& text,
                                                   std::string_view flag = "load");

/// The words with {url}, {host} and {port} filled in.
[[nodiscard]] std::vector<std::string> fillIn(const LoadCommand& command, const Endpoint& service);

/// Stands for the trial's own folder.
inline constexpr std::string_view folderWord = "{dir}";

[[nodiscard]] bool usesFolder(const std::vector<std::string>& words);
/// The words with {dir} filled in.
[[nodiscard]] std::vector<std::string> withFolder(std::vector<std::string> words,
                                                  const std::string& folder);

}  // namespace memfit::plugin

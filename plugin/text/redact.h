#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace memfit::plugin {

/// What stands in for a secret.
inline constexpr std::string_view redacted = "<redacted>";

/// Takes secrets out of a text that is shown, journaled or put into a result: values of
/// Authorization, Cookie and key headers, `--token`, `--password` and their like, userinfo in URLs,
/// values of NAME=VALUE where the name speaks of a token, secret, password or key.
[[nodiscard]] std::string redactText(std::string_view text);

/// The same for a command line word by word; also knows that the word after `--token` (or `-a` of
/// hey, `-A`, `-P`, `-C` of ab, `-u` and `-b` of curl) is a secret, also in a script that is one of
/// the words (`sh -c '…'`).
[[nodiscard]] std::vector<std::string> redactWords(const std::vector<std::string>& words);

/// The words, redacted, as one would type them in a shell.
[[nodiscard]] std::string shownCommand(const std::vector<std::string>& words);

}  // namespace memfit::plugin

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace memfit::plugin {

/// A word of a shell script, and where it stands in the text.
struct ShellWord {
    std::size_t begin = 0;  ///< first character, quotes included
    std::size_t end = 0;    ///< one past the last
    std::string value;      ///< without its quotes
    bool startsCommand = false;
};

/// The words of a script, for looking at it only: quotes and backslashes as in POSIX sh (2.2), no
/// expansion; operators end a word, and all but redirections end the command. A quote that is not
/// closed reaches to the end.
[[nodiscard]] std::vector<ShellWord> shellWords(std::string_view script);

}  // namespace memfit::plugin

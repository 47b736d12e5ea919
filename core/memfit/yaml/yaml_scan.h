#pragma once

#include <cstdint>
#include <string_view>

namespace memfit::yaml {

/// The end of the line that `at` is in: the offset of its `\n` or `\r\n`, or the end of the text.
[[nodiscard]] std::size_t lineEnd(std::string_view text, std::size_t at);
/// The first byte of the line that `at` is in.
[[nodiscard]] std::size_t lineStart(std::string_view text, std::size_t at);
/// The first byte of the next line, or the end of the text.
[[nodiscard]] std::size_t nextLine(std::string_view text, std::size_t at);
/// Bytes between the start of the line and `at`.
[[nodiscard]] std::size_t columnOf(std::string_view text, std::size_t at);
/// Past spaces, tabs, line breaks and comments.
[[nodiscard]] std::size_t skipBlank(std::string_view text, std::size_t at);
/// Only spaces and tabs in [begin, end).
[[nodiscard]] bool isBlank(std::string_view text, std::size_t begin, std::size_t end);
/// Past at most one anchor and one tag and the blanks after each.
[[nodiscard]] std::size_t skipProperties(std::string_view text, std::size_t at);
/// The end of the quoted scalar that begins at `at`; npos when its quote is never closed.
[[nodiscard]] std::size_t quotedEnd(std::string_view text, std::size_t at);
/// The end of the plain scalar that begins at `at` and has the value `value`.
[[nodiscard]] std::size_t plainEnd(std::string_view text, std::size_t at, std::string_view value);
/// The same of a block scalar (`|`, `>`): after its last line's text, or, when it keeps its
/// trailing line breaks (`|+`), after those.
[[nodiscard]] std::size_t blockEnd(std::string_view text, std::size_t at, std::string_view value);
/// Whether a plain null (`~`, `null`, …) is written at `at`; its length, or 0.
[[nodiscard]] std::size_t nullLength(std::string_view text, std::size_t at);

}  // namespace memfit::yaml

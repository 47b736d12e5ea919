#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "memfit/documents/documents.h"
#include "memfit/error.h"

namespace memfit::plugin {

/// Reads the result documents of `-f` (`-`: standard input, once). Errors: not there, not readable,
/// larger than 1 GiB, not understood, of different targets.
[[nodiscard]] Result<Results> readResultFiles(const std::vector<std::string>& files);

/// A whole text file (`-`: standard input). `next`: what to try when it cannot be opened. Errors:
/// not there, not readable, larger than 1 GiB.
[[nodiscard]] Result<std::string> readText(const std::string& name, const std::string& next);

/// Replaces a file that is there by one with `text`, in one step: whoever reads it sees the old
/// text or the new one. Its mode stays; what a symbolic link points to is replaced, not the link.
/// Errors: the folder or the disk does not take it; the file is then as it was.
[[nodiscard]] Result<void> replaceFile(const std::string& name, std::string_view text);

}  // namespace memfit::plugin

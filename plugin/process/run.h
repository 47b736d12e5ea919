#pragma once

#include <optional>
#include <string>
#include <vector>

#include "process/child.h"

namespace memfit::plugin {

/// A program that ran to its end.
struct Finished {
    ExitStatus status;
    std::string out;
    std::string err;
    std::uint64_t outDropped = 0;  ///< bytes beyond the limit
    std::uint64_t errDropped = 0;
    double seconds = 0;  ///< wall time

    /// The last line of standard error that says something; empty when there is none.
    [[nodiscard]] std::string lastError() const;
};

/// Runs a program to its end. A non-zero exit is not an error.
/// Errors: cannot be started; still running after `timeoutSeconds` (then it was killed);
/// kind interrupted.
[[nodiscard]] Result<Finished> run(EventLoop& loop, const std::vector<std::string>& words,
                                   const ChildOptions& options,
                                   std::optional<double> timeoutSeconds);

/// The last line of `text` with something on it, trimmed; empty when there is none.
[[nodiscard]] std::string lastLine(std::string_view text);

}  // namespace memfit::plugin

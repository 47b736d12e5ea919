#pragma once

// Internal to memfit: command lines to copy, quoted for a POSIX shell.

#include <optional>
#include <string>
#include <vector>

#include "memfit/advice/recommendation.h"
#include "memfit/documents/documents.h"

namespace memfit {

/// A memfit command on a target, word by word.
class CommandLine {
public:
    /// `kubectl memfit COMMAND deploy/NAME -n NAMESPACE …`, or `kubectl-memfit COMMAND --local` for
    /// a program of this machine.
    CommandLine(const Target& target, const char* command);
    /// From these words.
    explicit CommandLine(const std::vector<std::string>& words);

    void add(const std::string& word);
    /// Adds both words; nothing when the value is absent or empty.
    void flag(const std::string& name, const std::optional<std::string>& value);
    /// Adds load, floor and, with a load, the commands around the trials; for a program of this
    /// machine also its own words. Call it last.
    void end(const Header& header, const std::string& load,
             const std::optional<std::string>& floor);

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

/// Adds what `recommend` does not assume by itself.
void addPolicy(CommandLine& line, Policy policy, double tolerance);

/// A Target's type as kubectl's users abbreviate it: `deploy` of `deployment`.
[[nodiscard]] std::string shortKind(const std::string& type);

[[nodiscard]] bool isLocal(const Target& target);

/// The limits that were benched, as `--limits` takes them, `none` first.
[[nodiscard]] std::string benchedLimits(const std::vector<BenchCell>& cells);

}  // namespace memfit

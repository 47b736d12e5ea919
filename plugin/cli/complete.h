#pragma once

#include <string>
#include <vector>

#include "cli/options.h"

namespace memfit::plugin {

/// One word that may stand where the cursor is.
struct Candidate {
    std::string text;
    std::string description;  ///< one clause; may be empty

    friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// What may stand where the cursor is.
struct Completion {
    std::vector<Candidate> candidates;
    bool files = false;    ///< paths may stand there too, after `--flag=`: the shell knows them
    bool noSpace = false;  ///< the candidate is a beginning: `deploy/`
    LiveNames live = LiveNames::none;
    /// What the live names belong to, as typed: for workloads their type, for containers the words
    /// that name the workload.
    std::vector<std::string> of;
    std::string before;  ///< what stands before each live name in its word: `deploy/`

    friend bool operator==(const Completion&, const Completion&) = default;
};

/// From the tables of commands and flags. `words`: those after the program's name, the last one
/// being typed, which may be empty. Candidates begin with it.
[[nodiscard]] Completion complete(const std::vector<std::string>& words);

/// kubectl's connection flags among the words, as parse() hands them on.
struct TypedConnection {
    std::vector<std::string> flags;
    std::string ns;  ///< empty where none was typed
};
[[nodiscard]] TypedConnection typedConnection(const std::vector<std::string>& words);

}  // namespace memfit::plugin

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "memfit/trial/trial.h"

namespace memfit {

/// One column of the bench: a limit and a mode.
struct CellSpec {
    std::string label;  ///< `none`, `min`, `sys`, `2x`, `4x`, `64Mi`
    Settings settings;

    friend bool operator==(const CellSpec&, const CellSpec&) = default;
};

/// What `--gomemlimit` says: the limit itself, a percentage of it, or a literal.
struct GomemlimitRule {
    enum class Kind { limit, percent, literal } kind = Kind::limit;
    double percent = 100;
    Bytes literal = 0;

    /// GOMEMLIMIT for this limit: a percentage is rounded down to whole bytes, a literal above the
    /// limit stays as it is.
    [[nodiscard]] Bytes forLimit(Bytes limit) const;
};

/// Parses `limit`, `90%` (above 0, at most 100), `64Mi` (at least 1Mi: less is a forgotten suffix).
/// Errors (kind usage) name the text.
[[nodiscard]] Result<GomemlimitRule> parseGomemlimitRule(std::string_view text);

/// One word of `--limits`.
struct LimitWord {
    enum class Kind { none, min, sys, multiple, literal } kind = Kind::none;
    double multiple = 1;  ///< of min
    Bytes literal = 0;
    std::string label;  ///< the word as it was written
};

/// Parses `none,min,sys,2x,4x,64Mi`; blanks around a word do not count. Errors (kind usage) name
/// the word: none of these, a multiple that is not above 0 or over 1000, a size that is no quantity
/// or below 1Mi.
[[nodiscard]] Result<std::vector<LimitWord>> parseLimitWords(std::string_view text);

struct BenchPlanOptions {
    std::vector<LimitWord> limits;
    std::vector<Mode> modes = {Mode::plain, Mode::gomemlimit};
    GomemlimitRule gomemlimit;
    std::optional<Bytes> minimum;  ///< squeeze's minimum
    std::optional<Bytes> sys;      ///< Go's Sys after the load
};

/// The cells in the order of their limits (none first), at one limit in the order of `modes`; `sys`
/// and multiples rounded up to whole MiB, min and literals as they are; cells with equal settings
/// merged (label of the word that comes first kept). `none` is plain only.
/// Errors (kind usage): a word needs a min or sys that is not known (absent or not positive);
/// nothing left to run.
[[nodiscard]] Result<std::vector<CellSpec>> benchCells(const BenchPlanOptions& options);

/// Order of the runs: `runs` blocks, each with every cell once in random order (indices into the
/// cells), so that drift of the machine hits all alike. Deterministic in `seed`.
[[nodiscard]] std::vector<std::vector<std::size_t>> shuffledBlocks(std::size_t cells, int runs,
                                                                   std::uint64_t seed);

}  // namespace memfit

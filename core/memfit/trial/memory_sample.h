#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "memfit/units/bytes.h"

namespace memfit {

/// Memory of an instance at one moment of a run, for a chart over time. All sizes in bytes.
struct MemorySample {
    double seconds = 0;              ///< since the instance was started, >= 0
    std::optional<Bytes> usage;      ///< charged to it, page cache included; as the testbed sees it
    std::optional<Bytes> sys;        ///< obtained by Go from the system, see MemorySnapshot
    std::optional<Bytes> heapAlloc;  ///< live and not yet swept heap objects
    std::optional<std::int64_t> numGc;  ///< collections since the start of the program

    friend bool operator==(const MemorySample&, const MemorySample&) = default;
};

/// How many samples a document keeps of a run.
inline constexpr std::size_t maxCellSamples = 60;

/// At most `most` (> 0) of the samples, in their order: cut into as many runs of neighbours, of
/// each the one with the largest usage (the largest heap where no usage is known), so that no peak
/// is lost.
[[nodiscard]] std::vector<MemorySample> thinned(const std::vector<MemorySample>& samples,
                                                std::size_t most);

}  // namespace memfit

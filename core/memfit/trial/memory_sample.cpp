#include "memfit/trial/memory_sample.h"

#include <algorithm>
#include <utility>

namespace memfit {

std::vector<MemorySample> thinned(const std::vector<MemorySample>& samples, std::size_t most) {
    if (samples.size() <= most) return samples;
    const auto weight = [](const MemorySample& sample) {
        return std::pair(sample.usage, sample.heapAlloc);
    };
    std::vector<MemorySample> kept;
    for (std::size_t i = 0; i < most; ++i) {
        const auto from = static_cast<std::ptrdiff_t>(i * samples.size() / most);
        const auto to = static_cast<std::ptrdiff_t>((i + 1) * samples.size() / most);
        kept.push_back(
            *std::ranges::max_element(samples.begin() + from, samples.begin() + to, {}, weight));
    }
    return kept;
}

}  // namespace memfit

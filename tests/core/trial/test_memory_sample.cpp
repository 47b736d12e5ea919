#include "memfit/trial/memory_sample.h"

#include <doctest/doctest.h>

using namespace memfit;

namespace {

MemorySample at(double seconds, Bytes usage) {
    return {seconds, usage, {}, {}, {}};
}

}  // namespace

TEST_CASE("few samples are all kept") {
    const std::vector<MemorySample> samples{at(1, 5), at(2, 4)};
    CHECK((thinned(samples, 2) == samples));
    CHECK(thinned({}, 2).empty());
}

TEST_CASE("of many samples the peaks are kept, in their order") {
    const std::vector<MemorySample> samples{at(0, 1), at(1, 9), at(2, 1), at(3, 8),
                                            at(4, 2), at(5, 3), at(6, 7)};
    CHECK((thinned(samples, 3) == std::vector{at(1, 9), at(3, 8), at(6, 7)}));
}

TEST_CASE("where no usage is known the heap tells which sample is the peak") {
    const std::vector<MemorySample> samples{
        {0, {}, {}, 4, 1}, {1, {}, {}, 6, 2}, {2, {}, {}, {}, 3}};
    CHECK((thinned(samples, 1) == std::vector{samples[1]}));
}

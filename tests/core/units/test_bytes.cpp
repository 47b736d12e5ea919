#include <doctest/doctest.h>

#include <limits>

#include "memfit/units/bytes.h"

namespace {

using namespace memfit;

TEST_CASE("sizes are printed in MiB, with a decimal only where it says something") {
    CHECK(formatMiB(17 * MiB) == "17 MiB");
    CHECK(formatMiB(10 * MiB + 512 * KiB) == "10.5 MiB");
    CHECK(formatMiB(23418120) == "22.3 MiB");
    CHECK(formatMiB(1536 * GiB) == "1572864 MiB");
    CHECK(formatMiB(0) == "0 MiB");
}

TEST_CASE("a decimal that rounds up to ten carries into the whole number") {
    CHECK(formatMiB(10 * MiB - 1) == "10 MiB");
    CHECK(formatMiB(10 * MiB + 1) == "10 MiB");
    CHECK(formatMiB(10 * MiB - 60 * KiB) == "9.9 MiB");
}

TEST_CASE("small sizes are printed in KiB or bytes, so that something is never shown as nothing") {
    CHECK(formatMiB(64 * KiB) == "64 KiB");
    CHECK(formatMiB(1536) == "1.5 KiB");
    CHECK(formatMiB(104857) == "102.4 KiB");
    CHECK(formatMiB(104858) == "0.1 MiB");
    CHECK(formatMiB(12) == "12 B");
    CHECK(formatMiB(103) == "0.1 KiB");
}

TEST_CASE("a difference keeps its sign, the most negative one too") {
    CHECK(formatMiB(-3 * MiB / 2) == "-1.5 MiB");
    CHECK(formatMiB(-64 * KiB) == "-64 KiB");
    CHECK(formatMiB(std::numeric_limits<Bytes>::max()) == "8796093022208 MiB");
    CHECK(formatMiB(std::numeric_limits<Bytes>::min()) == "-8796093022208 MiB");
}

TEST_CASE("whole MiB are rounded up, never down") {
    static_assert(ceilToMiB(0) == 0);
    static_assert(ceilToMiB(1) == MiB);
    static_assert(ceilToMiB(MiB) == MiB);
    static_assert(ceilToMiB(MiB + 1) == 2 * MiB);
    CHECK(ceilToMiB(23418120) == 23 * MiB);
}

}  // namespace

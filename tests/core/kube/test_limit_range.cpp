#include <doctest/doctest.h>

#include <string>

#include "memfit/kube/limit_range.h"

namespace {

using namespace memfit;

MemoryRange read(const std::string& items) {
    const auto range =
        readLimitRanges(R"({"kind":"LimitRangeList","metadata":{},"items":[)" + items + "]}");
    INFO((range ? "" : range.error().message()));
    REQUIRE(range.has_value());
    return *range;
}

std::string named(const std::string& name, const std::string& limits) {
    return R"({"metadata":{"name":")" + name + R"("},"spec":{"limits":[)" + limits + "]}}";
}

TEST_CASE("the bounds of a container's memory are read, the tightest of all LimitRanges") {
    MemoryRange expected;
    expected.least = 32 * MiB;
    expected.leastBy = "b";
    expected.most = 256 * MiB;
    expected.mostBy = "a";
    expected.ratioMilli = 1500;
    CHECK(read(named("a", R"({"type":"Container","min":{"memory":"16Mi","cpu":"10m"},
                   "max":{"memory":"512Mi"},"maxLimitRequestRatio":{"memory":"2"},
                   "default":{"memory":"64Mi"}},
                  {"type":"Pod","max":{"memory":"256Mi"},"min":{"memory":"64Mi"}},
                  {"type":"PersistentVolumeClaim","min":{"memory":"1Gi"}})") +
               "," + named("b", R"({"type":"Container","min":{"memory":"32Mi"},
                   "maxLimitRequestRatio":{"memory":"1500m"}})")) == expected);
}

TEST_CASE("without a bound of memory there is none") {
    CHECK(read("") == MemoryRange{});
    CHECK(read(named("cpu", R"({"type":"Container","min":{"cpu":"1"},"max":{"memory":"lots"}})")) ==
          MemoryRange{});
    CHECK(readLimitRanges(R"({"kind":"LimitRangeList","items":null})").value() == MemoryRange{});
}

TEST_CASE("what is no list is refused") {
    CHECK(readLimitRanges("[]").error().kind == ErrorKind::input);
    CHECK(readLimitRanges(R"({"kind":"Status"})").error().kind == ErrorKind::input);
}

TEST_CASE("the request beside a limit is what minimum and ratio ask for, rounded up") {
    MemoryRange range;
    CHECK(range.leastRequest(GiB) == 0);
    range.least = 32 * MiB;
    CHECK(range.leastRequest(GiB) == 32 * MiB);
    range.ratioMilli = 4000;
    CHECK(range.leastRequest(GiB) == 256 * MiB);
    CHECK(range.leastRequest(64 * MiB) == 32 * MiB);
    range.ratioMilli = 1000;
    CHECK(range.leastRequest(GiB + 1) == GiB + 1);
    range.ratioMilli = 3000;
    CHECK(range.leastRequest(GiB) == 357913942);
    range.ratioMilli = 1;
    CHECK(range.leastRequest(Bytes{1} << 62) == Bytes{1} << 62);
}

}  // namespace

#include <doctest/doctest.h>

#include <string>

#include "memfit/observe/memstats.h"
#include "support/fixtures.h"

namespace {

using namespace memfit;
using memfit::test::readFixture;

MemorySnapshot parsed(std::string_view page) {
    const auto snapshot = parseMemstats(page);
    REQUIRE_MESSAGE(snapshot.has_value(), std::string(page.substr(0, 200)));
    return *snapshot;
}

std::string refusal(std::string_view page) {
    const auto snapshot = parseMemstats(page);
    REQUIRE_MESSAGE(snapshot.has_error(), std::string(page.substr(0, 200)));
    CHECK(snapshot.error().kind == ErrorKind::input);
    return snapshot.error().what;
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

TEST_CASE("a full expvar page of Go 1.19 is read whole") {
    const MemorySnapshot snapshot = parsed(readFixture("memstats/expvar-go1.19.json"));
    MemorySnapshot expected;
    expected.goroutines = 7;
    expected.sys = 23442696;
    expected.heapAlloc = 2983440;
    expected.heapSys = 12091392;
    expected.heapReleased = 3751936;
    expected.heapInuse = 4317184;
    expected.stackSys = 491520;
    expected.nextGc = 6238040;
    expected.totalAlloc = 125546240;
    expected.numGc = 34;
    expected.gcCpuFraction = snapshot.gcCpuFraction;
    expected.pauseTotalSeconds = snapshot.pauseTotalSeconds;
    expected.source = StatsSource::expvar;
    CHECK((snapshot == expected));
    REQUIRE(snapshot.gcCpuFraction.has_value());
    CHECK(*snapshot.gcCpuFraction == doctest::Approx(0.0066).epsilon(0.05));
    REQUIRE(snapshot.pauseTotalSeconds.has_value());
    CHECK(*snapshot.pauseTotalSeconds == doctest::Approx(0.004340335));
    CHECK(snapshot.goMapped() == 23442696 - 3751936);
}

TEST_CASE("a full page of client_golang among thousands of other metrics is read whole") {
    const MemorySnapshot snapshot = parsed(readFixture("memstats/prometheus-etcd.txt"));
    MemorySnapshot expected;
    expected.goroutines = 44;
    expected.sys = 19510536;
    expected.heapAlloc = 3281064;
    expected.heapSys = 7667712;
    expected.heapReleased = 1933312;
    expected.heapInuse = 4677632;
    expected.stackSys = 720896;
    expected.nextGc = 5061592;
    expected.totalAlloc = 5987560;
    expected.numGc = 2;
    expected.pauseTotalSeconds = 7.9901e-05;
    expected.resident = 24616960;
    expected.cpuSeconds = 0.02;
    expected.goVersion = "go1.19.8";
    expected.source = StatsSource::prometheus;
    CHECK((snapshot == expected));
}

TEST_CASE("CPU time of the collector is read under the names of both Go libraries for Prometheus") {
    const auto gcCpuSeconds = [](const std::string& line) {
        return parsed("go_memstats_sys_bytes 4096\n" + line + "\n").gcCpuSeconds;
    };
    CHECK(gcCpuSeconds("go_cpu_classes_gc_total_cpu_seconds_total 0.25") == 0.25);
    CHECK(gcCpuSeconds("go_gc_cpu_seconds_total 1.5e-2") == 0.015);
    CHECK(gcCpuSeconds("go_cpu_classes_gc_pause_cpu_seconds_total 3") == std::nullopt);
    CHECK(gcCpuSeconds("go_gc_cpu_seconds_total -1") == std::nullopt);
}

TEST_CASE("a heap profile of Go 1.19 is read from its trailer, without MaxRSS") {
    const MemorySnapshot snapshot = parsed(readFixture("memstats/pprof-go1.19.txt"));
    MemorySnapshot expected;
    expected.sys = 23442696;
    expected.heapAlloc = 3043464;
    expected.heapSys = 12091392;
    expected.heapReleased = 5455872;
    expected.heapInuse = 4415488;
    expected.stackSys = 491520;
    expected.nextGc = 6238040;
    expected.totalAlloc = 125606264;
    expected.numGc = 34;
    expected.gcCpuFraction = 0.006730938780307134;
    expected.source = StatsSource::pprof;
    CHECK((snapshot == expected));
}

TEST_CASE("a trimmed expvar page leaves absent what it does not carry, and keeps zeros") {
    const MemorySnapshot snapshot = parsed(
        R"({"goroutines": 13, "memstats": {"Sys":13980936,"HeapAlloc":2993840,"HeapReleased":0}})");
    MemorySnapshot expected;
    expected.goroutines = 13;
    expected.sys = 13980936;
    expected.heapAlloc = 2993840;
    expected.heapReleased = 0;
    expected.source = StatsSource::expvar;
    CHECK((snapshot == expected));
    CHECK(snapshot.goMapped() == 13980936);
}

TEST_CASE("only the top-level memstats and goroutines count, whatever else is published") {
    const MemorySnapshot snapshot = parsed(R"({
        "cache": {"memstats": {"Sys": 1}, "goroutines": 1, "Sys": 2},
        "list": [{"Sys": 3}, {"memstats": {"Sys": 4}}, null, true, -1.5e3, "Sys"],
        "Sys": 5,
        "memstats": {"BySize": [{"Sys": 6, "Size": 8}], "Extra": {"Sys": 7}, "Sys": 4096},
        "after": {"Sys": 8},
        "requests": 9,
        "goroutines": 44
    })");
    MemorySnapshot expected;
    expected.goroutines = 44;
    expected.sys = 4096;
    expected.source = StatsSource::expvar;
    CHECK((snapshot == expected));
}

TEST_CASE("a figure of the wrong type is absent and does not pass to its neighbour") {
    const MemorySnapshot snapshot = parsed(
        R"({"goroutines": {"now": 3}, "memstats": {"HeapSys": [1, 2], "NextGC": "3", "NumGC": null,
            "HeapAlloc": {"Sys": 1}, "HeapInuse": true, "Sys": 4096}, "x": [{"HeapAlloc": 1}]})");
    MemorySnapshot expected;
    expected.sys = 4096;
    expected.source = StatsSource::expvar;
    CHECK((snapshot == expected));
}

TEST_CASE("a figure that is negative, fractional or out of range is absent") {
    const MemorySnapshot snapshot = parsed(
        R"({"memstats": {"Sys": 4096, "HeapAlloc": -1, "HeapSys": 1.5, "NextGC": 1e300,
            "HeapInuse": 18446744073709551615, "StackSys": 9223372036854775808,
            "HeapReleased": 99999999999999999999, "GCCPUFraction": -0.5, "PauseTotalNs": -1}})");
    MemorySnapshot expected;
    expected.sys = 4096;
    expected.source = StatsSource::expvar;
    CHECK((snapshot == expected));
}

TEST_CASE("whole numbers of 64 bits are exact, and a whole number in exponent form is one") {
    const MemorySnapshot snapshot = parsed(
        R"({"memstats": {"TotalAlloc": 9223372036854775807, "Sys": 9007199254740993, "NextGC": 4e6}})");
    CHECK(snapshot.totalAlloc == 9223372036854775807);
    CHECK(snapshot.sys == 9007199254740993);
    CHECK(snapshot.nextGc == 4'000'000);
}

TEST_CASE("an expvar page that is cut off anywhere is an error") {
    const std::string page = readFixture("memstats/expvar-go1.19.json");
    const std::size_t end = page.find_last_of('}');
    for (std::size_t size = 1; size <= end; size += 7) {
        CHECK(parseMemstats(std::string_view(page).substr(0, size)).has_error());
    }
    CHECK(parseMemstats(std::string_view(page).substr(0, end)).has_error());
    CHECK(parseMemstats(std::string_view(page).substr(0, end + 1)).has_value());
}

TEST_CASE("an expvar page with something behind it is an error that says where") {
    CHECK(refusal("{\"memstats\": {\"Sys\": 1}}\n}") ==
          "the page starts like expvar's JSON, but is malformed or cut off at line 2, column 1");
    refusal(R"({"memstats": {"Sys": 1}} {"memstats": {"Sys": 2}})");
    refusal(R"({"memstats": {"Sys": 1}}x)");
    refusal(R"({"memstats": {"Sys": 1e}})");
    refusal(R"({"memstats": {"Sys": 0x10}})");
    refusal(std::string_view("{\"memstats\": {\"Sys\": 1}}\0", 25));
}

TEST_CASE("JSON that is nested a million levels deep neither crashes nor hides the figures") {
    constexpr std::size_t levels = 1'000'000;
    const std::string deep = repeated("[", levels) + repeated("]", levels);
    CHECK(parsed(R"({"deep": )" + deep + R"(, "memstats": {"Sys": 4096}})").sys == 4096);
    CHECK(parseMemstats(repeated(R"({"memstats":)", levels)).has_error());
}

TEST_CASE("Prometheus samples may have labels, time stamps and exponents") {
    const MemorySnapshot snapshot = parsed(
        "# TYPE go_memstats_sys_bytes gauge\n"
        "go_memstats_sys_bytes{job=\"a } b\",path=\"C:\\\\\\\"x\"} 2.3418120e+07 1700000000000\n"
        "go_memstats_heap_alloc_bytes\t7065200\r\n"
        "go_memstats_heap_released_bytes 0\n"
        "go_memstats_heap_sys_bytes {} +1.6e7 # {trace=\"1\"} 5\n"
        "go_memstats_gc_cpu_fraction 1e-05\n"
        "go_goroutines 13\n"
        "go_info{build=\"x\",version=\"go1.22.1\"} 1\n");
    MemorySnapshot expected;
    expected.goroutines = 13;
    expected.sys = 23418120;
    expected.heapAlloc = 7065200;
    expected.heapReleased = 0;
    expected.heapSys = 16'000'000;
    expected.gcCpuFraction = 1e-05;
    expected.goVersion = "go1.22.1";
    expected.source = StatsSource::prometheus;
    CHECK((snapshot == expected));
}

TEST_CASE("Prometheus values that are no figure are absent") {
    const MemorySnapshot snapshot = parsed(
        "go_memstats_sys_bytes NaN\n"
        "go_memstats_heap_sys_bytes +Inf\n"
        "go_memstats_next_gc_bytes -1\n"
        "go_memstats_heap_inuse_bytes 1.8446744073709552e+19\n"
        "go_memstats_heap_released_bytes 12.5\n"
        "go_memstats_stack_sys_bytes\n"
        "go_memstats_alloc_bytes_total{unclosed=\"1\" 5\n"
        "go_memstats_gc_cpu_fraction -Inf\n"
        "go_memstats_heap_alloc_bytes_ 3\n"
        "xgo_memstats_heap_alloc_bytes 4\n"
        "process_resident_memory_bytes 4096\n");
    MemorySnapshot expected;
    expected.resident = 4096;
    expected.source = StatsSource::prometheus;
    CHECK((snapshot == expected));
}

TEST_CASE("of several samples of one name the first that makes sense counts") {
    CHECK(parsed("go_memstats_sys_bytes{i=\"0\"} NaN\n"
                 "go_memstats_sys_bytes{i=\"1\"} 4096\n"
                 "go_memstats_sys_bytes{i=\"2\"} 8192\n")
              .sys == 4096);
}

TEST_CASE("a text page that is cut in the middle of a number does not lend its first digits") {
    const MemorySnapshot metrics =
        parsed("go_memstats_sys_bytes 4096\ngo_memstats_heap_sys_bytes 16");
    CHECK(metrics.heapSys == std::nullopt);
    const MemorySnapshot profile = parsed(
        "heap profile: 0: 0 [0: 0] @ heap/1048576\n\n# runtime.MemStats\n"
        "# Sys = 4096\n# HeapSys = 16");
    CHECK(profile.sys == 4096);
    CHECK(profile.heapSys == std::nullopt);
}

TEST_CASE("only the trailer of a heap profile is read, and of pairs the second") {
    const MemorySnapshot snapshot = parsed(
        "heap profile: 0: 0 [0: 0] @ heap/1048576\n# Sys = 1\n\n# runtime.MemStats\n"
        "# Sys = 4096\n# Stack = 720896 / 819200\n# MSpan = 1 / 2\n"
        "# NextGC = -1\n# GCCPUFraction = NaN\n# HeapAlloc =\n# HeapInuse = 5 \n"
        "# MaxRSS = 999999999\n");
    MemorySnapshot expected;
    expected.sys = 4096;
    expected.stackSys = 819200;
    expected.source = StatsSource::pprof;
    CHECK((snapshot == expected));
}

TEST_CASE("a page without a memory figure is refused with what is missing and what would work") {
    CHECK(parseMemstats(R"({"cmdline": ["x"], "goroutines": 7})").error().message() ==
          "the expvar page has no figure of Go's memory in `memstats`; memfit reads /debug/vars "
          "(expvar), /metrics with go_memstats_* (Prometheus) and /debug/pprof/heap?debug=1");
    CHECK(refusal(R"({"memstats": {"NumGC": 1, "PauseTotalNs": 5}})") ==
          "the expvar page has no figure of Go's memory in `memstats`");
    CHECK(refusal("# HELP up Whether it is.\n# TYPE up gauge\nup 1\n") ==
          "the Prometheus page has no go_memstats_* metric");
    CHECK(refusal("go_goroutines 5\n") == "the Prometheus page has no go_memstats_* metric");
    CHECK(refusal("heap profile: 0: 0 [0: 0] @ heap/1048576\n") ==
          "the heap profile has no runtime.MemStats at its end");
    CHECK(refusal("") == "the page holds no memory statistics of a Go program");
    CHECK(refusal("404 page not found\n") == "the page holds no memory statistics of a Go program");
    CHECK(refusal("<html><body>go_memstats_sys_bytes 1</body></html>") ==
          "the page holds no memory statistics of a Go program");
    CHECK(refusal("[{\"memstats\": {\"Sys\": 1}}]") ==
          "the page holds no memory statistics of a Go program");
    CHECK(refusal(std::string_view("\x1f\x8b\x08\0\0", 5)) ==
          "the page holds no memory statistics of a Go program");
}

}  // namespace

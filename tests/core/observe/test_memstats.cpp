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

TEST_CASE("Prometheus values that are not a figure are absent") {
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

TEST_CASE("a page of several processes gives no figure, and says by what they are told") {
    const auto several = [](std::string_view page) {
        CHECK(mayBeGo(page));
        return refusal(page);
    };
    CHECK(
        several("go_memstats_sys_bytes{i=\"0\"} NaN\n"
                "go_memstats_sys_bytes{i=\"1\"} 4096\n") ==
        "the page is from several processes: go_memstats_sys_bytes is there for i=\"0\" and \"1\"");
    CHECK(
        several("go_memstats_sys_bytes 4096\ngo_memstats_sys_bytes{pid=\"7\"} 4096\n") ==
        "the page is from several processes: go_memstats_sys_bytes is there with different labels");
    CHECK(several("go_memstats_sys_bytes 4096\ngo_memstats_sys_bytes 8192\n") ==
          "the page is from several processes: go_memstats_sys_bytes is there twice");
    CHECK(several(
              "go_memstats_sys_bytes{job=\"a\"} 1\nprocess_resident_memory_bytes{job=\"b\"} 2\n") ==
          "the page is from several processes: process_resident_memory_bytes is of job=\"b\", "
          "another "
          "metric of \"a\"");
    CHECK(several("go_info{version=\"go1.21\"} 1\ngo_info{version=\"go1.22\"} 1\ngo_sys 1\n") ==
          "the page is from several processes: go_info is there for version=\"go1.21\" and "
          "\"go1.22\"");
    CHECK(several("python_info{version=\"3\"} 1\ngo_memstats_sys_bytes 4096\n") ==
          "the page is from several processes: \"python_info\" is not Go's");
    CHECK(several("a_go_memstats_sys_bytes 1\nb_go_memstats_sys_bytes 2\n") ==
          "the page is from several processes: Go's metrics are there under \"a_\" and \"b_\"");
}

TEST_CASE("labels that are the same everywhere, and a sample that is repeated, are one process") {
    CHECK(parsed("go_memstats_sys_bytes{job=\"a\",x=\"1\"} 4096\n"
                 "go_memstats_sys_bytes{x=\"1\",job=\"a\"} 4.096e3\n"
                 "process_resident_memory_bytes{job=\"a\"} 7\n")
              .sys == 4096);
}

TEST_CASE("a prefix is read where no other Go program stands beside it, never a sidecar's") {
    const std::string sidecar =
        "istio_agent_go_memstats_sys_bytes 1\nistio_agent_go_goroutines 2\n";
    CHECK(parsed("app_go_memstats_sys_bytes 4096\n" + sidecar).sys == 4096);
    CHECK(parsed(sidecar + "go_memstats_sys_bytes 4096\n").sys == 4096);
    CHECK(parsed("app_go_memstats_sys_bytes 1\ngo_memstats_sys_bytes 4096\n").sys == 4096);
    CHECK(parsed("a_b_go_memstats_sys_bytes 4096\na_b_process_resident_memory_bytes 7\n"
                 "process_resident_memory_bytes 9\n")
              .resident == 7);
    CHECK(parsed("otelcol_process_runtime_total_sys_memory_bytes 4096\n"
                 "otelcol_process_memory_rss_bytes 7\n")
              .resident == 7);
    CHECK(refusal(sidecar) == "the page shows the memory of a sidecar only");
    CHECK(mayBeGo(sidecar));
}

TEST_CASE("a page of a program in another language, or of none, is not Go's") {
    const auto notGo = [](std::string_view page) {
        CHECK_FALSE(mayBeGo(page));
        return refusal(page);
    };
    CHECK(notGo("jvm_memory_used_bytes{area=\"heap\"} 5\nprocess_resident_memory_bytes 7\n") ==
          "the page is not from a Go program: it has \"jvm_memory_used_bytes\" and no go_* metric");
    CHECK(notGo("process_resident_memory_bytes 7\n") ==
          "the page is not from a Go program: it has no go_* metric");
    CHECK(
        notGo(
            "python_info 1\nprocess_resident_memory_bytes{pid=\"1\"} 7\n"
            "process_resident_memory_bytes{pid=\"2\"} 7\nistio_agent_go_memstats_sys_bytes 1\n") ==
        "the page is not from a Go program: it has \"python_info\" and no go_* metric");
    CHECK(notGo("<html></html>") == "the page holds no memory statistics of a Go program");
    CHECK(mayBeGo("go_goroutines 5\n"));
}

TEST_CASE("GOMEMLIMIT and GOGC in force are read however their absence is written") {
    const auto inForce = [](const std::string& lines) {
        const auto page = parsed("go_memstats_sys_bytes 4096\n" + lines);
        return page.gomemlimit.value_or("-") + " " + page.gogc.value_or("-");
    };
    CHECK(inForce("go_gc_gomemlimit_bytes 6.7108864e+07\ngo_gc_gogc_percent 50\n") == "64MiB 50");
    CHECK(inForce("go_gc_gomemlimit_bytes 9223372036854775807\n"
                  "go_gc_gogc_percent 1.8446744073709552e+19\n") == "off off");
    CHECK(inForce("go_memlimit_bytes 9.22337e+18\ngo_config_gogc_percent -1\n") == "off off");
    CHECK(inForce("go_memlimit_bytes 0\n") == "- -");
    CHECK(inForce("go_gc_gomemlimit_bytes NaN\ngo_gc_gogc_percent 1.5\n") == "- -");
}

TEST_CASE("names with dots, as Prometheus 3 writes them, are those of OpenTelemetry") {
    MemorySnapshot expected;
    expected.mapped = 12;
    expected.goroutines = 3;
    expected.source = StatsSource::prometheus;
    CHECK((parsed("{\"go.memory.used\",\"go.memory.type\"=\"stack\"} 5\n"
                  "{\"go.memory.used\",\"go.memory.type\"=\"other\"} 7\n"
                  "{\"go.goroutine.count\"} 3\n") == expected));
}

TEST_CASE("a part of what OpenTelemetry shows is not taken for the whole") {
    refusal("go_memory_used_bytes{go_memory_type=\"stack\"} 5\n");
    refusal("go_memory_used_bytes 5\n");
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
          "the page is from expvar, but has no figure of Go's memory in `memstats`; memfit reads "
          "/debug/vars (expvar), /metrics with Go's metrics (Prometheus) and "
          "/debug/pprof/heap?debug=1");
    CHECK(refusal(R"({"memstats": {"NumGC": 1, "PauseTotalNs": 5}})") ==
          "the page is from expvar, but has no figure of Go's memory in `memstats`");
    CHECK(refusal("# HELP up Whether it is.\n# TYPE up gauge\nup 1\n") ==
          "the page is not from a Go program: it has no go_* metric");
    CHECK(refusal("go_goroutines 5\n") ==
          "the page has metrics of Go, but no figure of its memory");
    CHECK(refusal("heap profile: 0: 0 [0: 0] @ heap/1048576\n") ==
          "the page is a heap profile, but has no runtime.MemStats at its end");
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

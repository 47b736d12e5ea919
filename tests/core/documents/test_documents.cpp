#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "memfit/documents/documents.h"
#include "support/fixtures.h"

using namespace memfit;

namespace {

std::string document(const std::string& kind, const std::string& fields) {
    return R"({"apiVersion": "memfit.dev/v1alpha1", "kind": ")" + kind + "\"" +
           (fields.empty() ? "" : ", ") + fields + "}";
}

Results readOk(const std::string& text) {
    Results results;
    const auto read = readDocuments(text, "r.json", results);
    if (!read) FAIL(read.error().message());
    return results;
}

std::string readError(const std::string& text) {
    Results results;
    const auto read = readDocuments(text, "r.json", results);
    if (read) return "no error";
    CHECK((read.error().kind == ErrorKind::input));
    CHECK(results.empty());
    return read.error().message();
}

Timestamp moment(int millis) {
    return Timestamp{std::chrono::milliseconds{1'700'000'000'000 + millis}};
}

Header fullHeader() {
    Header header;
    header.target = {"deployment", "shop", "sales", "api", "u-1", "ctx", 7, {}, 8080};
    header.environment = {"pod",    "cgroup-v2", "250m",   4,      0.004,
                          "node-1", "1.30",      "go1.22", "0.1.0"};
    header.load = {"hey -n 10 {url}", "hey", "direct", "rm -f x", "make db", "drop db"};
    header.startedAt = moment(0);
    header.finishedAt = moment(250);
    header.partial = true;
    header.warnings = {{"a", "text with \"quotes\" and \u00e4"}};
    return header;
}

MemorySnapshot fullMemory() {
    return {moment(1), 13,    23418120, 7065200, 16056320, 1,        2,
            3,         4,     5,        6,       0.25,     0.5,      7777,
            2.5,       0.125, 16777216, "64MiB", "off",    "go1.22", StatsSource::pprof};
}

LoadReport fullLoad() {
    LoadReport load{"hey", 33.7325, 0.0069, 1.2045, 0.323, 29.645, 1000, 1, 2, 481000, {}, -1};
    load.latency = {0.1, 0.2, 0.3, 0.4};
    return load;
}

Usage fullUsage() {
    return {1, 2, 3, 4, 5};
}

Cost fullCost() {
    return {1.5, "cgroup", 0.25, 12, 123456789};
}

BenchRun survivor(double rate, int block) {
    BenchRun run;
    run.outcome = Outcome::survived;
    run.block = block;
    run.load = LoadReport{};
    run.load->requestsPerSecond = rate;
    run.load->requests = 600;
    run.load->errors = 0;
    run.load->non2xx = 0;
    run.cost = Cost{400 / rate, "cgroup", {}, static_cast<int>(rate), {}};
    return run;
}

BenchResult fullBench() {
    BenchResult bench;
    bench.header = fullHeader();
    bench.minimum = 18 * MiB;
    bench.goSys = 23418120;
    bench.cells = {{"none", plainSettings(std::nullopt), {}, {}, {}},
                   {"2x", plainSettings(36 * MiB), {}, {}, {}},
                   {"2x", gomemlimitSettings(36 * MiB, 34 * MiB), {}, {}, {}},
                   {"2x", gomemlimitSettings(36 * MiB, 36 * MiB), {}, {}, {}}};
    bench.cells[3].samples = {{0.5, 30 * MiB, 28 * MiB, 20 * MiB, 3}, {1, {}, {}, {}, {}}};
    double rate = 100;
    for (auto& cell : bench.cells)
        for (int block = 0; block < 3; ++block) cell.runs.push_back(survivor(rate += 1.1, block));
    bench.cells[1].runs[0] = {Outcome::oomKilled, 0,           fullLoad(),
                              fullMemory(),       fullUsage(), fullCost()};
    summarize(bench);
    return bench;
}

}  // namespace

TEST_CASE("a bench with everything in it reads back as it was written") {
    const auto bench = fullBench();
    REQUIRE_FALSE(bench.comparisons.empty());
    const auto results = readOk(toJson(bench));
    REQUIRE(results.benches.size() == 1);
    CHECK(results.benches[0] == bench);
    CHECK(toJson(results.benches[0]) == toJson(bench));
}

TEST_CASE("a squeeze with everything in it reads back as it was written") {
    SqueezeResult squeeze;
    squeeze.header = fullHeader();
    squeeze.mode = Mode::gomemlimit;
    squeeze.goSys = 1;
    squeeze.ceiling = 9'007'199'254'740'993;  // not a double
    squeeze.trials = {
        {plainSettings(std::nullopt), Outcome::survived, fullLoad(), fullMemory(), fullUsage(),
         fullCost(), moment(5), 1.5, "fine"},
        {gomemlimitSettings(17 * MiB, 16 * MiB), Outcome::oomAtStart, {}, {}, {}, {}, {}, {}, ""}};
    squeeze.edge = {1, 2, 3, 0.95};
    squeeze.minimum = 18 * MiB;
    squeeze.riskAtMinimum = 0.007;
    squeeze.confirmations = 3;
    const auto results = readOk(toJson(squeeze));
    REQUIRE(results.squeezes.size() == 1);
    CHECK(results.squeezes[0] == squeeze);
}

TEST_CASE("a probe of a process reads back as it was written") {
    ProbeResult probe;
    probe.header.target.type = "process";
    probe.header.target.command = {"./api", "--port", "80"};
    probe.settings = {64 * MiB, 32 * MiB, "60MiB", "off"};
    probe.idle = fullMemory();
    probe.loaded = fullMemory();
    probe.peak = fullMemory();
    probe.samples = {fullMemory(), {}};
    probe.run = fullLoad();
    probe.usage = fullUsage();
    probe.cost = fullCost();
    const auto results = readOk(toJson(probe));
    REQUIRE(results.probes.size() == 1);
    CHECK(results.probes[0] == probe);
}

TEST_CASE("that the container is a sidecar is read back, and said of sidecars alone") {
    ProbeResult probe;
    probe.header = fullHeader();
    CHECK(toJson(probe).find("sidecar") == std::string::npos);
    probe.header.target.sidecar = true;
    CHECK(toJson(probe).find("\"sidecar\": true") != std::string::npos);
    CHECK(readOk(toJson(probe)).probes.at(0).header.target == probe.header.target);
}

TEST_CASE("a load's cost stands beside its report, with what it is for each request") {
    SqueezeResult squeeze;
    squeeze.header.target.type = "process";
    Trial trial;
    trial.outcome = Outcome::survived;
    trial.load = LoadReport{};
    trial.load->requests = 600;
    trial.load->errors = 200;
    trial.load->non2xx = 0;
    trial.cost = Cost{1.5, "process", 0.25, 12, 4096};
    squeeze.trials = {trial, trial};
    squeeze.trials[1].load.reset();
    squeeze.trials[1].cost = Cost{{}, {}, {}, 0, {}};
    CHECK(toJson(squeeze) == R"({
 "apiVersion": "memfit.dev/v1alpha1",
 "kind": "SqueezeResult",
 "target": {
  "type": "process"
 },
 "partial": false,
 "warnings": [],
 "mode": "plain",
 "trials": [
  {
   "limitBytes": null,
   "mode": "plain",
   "outcome": "survived",
   "load": {
    "requests": 600,
    "errors": 200,
    "non2xx": 0
   },
   "cpu": {
    "seconds": 1.5,
    "perRequestSeconds": 0.00375,
    "gcSeconds": 0.25,
    "source": "process"
   },
   "gc": {
    "collections": 12,
    "allocatedBytes": 4096
   }
  },
  {
   "limitBytes": null,
   "mode": "plain",
   "outcome": "survived",
   "gc": {
    "collections": 0
   }
  }
 ]
}
)");
    CHECK(readOk(toJson(squeeze)).squeezes.at(0) == squeeze);
}

TEST_CASE("a bench of before, without the cost of its loads, is read as ever") {
    auto bench = fullBench();
    for (auto& cell : bench.cells)
        for (auto& run : cell.runs) run.cost.reset();
    summarize(bench);
    const auto text = toJson(bench);
    CHECK(text.find("\"cpu\":") == std::string::npos);
    CHECK(text.find("\"gc\":") == std::string::npos);
    const auto read = readOk(text).benches.at(0);
    CHECK(read == bench);
    CHECK_FALSE(read.cells[0].summary.cpuPerRequestSeconds);
    CHECK_FALSE(read.comparisons.at(0).cpu);
}

TEST_CASE("null stands for no limit alone, and what was not measured is absent") {
    SqueezeResult squeeze;
    squeeze.header.target.type = "process";
    squeeze.trials = {{plainSettings(std::nullopt), Outcome::survived, {}, {}, {}, {}, {}, {}, ""}};
    squeeze.trials[0].settings.gogc.reset();
    CHECK(toJson(squeeze) == R"({
 "apiVersion": "memfit.dev/v1alpha1",
 "kind": "SqueezeResult",
 "target": {
  "type": "process"
 },
 "partial": false,
 "warnings": [],
 "mode": "plain",
 "trials": [
  {
   "limitBytes": null,
   "mode": "plain",
   "outcome": "survived"
  }
 ]
}
)");
}

TEST_CASE("text that is not UTF-8 is still written as JSON") {
    ProbeResult probe;
    probe.header.target.type = "process";
    probe.header.target.command = {"./\xff"};
    CHECK(readOk(toJson(probe)).probes[0].header.target.command[0] == "./\uFFFD");
}

TEST_CASE("the published experiment is read") {
    Results results;
    REQUIRE(readDocuments(test::readFixture("replay/seed-squeeze.json"), "s", results).has_value());
    REQUIRE(readDocuments(test::readFixture("replay/seed-bench.json"), "b", results).has_value());
    REQUIRE(readDocuments(test::readFixture("replay/seed-13mi-gomemlimit.json"), "13", results)
                .has_value());
    REQUIRE(results.squeezes.size() == 2);
    CHECK(results.firstHeader() == results.squeezes[0].header);
    CHECK((results.squeezes[0].mode == Mode::plain));
    CHECK(results.squeezes[0].minimum == 18 * MiB);
    CHECK(results.squeezes[0].edge == EdgeBounds{std::nullopt, 17 * MiB, 18 * MiB, std::nullopt});
    CHECK((results.squeezes[1].mode == Mode::gomemlimit));
    CHECK_FALSE(results.squeezes[1].minimum);
    REQUIRE(results.benches.size() == 1);
    REQUIRE(results.benches[0].cells.size() == 9);
    const auto& cell = results.benches[0].cells[6];
    CHECK(cell.settings == gomemlimitSettings(36 * MiB, 36 * MiB));
    CHECK(cell.summary.requestsPerSecond == Estimate{35.3512, 35.3512, 35.3512});
    CHECK_FALSE(results.benches[0].comparisons.empty());
    CHECK_FALSE(results.benches[0].cells[0].settings.gogc);
}

TEST_CASE("concatenated documents and arrays of documents read alike") {
    const auto one = document("ProbeResult", R"("settings": {"limitBytes": 1048576})");
    const auto two = document("SqueezeResult", R"("minimumBytes": 5)");
    for (const auto& text : {one + two, "\xEF\xBB\xBF" + one + "\n\n" + two + "\n",
                             "[" + one + "," + two + "]", "[" + one + "] [" + two + "]"}) {
        const auto results = readOk(text);
        CHECK(results.probes.size() == 1);
        CHECK(results.squeezes.size() == 1);
        CHECK(results.texts.size() == 2);
    }
}

TEST_CASE("inputs are taken apart at every level, each document once") {
    const auto probe = document("ProbeResult", "");
    const auto squeeze =
        document("SqueezeResult", "\"minimumBytes\": 5, \"inputs\": [" + probe + "]");
    const auto bench = document("BenchResult", "\"cells\": [], \"inputs\": [" + squeeze + "]");
    const auto advice =
        document("Recommendation", "\"inputs\": [" + bench + ", " + squeeze + ", " + probe + "]");
    const auto results = readOk(advice + probe);
    CHECK(results.probes.size() == 1);
    CHECK(results.squeezes.size() == 1);
    CHECK(results.benches.size() == 1);
    CHECK(results.texts ==
          std::vector<std::string>{
              R"({"apiVersion":"memfit.dev/v1alpha1","kind":"BenchResult","cells":[]})",
              R"({"apiVersion":"memfit.dev/v1alpha1","kind":"SqueezeResult","minimumBytes":5})",
              R"({"apiVersion":"memfit.dev/v1alpha1","kind":"ProbeResult"})"});
    CHECK(results.benches[0].header.inputs ==
          std::vector<std::string>{results.texts[1], results.texts[2]});
    CHECK(results.squeezes[0].header.inputs == std::vector<std::string>{results.texts[2]});
    CHECK((results.first == Results::Kind::bench));
}

TEST_CASE("a pipeline of documents loses nothing") {
    auto bench = fullBench();
    bench.header.inputs = readOk(document("SqueezeResult", "\"minimumBytes\": 5")).texts;
    const auto results = readOk(toJson(bench));
    CHECK(results.squeezes.at(0).minimum == 5);
    CHECK(results.benches.at(0) == bench);
}

TEST_CASE("fields that are not known are ignored, nulls are absent, the last of two keys counts") {
    const auto results = readOk(
        document("SqueezeResult",
                 R"("new": {"a": [1]}, "minimumBytes": 1, "minimumBytes": 36.0, "goSysBytes": null,
           "trials": [{"limitBytes": 1e6, "gomemlimitBytes": 999, "gogc": 50,
                       "outcome": "survived", "load": null}])"));
    const auto& squeeze = results.squeezes.at(0);
    CHECK(squeeze.minimum == 36);
    CHECK_FALSE(squeeze.goSys);
    CHECK((squeeze.mode == Mode::gomemlimit));
    CHECK(squeeze.trials.at(0).settings == Settings{1'000'000, Mode::gomemlimit, 999, "50"});
    CHECK_FALSE(squeeze.trials.at(0).load);
}

TEST_CASE("what is no JSON is refused with its place") {
    const std::string docs = "; result documents are what memfit's commands write with -o json";
    CHECK(readError("{\n \"a\": 1\n \"kind\": 2\n}") ==
          "r.json:3:7: this is not JSON, after \" \\\"kind\\\"\"" + docs);
    CHECK(readError("{\n \"a\": 1,\n") ==
          "r.json:2:9: the document ends in the middle; "
          "take the whole output of the command that wrote it");
    CHECK(readError("{\n \"a\": \"x") ==
          "r.json:2:9: the document ends in the middle; "
          "take the whole output of the command that wrote it");
    CHECK(readError("{\"a\": tru}") ==
          "r.json:1:10: this is not JSON, after \"{\\\"a\\\": tru}\"" + docs);
    CHECK(readError(document("ProbeResult", "") + "\n  {\"a\": 1,}") ==
          "r.json:2:11: this is not JSON, after \"  {\\\"a\\\": 1,}\"" + docs);
    CHECK(readError("hello") == "r.json:1:1: this is not JSON, near \"hello\"" + docs);
    CHECK(readError("\n12") == "r.json:2:1: this is not JSON, near \"12\"" + docs);
    CHECK(
        readError("apiVersion: memfit.dev/v1alpha1") ==
        "r.json:1:1: this is YAML, but result documents are read as JSON; write them with -o json");
    CHECK(readError("{\"a\": 1e999}") ==
          "r.json:1:11: this is not JSON, after \"{\\\"a\\\": 1e999\"" + docs);
}

TEST_CASE("nothing at all is refused") {
    const auto* const expected =
        "r.json: there is no result document in it; "
        "give what probe, squeeze or bench wrote with -o json";
    CHECK(readError("") == expected);
    CHECK(readError(" \n\t") == expected);
    CHECK(readError("[]") == expected);
}

TEST_CASE("another kind or version is refused") {
    CHECK(readError("{}") ==
          "r.json:1:1: apiVersion is missing, so this is not a result document; "
          "result documents are what memfit's commands write with -o json");
    CHECK(readError(R"({"apiVersion": "memfit.dev/v2", "kind": "BenchResult"})") ==
          "r.json:1:1: apiVersion is \"memfit.dev/v2\", expected memfit.dev/v1alpha1; "
          "use the memfit that wrote it");
    CHECK(readError("\n" + document("Pod", "")) ==
          "r.json:2:1: kind is \"Pod\", not one of ProbeResult, SqueezeResult, BenchResult, "
          "Recommendation");
    CHECK(readError(R"({"apiVersion": 1, "kind": "BenchResult"})") ==
          "r.json:1:1: apiVersion is a whole number, expected a string");
    CHECK(readError("[[]]") == "r.json:1:1: [0] is not an object, expected a result document");
    CHECK(readError(document("Recommendation", "")) ==
          "r.json:1:1: the Recommendation carries no inputs to judge from; "
          "give the results that it was made from");
    CHECK(readError(document("ProbeResult", "\"inputs\": 1")) ==
          "r.json:1:1: inputs is not an array");
}

TEST_CASE("a field that does not fit is named with its path") {
    struct Row {
        const char* kind;
        const char* fields;
        const char* expected;
    };
    const Row rows[] = {
        {"BenchResult", "\"other\": 1", "cells is missing"},
        {"BenchResult", "\"cells\": 1", "cells is a whole number, expected an array"},
        {"BenchResult", "\"cells\": [1]", "cells[0] is a whole number, expected an object"},
        {"BenchResult", R"("cells": [{"limitBytes": null}, {"limitBytes": "36Mi"}])",
         "cells[1].limitBytes is a string, expected a whole number of bytes"},
        {"BenchResult", R"("cells": [{}])", "cells[0].limitBytes is missing; no limit is null"},
        {"BenchResult", R"("cells": [{"limitBytes": 0}])",
         "cells[0].limitBytes is 0; no limit is written as null"},
        {"BenchResult", R"("cells": [{"limitBytes": -1}])", "cells[0].limitBytes is negative"},
        {"BenchResult", R"("cells": [{"limitBytes": 18446744073709551615}])",
         "cells[0].limitBytes is 18446744073709551615, expected a whole number of bytes below "
         "2^63"},
        {"BenchResult", R"("cells": [{"limitBytes": 1.5}])",
         "cells[0].limitBytes is 1.5, expected a whole number of bytes below 2^63"},
        {"BenchResult", R"("cells": [{"limitBytes": null, "mode": "gomemlimit"}])",
         "cells[0].limitBytes is null, and mode gomemlimit needs a limit"},
        {"BenchResult", R"("cells": [{"limitBytes": 5, "runs": [{"outcome": "exploded"}]}])",
         "cells[0].runs[0].outcome is \"exploded\", not one of survived, oomKilled, oomAtStart, "
         "belowFloor, crashed, neverReady, loadFailed, evicted, unschedulable, imageError, "
         "inconclusive"},
        {"BenchResult", R"("cells": [{"limitBytes": 5, "runs": [{}]}])",
         "cells[0].runs[0].outcome is missing"},
        {"BenchResult",
         R"("cells": [{"label": "5", "limitBytes": 5}], "comparisons": [{"cell": "6/plain"}])",
         "comparisons[0].cell is \"6/plain\", which is not one of the cells"},
        {"SqueezeResult", R"("mode": "\u001b[31m")",
         "mode is \"\\u001b[31m\", not one of plain, gomemlimit"},
        {"SqueezeResult", R"("startedAt": "yesterday")",
         "startedAt is \"yesterday\", expected a time like 2024-03-01T12:00:00Z"},
        {"SqueezeResult", R"("riskAtMinimum": -0.5)", "riskAtMinimum is negative"},
        {"ProbeResult", R"("idle": {"source": "guess"})",
         "idle.source is \"guess\", not one of expvar, prometheus, pprof"},
        {"ProbeResult", R"("partial": "no")", "partial is a string, expected true or false"},
        {"ProbeResult", R"("target": {"command": ["a", 2]})",
         "target.command[1] is a whole number, expected a string"},
    };
    for (const auto& row : rows) {
        const auto next = std::string("; is the document complete and unedited?");
        CHECK(readError(document(row.kind, row.fields)) ==
              "r.json:1:1: " + std::string(row.expected) + next);
    }
    CHECK(readError("[" +
                    document("Recommendation",
                             "\"inputs\": [" + document("ProbeResult", "\"idle\": 1") + "]") +
                    "]") ==
          "r.json:1:1: [0].inputs[0].idle is a whole number, expected an object; "
          "is the document complete and unedited?");
}

TEST_CASE("documents of two targets are refused, and both are named") {
    const auto of = [](const char* target) {
        return document("ProbeResult", std::string("\"target\": ") + target);
    };
    const auto a = of(R"({"type": "deployment", "namespace": "shop", "name": "a"})");
    const auto b = of(R"({"type": "deployment", "namespace": "shop", "name": "b"})");
    CHECK(readError(a + b) ==
          "r.json:1:129: the results are of two targets, deployment/a in shop and deployment/b in "
          "shop; give the results of one target");
    const auto anyName = of(R"({"type": "deployment", "namespace": "shop"})");
    CHECK(readOk(a + anyName).probes.size() == 2);
    INFO("a document that does not say its name does not make two targets one");
    CHECK(readError(anyName + a + b) != "no error");
    CHECK(readError(of(R"({"type": "process", "command": ["./api", "-a"]})") +
                    of(R"({"type": "process", "command": ["./api", "-b"]})")) ==
          "r.json:1:120: the results are of two targets, ./api -a and ./api -b; "
          "give the results of one target");
}

TEST_CASE("a second file of another target leaves the first as it was") {
    auto results = readOk(document("ProbeResult", R"("target": {"type": "pod", "name": "a"})"));
    const auto before = results.texts;
    const auto other = document("ProbeResult", R"("target": {"type": "pod", "name": "b"})");
    CHECK(readDocuments(other, "b.json", results).has_error());
    CHECK(results.texts == before);
    CHECK(results.probes.size() == 1);
}

TEST_CASE("hostile texts end in an error, not in the stack or the clock") {
    CHECK(readError(std::string(1'000'000, '[')) ==
          "r.json:1:65: the JSON is nested deeper than 64 levels, which no result document is; "
          "is this the right file?");
    std::string wide = "{";
    for (int i = 0; i < 200'000; ++i) wide += "\"k" + std::to_string(i) + "\":1,";
    CHECK(readError(wide).find("an object has more than 512 fields") != std::string::npos);
    CHECK(readError("{\"a\": \"\xff\"}").find("this is not JSON") != std::string::npos);
    CHECK(readError(std::string("{\0}", 3)).find("this is not JSON") != std::string::npos);
    std::string cells = "\"cells\": [{\"limitBytes\": 1}";
    for (int i = 0; i < 256; ++i) cells += ",{\"limitBytes\": 1}";
    CHECK(readError(document("BenchResult", cells + "]")) ==
          "r.json:1:1: cells has 257 entries, at most 256 are read; "
          "is the document complete and unedited?");
}

TEST_CASE("a target is described by its kind and name, a process by its program") {
    Target target;
    CHECK(target.describe() == "unknown target");
    target.type = "deployment";
    CHECK(target.describe() == "deployment");
    target.name = "sales-api";
    CHECK(target.describe() == "deployment/sales-api");
    target.ns = "shop";
    CHECK(target.describe() == "deployment/sales-api in shop");
    Target process;
    process.type = "process";
    CHECK(process.describe() == "process");
    process.command = {"/usr/bin/api", "-x"};
    CHECK(process.describe() == "api");
}

TEST_CASE("only surviving runs enter a summary, and cells of one name are told apart") {
    const auto bench = fullBench();
    CHECK(bench.cells[1].summary.requestsPerSecond->median == doctest::Approx(106.05));
    CHECK(cellNames(bench.cells) ==
          std::vector<std::string>{"none/plain", "2x/plain", "2x/gomemlimit", "2x/gomemlimit#2"});
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (const auto& comparison : bench.comparisons)
        pairs.emplace_back(comparison.cell, comparison.against);
    CHECK(pairs == std::vector<std::pair<std::size_t, std::size_t>>{
                       {0, 3}, {1, 0}, {1, 3}, {2, 0}, {2, 1}, {2, 3}, {3, 0}, {3, 1}});
}

TEST_CASE("CPU time per request and collections are summed up and compared like throughput") {
    const auto bench = fullBench();
    const auto& summary = bench.cells[0].summary;
    CHECK(summary.cpuPerRequestSeconds->median == doctest::Approx(400 / 102.2 / 600));
    CHECK(summary.collections->median == 102);
    const auto& comparison = bench.comparisons.at(0);
    REQUIRE(comparison.cpu.has_value());
    CHECK(comparison.difference.ratio < 1);
    CHECK(comparison.cpu->ratio == doctest::Approx(1 / comparison.difference.ratio));
    CHECK(comparison.cpu->test == comparison.difference.test);
}

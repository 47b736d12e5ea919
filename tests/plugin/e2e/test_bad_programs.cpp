#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support/memfit_binary.h"

using namespace memfit::test;

namespace {

/// The document on standard output, which has to be one.
nlohmann::json document(const BinaryEnd& end) {
    CAPTURE(end.out);
    CAPTURE(end.err);
    REQUIRE(nlohmann::json::accept(end.out));
    return nlohmann::json::parse(end.out);
}

std::vector<std::string> warningTexts(const nlohmann::json& document) {
    std::vector<std::string> texts;
    for (const auto& warning : document.at("warnings")) texts.push_back(warning.at("text"));
    return texts;
}

std::vector<std::string> squeezeOf(const std::vector<std::string>& program) {
    std::vector<std::string> words{"squeeze", "--local", "-q",   "--ready-timeout",
                                   "300ms",   "--load",  "true", "--"};
    words.insert(words.end(), program.begin(), program.end());
    return words;
}

}  // namespace

TEST_CASE("a program that is not there is an error before anything is started") {
    const auto end = memfitRun(squeezeOf({"/nonexistent/api"}));
    CHECK(end.code == 1);
    CHECK(end.out.empty());
    CHECK(end.err == "error: program /nonexistent/api does not exist; check its path\n");
}

TEST_CASE("a program that cannot be executed is an error that says how to change that") {
    const TemporaryFolder folder;
    const auto file = folder.file("api", "no program").string();
    const auto end = memfitRun(squeezeOf({file}));
    CHECK(end.code == 1);
    CHECK(end.out.empty());
    CHECK(end.err == "error: program " + file + " is not executable; try chmod +x " + file + "\n");
}

TEST_CASE("a program that ends at once is named with its exit code and its last words") {
    const auto end = memfitRun(squeezeOf({MEMFIT_HUNGRY, "--say", "no database", "--exit", "3"}));
    CHECK(end.code == 1);
    CHECK(end.err ==
          "error: the trial without a limit ended as crashed: ended with exit code 3 before it was "
          "ready: no database; run the program by hand and see why it ends\n");
}

TEST_CASE("a program that never listens is given up at the time-out") {
    const auto end = memfitRun(squeezeOf({MEMFIT_HUNGRY, "--sleep"}));
    CHECK(end.code == 1);
    CHECK(end.err ==
          "error: the trial without a limit ended as neverReady: not ready in time; check --port "
          "and --ready-url, or raise --ready-timeout\n");
}

TEST_CASE("a program without a statistics page is squeezed all the same, with a warning") {
    const auto end = memfitRun(
        HungryCommand{.flags = {"-o", "json"}, .hungry = {"--take", "12", "--stats", ""}}.words());
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    const auto result = document(end);
    CHECK(!result.contains("goSysBytes"));
    CHECK(result.contains("minimumBytes"));
    CHECK(warningTexts(result).front().starts_with("no memory statistics: on port "));
    CHECK(warningTexts(result).front().ends_with(
        " /debug/vars, /metrics, /debug/pprof/heap?debug=1 (status 404); import expvar, or name "
        "the page with --stats-port and --stats-path"));
}

TEST_CASE("a probe of a program without a statistics page fails and says how to get one") {
    const auto end =
        memfitRun(HungryCommand{.command = "probe", .load = "", .hungry = {"--stats", ""}}.words());
    CHECK(end.code == 1);
    CHECK(end.err.starts_with("error: no memory statistics: on port "));
    CHECK(end.err.ends_with(
        " /debug/vars, /metrics, /debug/pprof/heap?debug=1 (status 404); import expvar, or name "
        "the page with --stats-port and --stats-path\n"));
}

TEST_CASE("a probe needs no load") {
    const auto end =
        memfitRun(HungryCommand{.command = "probe", .flags = {"-o", "json"}, .load = ""}.words());
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    const auto result = document(end);
    CHECK(result.at("kind") == "ProbeResult");
    CHECK(result.at("idle").at("sysBytes") == 13980936);
    CHECK(!result.contains("run"));
}

TEST_CASE("a trimmed statistics page gives what it has and leaves out what it has not") {
    const auto end =
        memfitRun(HungryCommand{.command = "probe",
                                .flags = {"-o", "json"},
                                .load = "",
                                .hungry = {"--stats", R"({"memstats": {"HeapAlloc": 4096}})"}}
                      .words());
    CHECK(end.code == 0);
    auto idle = document(end).at("idle");
    idle.erase("time");
    CHECK(idle == nlohmann::json{{"heapAllocBytes", 4096}, {"source", "expvar"}});
}

TEST_CASE("a broken statistics page does not stop a squeeze") {
    for (const std::string page : {"{\"memstats\": {\"Sys\": ", "<html>login</html>", "[]",
                                   R"({"memstats": {"Sys": -7, "HeapAlloc": "many"}})"}) {
        CAPTURE(page);
        const auto end = memfitRun(HungryCommand{
            .flags = {"-o", "json", "--stats-path", "/debug/vars", "--max-trials", "1"},
            .hungry = {"--take", "12", "--stats",
                       page}}.words());
        CHECK(end.code == 4);
        const auto result = document(end);
        CHECK(!result.contains("goSysBytes"));
        CHECK(result.at("trials").at(0).at("outcome") == "survived");
        CHECK(warningTexts(result).front().starts_with("no memory statistics: "));
    }
}

TEST_CASE("readiness is asked for at the URL that is named, whatever stands for the service") {
    for (const std::string url : {"/health", "{url}/health", "{url}", "http://{host}:{port}/health",
                                  "http://127.0.0.1:{port}"}) {
        CAPTURE(url);
        const auto ready = memfitRun(
            HungryCommand{.command = "probe", .flags = {"--ready-url", url}, .load = ""}.words());
        CHECK(ready.code == 0);
        CHECK(ready.err.empty());
    }
    const auto unready = memfitRun(
        HungryCommand{.command = "probe",
                      .flags = {"--ready-url", "{url}/health", "--ready-timeout", "100ms"},
                      .load = "",
                      .hungry = {"--status", "503"}}
            .words());
    CHECK(unready.code == 1);
    CHECK(unready.err ==
          "error: the trial without a limit ended as neverReady: not ready in time; check --port "
          "and --ready-url, or raise --ready-timeout\n");
}

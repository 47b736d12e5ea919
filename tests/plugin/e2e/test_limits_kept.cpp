#include <doctest/doctest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "support/cgroup.h"
#include "support/memfit_binary.h"

using namespace memfit::test;
using nlohmann::json;

namespace {

/// 12 MiB at start and 1 MiB a request.
constexpr int startMiB = 12;
constexpr int requests = 20;
constexpr double demandMiB = startMiB + requests;

HungryCommand growing(const std::vector<std::string>& flags) {
    return {.flags = flags,
            .load = fmt::format("{} --get {{port}} {}", MEMFIT_HUNGRY, requests),
            .hungry = {"--take", std::to_string(startMiB), "--per-request", "1"}};
}

double mebibytes(const json& bytes) {
    return bytes.get<double>() / 1048576;
}

std::vector<std::string> outcomes(const json& result) {
    std::vector<std::string> all;
    for (const auto& trial : result.at("trials")) all.push_back(trial.at("outcome"));
    return all;
}

/// Holds its memory from the start to the end, so that looking now and then sees all of it.
HungryCommand steady(const std::vector<std::string>& flags) {
    return {.flags = flags, .hungry = {"--take", "30"}};
}

void checkWatchdogResult(const BinaryEnd& end) {
    CHECK(end.code == 0);
    const auto result = json::parse(end.out);
    CHECK(result.at("environment").at("enforcement") == "rss-watchdog");
    CHECK(result.at("warnings").at(0).at("code") == "no-cgroup");
    CHECK(mebibytes(result.at("edge").at("estimateBytes")) == doctest::Approx(30).epsilon(0.1));
    int killed = 0;
    for (const auto& trial : result.at("trials")) {
        CAPTURE(trial.dump());
        const bool survived = trial.at("outcome") == "survived";
        const auto& limit = trial.at("limitBytes");
        if (limit.is_null() || mebibytes(limit) > 31) CHECK(survived);
        if (!limit.is_null() && mebibytes(limit) < 30) CHECK(!survived);
        if (!survived) ++killed;
    }
    CHECK(killed > 0);
}

}  // namespace

TEST_CASE("the kernel's limit finds what a program is known to need") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    const auto end = memfitRun(growing({"-o", "json"}).words());
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    const auto result = json::parse(end.out);
    CHECK(result.at("environment").at("enforcement") ==
          (parent.version() == memfit::plugin::CgroupVersion::v1 ? "cgroup-v1" : "cgroup-v2"));
    CHECK(mebibytes(result.at("edge").at("estimateBytes")) ==
          doctest::Approx(demandMiB).epsilon(0.1));
    CHECK(mebibytes(result.at("minimumBytes")) == doctest::Approx(demandMiB).epsilon(0.1));
}

TEST_CASE("the kernel kills what is squeezed below its need, and the document says so") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    (void)parent;
    const auto end = memfitRun(growing({"-o", "json", "--to", "24Mi"}).words());
    CHECK(end.code == 4);
    CHECK(end.err ==
          "error: the program was too small at every limit tried; raise --to or --max-trials\n");
    const auto result = json::parse(end.out);
    CHECK(!result.contains("minimumBytes"));
    for (std::size_t i = 1; i < outcomes(result).size(); ++i) {
        CHECK(outcomes(result).at(i) == "oomKilled");
    }
}

TEST_CASE("a limit below what the program needs to start is too small, not a failure") {
    const auto end = memfitRun(
        HungryCommand{.flags = {"-o", "json", "--to", "16Mi"}, .hungry = {"--take", "30"}}.words());
    CHECK(end.code == 4);
    const auto result = json::parse(end.out);
    const auto all = outcomes(result);
    REQUIRE(all.size() > 1);
    CHECK(all.at(0) == "survived");
    CHECK(all.at(1) == "oomAtStart");
    CHECK(result.at("partial") == false);
}

TEST_CASE("a program that is never killed down to --from is inconclusive, and still a document") {
    const auto end = memfitRun(
        HungryCommand{.flags = {"-o", "json", "--from", "20Mi"}, .hungry = {"--take", "2"}}
            .words());
    CHECK(end.code == 4);
    CHECK(end.err ==
          "error: the program was never OOM-killed, down to 20 MiB; lower --from, or give it more "
          "load\n");
    const auto result = json::parse(end.out);
    CHECK(result.at("partial") == false);
    for (const auto& outcome : outcomes(result)) CHECK(outcome == "survived");
}

TEST_CASE("the watchdog that is asked for keeps the limit itself, and warns of what it misses") {
    checkWatchdogResult(memfitRun(steady({"-o", "json", "--enforcement", "watchdog"}).words()));
}

TEST_CASE("without the right to make a cgroup the watchdog keeps the limit") {
    if (::geteuid() != 0 || !memfit::plugin::findProgram("setpriv", std::getenv("PATH"))) {
        MESSAGE("skipped: only root can give its rights up, with setpriv");
        return;
    }
    checkWatchdogResult(memfitRun(steady({"-o", "json"}).words(),
                                  {.before = {"setpriv", "--reuid", "65534", "--clear-groups"}}));
}

TEST_CASE("the warning that limits are only watched stands on standard error too") {
    const auto end = memfitRun({"probe", "--local", "--enforcement", "watchdog", "--port",
                                std::to_string(freePort()), "--ready-timeout", "10ms", "--",
                                MEMFIT_HUNGRY, "--exit", "1"});
    CHECK(end.err.starts_with("warning: no memory cgroup (the watchdog was asked for): "));
}

#include "memfit/describe/reproduce.h"

#include <doctest/doctest.h>

#include "support/advice.h"

using namespace memfit;

namespace {

Header deployed() {
    Header header;
    header.target.type = "deployment";
    header.target.ns = "shop";
    header.target.name = "sales-api";
    header.load.command = "hey -n 10 {url}/users";
    return header;
}

Header local() {
    Header header;
    header.target.type = "process";
    header.target.command = {"./sales-api", "--name", "it's"};
    header.target.port = 3000;
    return header;
}

SqueezeResult squeezed(const Header& header, const Settings& settings) {
    SqueezeResult result;
    result.header = header;
    result.mode = settings.mode;
    result.trials.emplace_back().settings = settings;
    return result;
}

BenchCell benched(const Settings& settings, std::size_t runs) {
    BenchCell cell;
    cell.settings = settings;
    cell.runs.resize(runs);
    return cell;
}

}  // namespace

TEST_CASE("a squeeze is told with its mode and the rule for GOMEMLIMIT") {
    CHECK(reproduce(squeezed(deployed(), plainSettings(16 * MiB))) ==
          "kubectl memfit squeeze deploy/sales-api -n shop --load 'hey -n 10 {url}/users'\n");
    CHECK(reproduce(squeezed(local(), gomemlimitSettings(20 * MiB, 18 * MiB))) ==
          "kubectl-memfit squeeze --local --port 3000 --mode gomemlimit --gomemlimit 18Mi "
          "--load COMMAND -- ./sales-api --name 'it'\\''s'\n");
}

TEST_CASE("a bench is told with its limits, modes and runs") {
    BenchResult bench;
    bench.header = deployed();
    bench.cells = {benched(plainSettings(std::nullopt), 3), benched(plainSettings(36 * MiB), 3)};
    CHECK(reproduce(bench) ==
          "kubectl memfit bench deploy/sales-api -n shop --limits none,36Mi --modes plain --runs 3 "
          "--load 'hey -n 10 {url}/users'\n");
    bench.cells = {benched(gomemlimitSettings(20 * MiB, 18 * MiB), 0),
                   benched(gomemlimitSettings(40 * MiB, 36 * MiB), 0)};
    CHECK(reproduce(bench) ==
          "kubectl memfit bench deploy/sales-api -n shop --limits 20Mi,40Mi --modes gomemlimit "
          "--gomemlimit 90% --load 'hey -n 10 {url}/users'\n");
}

TEST_CASE("what ran around the trials is told with them, and not without any") {
    auto header = local();
    header.target.command = {"etcd", "--data-dir", "{dir}"};
    header.load.setup = "make data";
    header.load.prepare = "cp -r data {dir}";
    header.load.cleanup = "rm -r data";
    CHECK(reproduce(squeezed(header, plainSettings(16 * MiB))) ==
          "kubectl-memfit squeeze --local --port 3000 --setup 'make data' --prepare 'cp -r data "
          "{dir}' --cleanup 'rm -r data' --load COMMAND -- etcd --data-dir '{dir}'\n");
    ProbeResult probe;
    probe.header = deployed();
    probe.header.load = {};
    probe.header.load.prepare = "redis-cli FLUSHALL";
    CHECK(reproduce(probe) == "kubectl memfit probe deploy/sales-api -n shop\n");
}

TEST_CASE("a probe of what runs is told without a load") {
    ProbeResult probe;
    probe.header = deployed();
    probe.header.load.command.reset();
    CHECK(reproduce(probe) == "kubectl memfit probe deploy/sales-api -n shop\n");
    probe.run.emplace();
    CHECK(reproduce(probe) == "kubectl memfit probe deploy/sales-api -n shop --load COMMAND\n");
}

TEST_CASE("a recommendation is told with the steps that it was made from") {
    Results results;
    results.squeezes = {squeezed(deployed(), plainSettings(16 * MiB)),
                        squeezed(deployed(), gomemlimitSettings(16 * MiB, 16 * MiB))};
    results.benches.emplace_back().header = deployed();
    results.benches[0].cells = {benched(plainSettings(std::nullopt), 5)};
    Recommendation recommendation;
    recommendation.header = deployed();
    recommendation.policy = Policy::lean;
    recommendation.tolerance = 0.1;
    recommendation.floor = "p99<=500ms";
    CHECK(
        reproduce(recommendation, results) ==
        R"(kubectl memfit squeeze deploy/sales-api -n shop -o json --load 'hey -n 10 {url}/users' --floor 'p99<=500ms' > squeeze-1.json
kubectl memfit squeeze deploy/sales-api -n shop --mode gomemlimit -o json --load 'hey -n 10 {url}/users' --floor 'p99<=500ms' > squeeze-2.json
kubectl memfit bench deploy/sales-api -n shop --limits none --runs 5 -o json --load 'hey -n 10 {url}/users' --floor 'p99<=500ms' > bench.json
kubectl memfit recommend deploy/sales-api -n shop --policy lean --tolerance 10% -f squeeze-1.json -f squeeze-2.json -f bench.json --floor 'p99<=500ms'
)");
}

TEST_CASE("a recommendation from a look at what runs is told as that look") {
    Recommendation recommendation;
    recommendation.header = deployed();
    recommendation.header.load = {};
    CHECK(reproduce(recommendation, {}) == "kubectl memfit recommend deploy/sales-api -n shop\n");
}

TEST_CASE("a recommendation for a local program is told from the files alone") {
    Results results;
    results.squeezes = {squeezed(local(), plainSettings(16 * MiB))};
    Recommendation recommendation;
    recommendation.header = local();
    CHECK(reproduce(recommendation, results) ==
          "kubectl-memfit squeeze --local --port 3000 -o json --load COMMAND -- "
          "./sales-api --name 'it'\\''s' > squeeze.json\n"
          "kubectl-memfit recommend -f squeeze.json\n");
}

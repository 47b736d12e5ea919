#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "memfit/advice/recommendation.h"
#include "memfit/advice/recommendation_read.h"
#include "support/advice.h"
#include "support/price.h"

using namespace memfit;
using memfit::test::benched;
using memfit::test::findReason;
using memfit::test::flatService;
using memfit::test::gomemlimitAt;
using memfit::test::plainAt;
using memfit::test::PriceTruth;
using memfit::test::reasonText;
using memfit::test::salesApi;

namespace {

/// The bench of a service as its document has it.
Results resultsOf(const std::vector<PriceTruth>& truths, int rounds, double noise = 0.01) {
    std::vector<BenchCell> cells;
    for (const auto& cell : benched(truths, rounds, noise)) {
        auto& made = cells.emplace_back();
        made.settings = cell.settings;
        for (const auto& figures : cell.runs) {
            auto run = test::run(1 / figures.clockSeconds.value());
            run.block = figures.block;
            run.load->requests = static_cast<std::int64_t>(figures.requests.value());
            run.load->errors = 0;
            run.cost = Cost{};
            run.cost->cpuSeconds = figures.cpuSeconds.value() * figures.requests.value();
            if (figures.collections) run.cost->collections = std::llround(*figures.collections);
            if (figures.allocatedBytes) run.cost->allocated = std::llround(*figures.allocatedBytes);
            made.runs.push_back(run);
        }
    }
    return test::benchOf(std::move(cells));
}

Recommendation advise(const Results& results, const AdviceOptions& options = {}) {
    auto recommendation = recommend(results, options);
    REQUIRE_MESSAGE(recommendation.has_value(),
                    (recommendation ? "" : recommendation.error().message()));
    return *std::move(recommendation);
}

std::string said(const Results& results, const char* code, const AdviceOptions& options = {}) {
    return reasonText(advise(results, options), code);
}

template <class Value>
Value figure(const Recommendation& recommendation, const char* code, const char* name) {
    const auto* reason = findReason(recommendation, code);
    REQUIRE(reason != nullptr);
    for (const auto& [its, value] : reason->evidence)
        if (its == name) return std::get<Value>(value);
    FAIL("no such evidence");
    return {};
}

AdviceOptions with(Policy policy) {
    AdviceOptions options;
    options.policy = policy;
    return options;
}

void forEachRun(Results& results, void (*change)(BenchRun&)) {
    for (auto& cell : results.benches[0].cells)
        for (auto& run : cell.runs) change(run);
}

}  // namespace

TEST_CASE("the chance is said with what it means") {
    CHECK(said(resultsOf(salesApi(), 4), "chance") ==
          "The chance that this is right within the tolerance is over 99 %, from 24 loads: "
          "throughput at most 8 % below the best, and no more memory than that needs");
}

TEST_CASE("the chance has the tolerance of the policy") {
    const auto results = resultsOf(salesApi(), 4);
    CHECK(said(results, "chance", with(Policy::fast)) ==
          "The chance that this is right within the tolerance is over 99 %, from 24 loads: "
          "throughput at most 4 % below the best, and no more memory than that needs");
    CHECK(said(results, "chance", with(Policy::lean)) ==
          "The chance that this is right within the tolerance is over 99 %, from 24 loads: "
          "throughput at most 8 % below the unlimited run, and no more memory than that needs");
}

TEST_CASE("a chance that is low names the rival and the loads that would raise it") {
    auto truths = flatService();
    truths[1].cpuSeconds *= 1.06;
    truths[2].cpuSeconds *= 1.06;
    const auto recommendation = advise(resultsOf(truths, 2, 0.1));
    CHECK(reasonText(recommendation, "chance") ==
          "The chance that this is right within the tolerance is 80 %, from 18 loads: throughput "
          "at most 8 % below the best, and no more memory than that needs; if it is not, 20Mi "
          "most likely is; about 23 more loads would bring it to 90 %");
    CHECK((recommendation.confidence != Confidence::high));
    CHECK(figure<std::int64_t>(recommendation, "chance", "loads") == 18);
    CHECK(figure<double>(recommendation, "chance", "probability") == recommendation.probability);
}

TEST_CASE("what the memory buys is said in CPU time and cores") {
    CHECK(said(resultsOf(salesApi(), 4), "what-it-buys") ==
          "36Mi with GOMEMLIMIT: 4.53 ms of CPU a request instead of 5.71 at 22Mi; at 219.6 "
          "requests/s that is 0.26 cores less for 14 MiB more");
    CHECK(said(resultsOf(flatService(), 4), "what-it-buys") == "no such reason");
}

TEST_CASE("what the memory buys is said in units that suit it") {
    const auto buys = [](double factor) {
        auto truths = salesApi();
        for (auto& truth : truths) truth.cpuSeconds *= factor;
        const auto text = said(resultsOf(truths, 4), "what-it-buys");
        return text.substr(0, text.find(';'));
    };
    CHECK(buys(1e-3) == "36Mi with GOMEMLIMIT: 4.53 µs of CPU a request instead of 5.71 at 22Mi");
    CHECK(buys(1e3) == "36Mi with GOMEMLIMIT: 4.53 s of CPU a request instead of 5.71 at 22Mi");
    CHECK(buys(1e6) == "36Mi with GOMEMLIMIT: 4525 s of CPU a request instead of 5715 at 22Mi");
}

TEST_CASE("CPU time of a load whose requests are not counted is that of the load") {
    auto results = resultsOf(salesApi(), 4);
    forEachRun(results, [](BenchRun& run) { run.load->requests.reset(); });
    const auto text = said(results, "what-it-buys");
    CHECK(text.substr(0, text.find(';')) ==
          "36Mi with GOMEMLIMIT: 2.72 s of CPU a load instead of 3.43 at 22Mi");
    CHECK(said(results, "law-holds") ==
          "Collections follow the law of Go's collector: a load allocates 363.6 MiB, and all of "
          "GOMEMLIMIT but 13.6 MiB is room for that; without GOMEMLIMIT collections make up 26.3 % "
          "of the cost of a load");
}

TEST_CASE("a law that holds is said with its figures") {
    const auto recommendation = advise(resultsOf(salesApi(), 4));
    CHECK(reasonText(recommendation, "law-holds") ==
          "Collections follow the law of Go's collector: a request allocates 0.6 MiB, and all of "
          "GOMEMLIMIT but 13.6 MiB is room for that; without GOMEMLIMIT collections make up 26.3 % "
          "of the cost of a request");
    CHECK(reasonText(recommendation, "law-not-used") == "no such reason");
    CHECK(figure<double>(recommendation, "law-holds", "fixedBytes") ==
          doctest::Approx(13.7 * MiB).epsilon(0.05));
}

TEST_CASE("a law that is not used is said with why") {
    CHECK(said(resultsOf(flatService(), 4), "law-not-used") ==
          "Only limits that were benched could be chosen, since it is not known for every cell how "
          "often it collected and how much it allocated");
    auto truths = salesApi();
    for (auto& truth : truths)
        if (truth.settings.mode == Mode::gomemlimit) truth.collections = 20;
    CHECK(said(resultsOf(truths, 4), "law-not-used") ==
          "Only limits that were benched could be chosen, since collections do not fall with "
          "GOMEMLIMIT as the law of Go's collector says");
    truths = salesApi();
    truths[1].cpuSeconds *= 1.3;
    CHECK(said(resultsOf(truths, 4), "law-not-used") ==
          "Only limits that were benched could be chosen, since the cost of a request does not "
          "follow its collections");
    truths.resize(3);  // plain cells alone: the law has no say
    CHECK(said(resultsOf(truths, 4), "law-not-used") == "no such reason");
}

TEST_CASE("the figure that decides is said where it is only one of them") {
    CHECK(said(resultsOf(salesApi(), 4), "cpu-decides") == "no such reason");
    CHECK(said(resultsOf(salesApi(), 4), "clock-decides") == "no such reason");
    auto truths = salesApi();
    for (auto& truth : truths) truth.clockFactor = 10e-3 / truth.cpuSeconds;
    CHECK(said(resultsOf(truths, 4), "cpu-decides") ==
          "By the clock all settings are equally fast (the load has a fixed rate, or waits for "
          "something else), so the CPU time of a request decided");
    truths = flatService();
    truths[1].clockFactor = 1.5;
    truths[2].clockFactor = 1.5;
    CHECK(said(resultsOf(truths, 4), "clock-decides") ==
          "CPU time does not explain how fast the settings are, so throughput by the clock "
          "decided");
    auto results = resultsOf(truths, 4);
    forEachRun(results, [](BenchRun& run) { run.cost.reset(); });
    CHECK(said(results, "clock-decides") ==
          "The CPU time of the program is not known, so throughput by the clock decided, which "
          "scatters more");
}

TEST_CASE("a limit that the law foresees was not tried, which lowers confidence") {
    auto truths = salesApi();
    truths.erase(truths.begin() + 4);  // GOMEMLIMIT at 31 and 88 MiB, what is right lies between
    const auto recommendation = advise(resultsOf(truths, 5));
    CHECK(reasonText(recommendation, "limit-not-tried") ==
          "40Mi with GOMEMLIMIT lies between limits that were benched; the law says what it costs, "
          "but this limit itself was not run, which lowers confidence");
    CHECK((recommendation.confidence == Confidence::medium));
    CHECK((recommendation.advised.gomemlimit.kind == GomemlimitAdvice::Kind::limitsMemory));
}

TEST_CASE("the chance stands in the document and is read back") {
    auto recommendation = advise(resultsOf(salesApi(), 4));
    recommendation.header.inputs.clear();  // which are read by readDocuments()
    REQUIRE(recommendation.probability.has_value());
    const auto text = toJson(recommendation);
    CHECK(text.find("\"probability\": ") != std::string::npos);
    const auto read = readRecommendation(text);
    REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().message()));
    CHECK(read->probability.value_or(0) == doctest::Approx(*recommendation.probability));
    CHECK(toJson(*read) == text);
}

TEST_CASE("no chance is known where medians decide") {
    const auto recommendation = advise(resultsOf(flatService(), 1));
    CHECK_FALSE(recommendation.probability.has_value());
    CHECK(reasonText(recommendation, "chance") == "no such reason");
    CHECK(toJson(recommendation).find("probability") == std::string::npos);
    CHECK_FALSE(advise(resultsOf(flatService(), 4), with(Policy::noLimit)).probability.has_value());
}

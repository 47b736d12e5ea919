#include <doctest/doctest.h>

#include <array>
#include <optional>

#include "memfit/edge/edge_search.h"
#include "support/simulated_world.h"

using namespace memfit;
using Verdict = EdgeObservation::Verdict;

namespace {

struct Seen {
    Bytes limit = 0;
    Bytes mapped = 0;
};

EdgeObservation seen(std::optional<Bytes> limit, Verdict verdict, Bytes mapped,
                     std::optional<Bytes> highWater = {}) {
    EdgeObservation observation;
    observation.limit = limit;
    observation.verdict = verdict;
    observation.highWater = highWater;
    observation.goMapped = mapped;
    return observation;
}

}  // namespace

TEST_CASE("a search that hopes for what does not come is over all the same") {
    EdgeSearchOptions options;
    options.from = 8 * MiB;
    options.to = 40 * MiB;
    options.confirmations = 1;
    options.resolution = 0.15;
    options.risk = 0.2;
    EdgeSearch search(options);
    // As on a cluster: the kill was a freak, so that the edge has two places, and every clean load
    // half a MiB above the minimum seemed worth another.
    search.observe(seen(std::nullopt, Verdict::survived, 22'689'032, 15'347'712));
    search.observe(seen(13'893'632, Verdict::tooSmall, 21'894'408));
    constexpr std::array survived{Seen{17'825'792, 22'590'728}, Seen{15'990'784, 21'181'704},
                                  Seen{15'990'784, 24'098'056}, Seen{15'728'640, 20'927'752},
                                  Seen{15'466'496, 21'861'640}, Seen{15'728'640, 22'017'288},
                                  Seen{14'942'208, 22'525'192}};
    for (const auto& [limit, mapped] : survived)
        search.observe(seen(limit, Verdict::survived, mapped));
    constexpr Bytes demand = 14'600'000;
    int more = 0;
    for (; more < 15 && search.next(); ++more) {
        const auto limit = *search.next();
        search.observe(
            seen(limit, limit < demand ? Verdict::tooSmall : Verdict::survived, 22'000'000));
    }
    CHECK(more <= 6);
    CHECK((search.answer().state == EdgeSearchState::found));
    CHECK(search.answer().minimum.value_or(0) <= 16 * MiB);
}

TEST_CASE("a mark that the first run alone brought is not waited for in every other") {
    test::Random random(3);
    for (int i = 0; i < 12; ++i) {
        // As in a cluster: the kubelet's one mark was of a moment before the demand was at its
        // most.
        test::WorldTruth truth;
        truth.edge = 17.0 * MiB;
        truth.earlyMark = random.uniform(0.75, 0.95);
        truth.seesDemand = truth.seesHighWater = false;
        test::SimulatedWorld world(truth, random.next());
        EdgeSearch search;
        search.observe(world.run(std::nullopt));
        while (const auto limit = search.next()) search.observe(world.run(limit));
        CAPTURE(*truth.earlyMark);
        CHECK((search.answer().state == EdgeSearchState::found));
        CHECK(search.answer().minimum.value_or(0) >= 17 * MiB);
        CHECK(search.answer().minimum.value_or(0) <= 23 * MiB);
    }
}

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "memfit/trial/floor.h"

using memfit::Floor;
using memfit::LoadReport;

namespace {

LoadReport sample() {
    LoadReport report;
    report.totalSeconds = 10;
    report.slowestSeconds = 1.5;
    report.averageSeconds = 0.0412;
    report.requestsPerSecond = 29.64;
    report.requests = 1000;
    report.errors = 3;
    report.non2xx = 9;
    report.latency = {0.03, 0.05, 0.08, 0.612};
    return report;
}

std::optional<std::string> missed(std::string_view floor, const LoadReport& report,
                                  const std::optional<LoadReport>& unlimited = std::nullopt) {
    const auto parsed = Floor::parse(floor);
    REQUIRE_MESSAGE(parsed.has_value(), floor);
    return parsed->missedBy(report, unlimited);
}

std::string refusal(std::string_view floor) {
    const auto parsed = Floor::parse(floor);
    REQUIRE_MESSAGE(parsed.has_error(), floor);
    CHECK(parsed.error().kind == memfit::ErrorKind::usage);
    return parsed.error().message();
}

}  // namespace

TEST_CASE("a starved service that survives at a third of its speed misses the floor") {
    LoadReport starved;
    starved.requestsPerSecond = 9.4;
    CHECK(missed("rps>=0.9x", starved, sample()) == "rps 9.4 is below 26.7");
}

TEST_CASE("every figure is held against its bound") {
    struct Row {
        std::string_view floor;
        std::optional<std::string> clause;
    };
    const std::array rows{
        Row{"rps>=29.64", std::nullopt},
        Row{"rps>=30", "rps 29.6 is below 30"},
        Row{"p50<=30ms", std::nullopt},
        Row{"p50<=29ms", "p50 30 ms is above 29 ms"},
        Row{"p90<=49.9ms", "p90 50 ms is above 49.9 ms"},
        Row{"p95<=70ms", "p95 80 ms is above 70 ms"},
        Row{"p99<=500ms", "p99 612 ms is above 500 ms"},
        Row{"p99<=0.5s", "p99 612 ms is above 500 ms"},
        Row{"avg<=500us", "avg 41200 us is above 500 us"},
        Row{"avg<=41200us", std::nullopt},
        Row{"max<=1s", "max 1.5 s is above 1 s"},
        Row{"total<=9.5s", "total 10 s is above 9.5 s"},
        Row{"errors<=11", "errors 12 is above 11"},
        Row{"errors<=12", std::nullopt},
        Row{"errors<=1%", "errors 1.2 % is above 1 %"},
        Row{"errors<=1.2%", std::nullopt},
        Row{" rps >= 10 , max <= 1 s ", "max 1.5 s is above 1 s"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.floor);
        CHECK(missed(row.floor, sample()) == row.clause);
    }
}

TEST_CASE("a term that cannot be judged is told, and is not missed") {
    const auto unchecked = [](std::string_view text, const LoadReport& report,
                              const std::optional<LoadReport>& unlimited = std::nullopt) {
        return Floor::parse(text).value().uncheckedIn(report, unlimited);
    };
    LoadReport rateOnly;
    rateOnly.requestsPerSecond = 30;
    CHECK(unchecked("rps>=10", rateOnly) == std::nullopt);
    CHECK(unchecked("rps>=10,p99<=500ms", rateOnly) == "p99 is not known");
    CHECK(missed("rps>=10,p99<=500ms", rateOnly) == std::nullopt);
    CHECK(unchecked("rps>=0.9x", rateOnly) == "rps without a limit is not known");
    CHECK(unchecked("rps>=0.9x", rateOnly, LoadReport{}) == "rps without a limit is not known");
    CHECK(unchecked("rps>=0.9x", rateOnly, sample()) == std::nullopt);
    CHECK(unchecked("errors<=1%", rateOnly) == "errors is not known");
    CHECK(unchecked("errors<=1%", sample()) == std::nullopt);
}

TEST_CASE("the first missed term is named") {
    CHECK(missed("rps>=1,p99<=500ms,max<=1s", sample()) == "p99 612 ms is above 500 ms");
}

TEST_CASE("figures that differ only far behind the point are shown until they differ") {
    LoadReport report;
    report.requestsPerSecond = 29.9996;
    CHECK(missed("rps>=30", report) == "rps 29.9996 is below 30");
}

TEST_CASE("times too can be multiples of the unlimited run") {
    auto slow = sample();
    slow.latency.p99 = 1.3;
    CHECK(missed("p99<=2x", slow, sample()) == "p99 1.3 s is above 1.2 s");
    CHECK(missed("p99<=3x", slow, sample()) == std::nullopt);
}

TEST_CASE("what is not known is not missed") {
    const LoadReport nothing;
    CHECK(missed("rps>=100,p99<=1us,errors<=0", nothing) == std::nullopt);
    CHECK(missed("rps>=100x", sample()) == std::nullopt);
    CHECK(missed("rps>=100x", sample(), nothing) == std::nullopt);
    auto uncounted = sample();
    uncounted.requests.reset();
    CHECK(missed("errors<=0.1%", uncounted) == std::nullopt);
    CHECK(missed("errors<=11", uncounted) == "errors 12 is above 11");
    auto none = sample();
    none.requests = 0;
    CHECK(missed("errors<=0.1%", none) == std::nullopt);
}

TEST_CASE("a floor knows its text and whether it needs the unlimited run") {
    const auto relative = Floor::parse(" p99<=500ms,rps>=0.9x ");
    REQUIRE(relative.has_value());
    CHECK(relative->text() == "p99<=500ms,rps>=0.9x");
    CHECK(relative->needsUnlimited());
    const auto absolute = Floor::parse("p99<=500ms");
    REQUIRE(absolute.has_value());
    CHECK_FALSE(absolute->needsUnlimited());
}

TEST_CASE("a term that is no floor is refused by name, with what would be one") {
    const std::string figures = "; use rps, p50, p90, p95, p99, avg, max, total or errors";
    const std::string times = "; p99 takes a time with us, ms or s, or 1.5x";
    const std::string rates = "; rps takes a number of requests per second, or 0.9x";
    struct Row {
        std::string_view floor;
        std::string message;
    };
    const std::array rows{
        Row{"", "--floor: `` in `` is not a known figure" + figures},
        Row{"rps>=1,", "--floor: `` in `` is not a known figure" + figures},
        Row{"rps>=1,qps>=2", "--floor: `qps` in `qps>=2` is not a known figure" + figures},
        Row{"rps", "--floor: `rps` is not a floor; write rps>=VALUE"},
        Row{"rps<=5", "--floor: `rps<=5` is not a floor; write rps>=VALUE"},
        Row{"rps>5", "--floor: `rps>5` is not a floor; write rps>=VALUE"},
        Row{"p99>=5ms", "--floor: `p99>=5ms` is not a floor; write p99<=VALUE"},
        Row{"p99<=500", "--floor: the value in `p99<=500` does not fit" + times},
        Row{"p99<=5m", "--floor: the value in `p99<=5m` does not fit" + times},
        Row{"p99<=", "--floor: the value in `p99<=` does not fit" + times},
        Row{"p99<=-1ms", "--floor: the value in `p99<=-1ms` does not fit" + times},
        Row{"rps>=inf", "--floor: the value in `rps>=inf` does not fit" + rates},
        Row{"rps>=nan", "--floor: the value in `rps>=nan` does not fit" + rates},
        Row{"rps>=90%", "--floor: the value in `rps>=90%` does not fit" + rates},
        Row{"rps>=5ms", "--floor: the value in `rps>=5ms` does not fit" + rates},
        Row{"errors<=1x",
            "--floor: the value in `errors<=1x` does not fit; errors takes a number of requests, "
            "or a share like 0.1%"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.floor);
        CHECK(refusal(row.floor) == row.message);
    }
}

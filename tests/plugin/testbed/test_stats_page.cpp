#include "testbed/stats_page.h"

#include <doctest/doctest.h>

#include "process/child.h"
#include "support/world.h"

using namespace memfit;
using namespace memfit::plugin;

namespace {

/// `hungry` on a port of its own; `stats` is what its page says; nullopt: it has no page.
struct Server {
    Server(EventLoop& loop, const std::string& stats) {
        auto started = Child::start(loop,
                                    {MEMFIT_HUNGRY, "--stats", stats, "--listen",
                                     std::to_string(port), "--say", "up", "--serve"},
                                    {});
        REQUIRE(started.has_value());
        child = *std::move(started);
        REQUIRE(loop.waitUntil([this] { return !child->err().empty(); }, 10) == WaitEnd::ready);
    }

    int port = test::freePort();
    std::unique_ptr<Child> child;
};

std::string complaint(StatsPage& page, int port) {
    const auto snapshot = page.read({port});
    REQUIRE_FALSE(snapshot.has_value());
    return snapshot.error().message();
}

}  // namespace

TEST_CASE("a program that answers and has no page is not asked again") {
    EventLoop loop;
    const Server server(loop, "");
    StatsPage page(loop, std::nullopt, std::nullopt);
    CHECK(complaint(page, server.port) ==
          "on port " + std::to_string(server.port) +
              " /debug/vars, /metrics, /debug/pprof/heap?debug=1 (status 404); import expvar, or "
              "name the page with --stats-port and --stats-path");
    CHECK(page.absent());
    CHECK_FALSE(page.located());
}

TEST_CASE("a page that is named is told with the status that it answered with") {
    EventLoop loop;
    const Server server(loop, "");
    StatsPage page(loop, server.port, "/debug/numbers");
    CHECK(complaint(page, server.port) ==
          "on port " + std::to_string(server.port) +
              " /debug/numbers (status 404); check --stats-port and --stats-path");
    CHECK(page.absent());
}

TEST_CASE("each address is named with what was wrong with it, and what is the same only once") {
    PageProblems problems;
    problems.add({8080, "/debug/vars"}, "status 404");
    problems.add({8080, "/metrics"}, "is of no Go program: it has \"python_info\"");
    problems.add({8080, "/debug/pprof/heap?debug=1"}, "status 404");
    problems.add(9090, "nothing answers");
    problems.add(9091, "nothing answers");
    CHECK(problems.text() ==
          "on port 8080 /debug/vars, /debug/pprof/heap?debug=1 (status 404), /metrics (is of no Go "
          "program: it has \"python_info\"), on ports 9090, 9091 (nothing answers)");
    problems.add({8080, "/metrics"}, "is of several processes: " + std::string(90, 'x'));
    CHECK(problems.text() ==
          "on port 8080 /debug/vars, /debug/pprof/heap?debug=1 (status 404), /metrics (is of "
          "several processes), on ports 9090, 9091 (nothing answers)");
    for (int port = 1; port < 50; ++port) problems.add(10000 + port, "nothing answers");
    const auto text = problems.text();
    CHECK(text.size() <= 190);
    CHECK(text.ends_with("more ports"));
}

TEST_CASE("a port where nothing answers yet may have a page later") {
    EventLoop loop;
    const int port = test::freePort();
    StatsPage page(loop, std::nullopt, std::nullopt);
    (void)complaint(page, port);
    CHECK_FALSE(page.absent());
}

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <nlohmann/json.hpp>

#include "support/fixtures.h"
#include "support/memfit_binary.h"

using namespace memfit::test;
using nlohmann::json;

namespace {

/// A load that is quick in its first run and does `later` in all others.
std::string quickOnce(const TemporaryFolder& folder, const std::string& later) {
    const auto mark = (folder.path() / "first-run").string();
    return fmt::format("sh -c 'test -e {0} && exec {1}; touch {0}'", mark, later);
}

HungryCommand benchOf(const std::string& load, std::vector<std::string> flags) {
    flags.insert(flags.end(), {"-o", "json", "--modes", "plain", "--runs", "1"});
    return {.command = "bench", .flags = std::move(flags), .load = load};
}

std::vector<std::string> outcomes(const BinaryEnd& end) {
    CAPTURE(end.err);
    REQUIRE(json::accept(end.out));
    const auto result = json::parse(end.out);
    std::vector<std::string> all;
    for (const auto& cell : result.at("cells")) {
        for (const auto& run : cell.at("runs")) all.push_back(run.at("outcome"));
    }
    return all;
}

/// What a squeeze of `hungry` without any trial would have written.
std::string squeezeDocument(int port, const json& environment) {
    const json document{
        {"apiVersion", "memfit.dev/v1alpha1"},
        {"kind", "SqueezeResult"},
        {"target",
         {{"type", "process"},
          {"name", "hungry"},
          {"command", {MEMFIT_HUNGRY, "--listen", std::to_string(port), "--serve"}},
          {"port", port}}},
        {"environment", environment},
        {"load", {{"command", "true"}, {"via", "direct"}}},
        {"mode", "plain"},
        {"minimumBytes", 20 << 20},
        {"trials", json::array()},
    };
    return document.dump();
}

}  // namespace

TEST_CASE("a floor in terms of the unlimited run holds in a bench that no squeeze came before") {
    const TemporaryFolder folder;
    const auto slow =
        memfitRun(benchOf(quickOnce(folder, "sleep 1"),
                          {"--min", "20Mi", "--limits", "min", "--floor", "total<=1.1x"})
                      .words());
    CHECK(slow.code == 0);
    CHECK(outcomes(slow) == std::vector<std::string>{"belowFloor"});
}

TEST_CASE("a load that never ends at a small limit is too small in a bench too, not a failure") {
    const TemporaryFolder folder;
    const auto end = memfitRun(
        benchOf(quickOnce(folder, "sleep 600"), {"--limits", "24Mi", "--load-timeout", "300ms"})
            .words());
    CHECK(end.code == 0);
    CHECK(outcomes(end) == std::vector<std::string>{"belowFloor"});
}

TEST_CASE("a bench whose program fails without a limit ends there, and says so") {
    const auto end =
        memfitRun(benchOf("true", {"--limits", "24Mi", "--floor", "total<=1us"}).words());
    CHECK(end.code == 1);
    CHECK(end.out.empty());
    CHECK(end.err.starts_with("error: the run without a limit ended as belowFloor: "));
}

TEST_CASE("--dry-run counts the run without a limit that a bench alone begins with") {
    const auto planned = [](const std::vector<std::string>& flags) {
        auto command = benchOf("true", {"--dry-run"});
        command.flags.insert(command.flags.end(), flags.begin(), flags.end());
        const auto text = memfitRun(command.words()).out;
        const auto from = text.find("  bench ");
        return text.substr(from, text.find('\n', from) - from);
    };
    CHECK(planned({"--limits", "none,min"}) == "  bench    at most 2 trials");
    CHECK(planned({"--limits", "none,min", "--min", "20Mi"}) == "  bench    at most 3 trials");
    CHECK(planned({"--limits", "none,64Mi"}) == "  bench    at most 3 trials");
    CHECK(planned({"--limits", "none,min", "-f", "-"}) == "  bench    at most 3 trials");
}

TEST_CASE("what --keep-env leaves to the program is not written down as if it were known") {
    const auto end =
        memfitRun(benchOf("true", {"--keep-env", "--min", "24Mi", "--limits", "none,min"}).words());
    CHECK(end.code == 0);
    const auto result = json::parse(end.out);
    REQUIRE(result.at("cells").size() == 2);
    for (const auto& cell : result.at("cells")) CHECK(!cell.contains("gogc"));
    const auto usual = json::parse(memfitRun(benchOf("true", {"--limits", "none"}).words()).out);
    CHECK(usual.at("cells").at(0).at("gogc") == "100");
}

TEST_CASE("the CPU limit of a document is set again") {
    const int port = freePort();
    const auto run = [port](const json& environment) {
        const auto end =
            memfitRun({"bench", "-q", "-o", "json", "-f", "-", "--limits", "none", "--runs", "1"},
                      {.input = squeezeDocument(port, environment)});
        CAPTURE(end.err);
        REQUIRE(end.code == 0);
        return json::parse(end.out);
    };
    const auto limited = run({{"testbed", "process"}, {"cpuLimit", "500m"}});
    bool refused = false;
    for (const auto& warning : limited.at("warnings")) {
        refused = refused || warning.at("code") == "no-cpu-limit";
    }
    CHECK((refused || limited.at("environment").value("cpuLimit", "") == "500m"));
    CHECK(!run({{"testbed", "process"}}).at("environment").contains("cpuLimit"));
}

TEST_CASE("SIGINT while documents are read from standard input exits 130") {
    for (const std::string command : {"bench", "recommend"}) {
        CAPTURE(command);
        const TemporaryFolder folder;
        const auto fifo = (folder.path() / "fifo").string();
        REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
        const int writer = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);
        REQUIRE(::write(writer, "{", 1) == 1);
        Binary memfit({command, "-f", "-"}, {.before = {"sh", "-c", "exec \"$@\" <" + fifo, "sh"}});
        const auto taken = [writer] {
            int waiting = 0;
            return ::ioctl(writer, FIONREAD, &waiting) == 0 && waiting == 0;
        };
        REQUIRE(comesTrue(memfit.loop(), taken, 10));
        // The read that comes next may not have begun yet: then it takes another.
        CHECK(comesTrue(
            memfit.loop(),
            [&] {
                if (memfit.running()) memfit.signal(SIGINT);
                return !memfit.running();
            },
            10));
        const auto end = memfit.end();
        CHECK(end.code == 130);
        CHECK(end.out.empty());
        CHECK(end.err.empty());
        ::close(writer);
    }
}

TEST_CASE("a standard output that does not block is written to its end") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    constexpr int smallest = 4096;
    REQUIRE(::fcntl(ends[1], F_SETPIPE_SZ, smallest) == smallest);
    memfit::plugin::EventLoop loop;
    const pid_t process = ::fork();
    if (process == 0) {
        (void)::dup2(ends[1], STDOUT_FILENO);
        const auto file = fixturePath("replay/seed-bench.json");
        ::execl(MEMFIT_BINARY, "kubectl-memfit", "recommend", "-f", file.c_str(), "-o", "json",
                nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    // Only when the pipe is full is it seen what becomes of the rest.
    const auto full = [&] {
        int waiting = 0;
        return ::ioctl(ends[0], FIONREAD, &waiting) == 0 && waiting == smallest;
    };
    CHECK(comesTrue(loop, full, 10));
    std::string text;
    std::array<char, smallest> chunk{};
    const auto drained = [&] {
        ssize_t size = 0;
        while ((size = ::read(ends[0], chunk.data(), chunk.size())) > 0) {
            text.append(chunk.data(), static_cast<std::size_t>(size));
        }
        return size == 0;
    };
    CHECK(comesTrue(loop, drained, 10));
    int status = 0;
    REQUIRE(::waitpid(process, &status, 0) == process);
    CHECK(status == 0);
    CHECK(json::accept(text));
    ::close(ends[0]);
}

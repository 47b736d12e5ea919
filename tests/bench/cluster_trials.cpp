// On a cluster: the edge that squeeze names against an exhaustive sweep; every verdict of it
// against containerd's own OOM events, which the tool does not use; and what a trial takes beside
// pod start and load. Exits with 1 when a verdict is wrong, or the edge (exhaustive_sweep.h).
// Usage: cluster_trials NAMESPACE DEPLOYMENT LOADS [CONTAINERD-SOCKET]
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "cluster/kubectl_cluster.h"
#include "exhaustive_sweep.h"
#include "memfit/kube/resources.h"
#include "memfit/kube/workload.h"
#include "process/child.h"
#include "testbed/pod/pod_testbed.h"
#include "trial/trial_runner.h"
#include "trial/trials.h"

using namespace memfit;
using namespace memfit::plugin;

namespace {

using Clock = std::chrono::system_clock;

struct Row {
    Outcome outcome = Outcome::inconclusive;
    Clock::time_point start, end;
    double ready = 0, load = 0, own = 0;
};

/// Notes what every trial took.
class NotingRunner final : public TrialRunner {
public:
    explicit NotingRunner(LoadTrialRunner& runner) : runner_(runner) {}

    Result<TrialRecord> run(const Settings& settings,
                            const std::function<void(const TrialMoment&)>& onMoment) override {
        Row row;
        row.start = Clock::now();
        auto record = runner_.run(settings, onMoment);
        row.end = Clock::now();
        if (!record) return record;
        row.outcome = record->trial.outcome;
        row.ready = record->readySeconds;
        row.load = record->loadSeconds;
        row.own = std::chrono::duration<double>(row.end - row.start).count() - row.ready - row.load;
        // The first run without a limit waits for the kubelet's sample, once.
        if (settings.limit) rows.push_back(row);
        return record;
    }
    [[nodiscard]] bool knowsUnlimited() const override { return runner_.knowsUnlimited(); }

    std::vector<Row> rows;

private:
    LoadTrialRunner& runner_;
};

template <class T, class E>
T required(boost::system::result<T, E> result) {
    if (result) return *std::move(result);
    fmt::print(stderr, "error: {}\n", result.error().message());
    std::exit(1);
}

PodOptions podOptions(Cluster& cluster, const std::string& ns, const std::string& deployment) {
    PodOptions options;
    options.workloadJson =
        required(cluster.read(objectPath(Resource::deployments, ns, deployment), "reading"));
    options.workload = required(readWorkload(options.workloadJson, deployment));
    const auto container = required(chooseContainer(options.workload, std::nullopt));
    options.container = container.name;
    options.ns = ns;
    options.runId = fmt::format("{:08x}", static_cast<unsigned>(std::time(nullptr)));
    options.port = required(chooseServicePort(container, std::nullopt, std::nullopt));
    return options;
}

/// `2026-11-23 23:20:04.123456789 +0000 UTC k8s.io /tasks/oom {"container_id":"…"}`
std::vector<Clock::time_point> oomTimes(std::string_view events) {
    std::vector<Clock::time_point> times;
    while (!events.empty()) {
        const auto end = std::min(events.find('\n'), events.size());
        const std::string line(events.substr(0, end));
        events.remove_prefix(std::min(end + 1, events.size()));
        if (line.find(" /tasks/oom ") == std::string::npos) continue;
        std::tm when{};
        const char* const rest = ::strptime(line.c_str(), "%Y-%m-%d %H:%M:%S", &when);
        if (rest == nullptr) continue;
        const double fraction = *rest == '.' ? std::strtod(rest, nullptr) : 0;
        times.push_back(Clock::from_time_t(::timegm(&when)) +
                        std::chrono::milliseconds(static_cast<int>(fraction * 1000)));
    }
    return times;
}

void printParts(const char* name, std::vector<double> seconds) {
    if (seconds.empty()) return;
    std::sort(seconds.begin(), seconds.end());
    const auto at = [&](double share) {
        return seconds[static_cast<std::size_t>(share * static_cast<double>(seconds.size() - 1))];
    };
    fmt::print("  {:<44}{:>8.2f} s{:>8.2f} s{:>8.2f} s\n", name, at(0.5), at(0.9), seconds.back());
}

std::vector<double> pick(const std::vector<Row>& rows, bool survived, double Row::* part) {
    std::vector<double> values;
    for (const auto& row : rows) {
        if ((row.outcome == Outcome::survived) == survived) values.push_back(row.*part);
    }
    return values;
}

/// Prints verdicts beside events; whether they agree.
bool judgeVerdicts(const std::vector<Row>& rows, const std::vector<Clock::time_point>& ooms) {
    std::array<std::array<int, 2>, 2> table{};  // [told killed][seen killed]
    int others = 0;
    for (const auto& row : rows) {
        if (row.outcome != Outcome::survived && !isOomKill(row.outcome)) {
            ++others;
            continue;
        }
        const bool seen = std::any_of(ooms.begin(), ooms.end(), [&](Clock::time_point oom) {
            return oom >= row.start && oom <= row.end;
        });
        ++table.at(isOomKill(row.outcome) ? 1 : 0).at(seen ? 1 : 0);
    }
    fmt::print("verdicts of {} trials against containerd's OOM events\n", rows.size());
    fmt::print("  {:<24}{:>12}{:>12}\n", "", "no event", "OOM event");
    fmt::print("  {:<24}{:>12}{:>12}\n", "told: survived", table[0][0], table[0][1]);
    fmt::print("  {:<24}{:>12}{:>12}\n", "told: OOM-killed", table[1][0], table[1][1]);
    fmt::print("  told anything else: {}\n  false \"survived\": {}\n", others, table[0][1]);
    return table[0][1] == 0 && table[1][0] == 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        fmt::print(stderr, "usage: cluster_trials NAMESPACE DEPLOYMENT LOADS [SOCKET]\n");
        return 2;
    }
    EventLoop loop;
    KubectlCluster cluster(loop, required(Kubectl::find(loop, {}, {})));
    std::unique_ptr<Child> events;
    if (argc > 4) {
        events = required(Child::start(
            loop, {"ctr", "--address", argv[4], "--namespace", "k8s.io", "events"}, {}));
    }
    PodTestbed testbed(
        loop, cluster, podOptions(cluster, argv[1], argv[2]),
        [](const auto&) { return Result<void>(); },
        [](const std::string& text) { fmt::print(stderr, "{}\n", text); }, std::nullopt);
    LoadPlan plan;
    plan.load = required(parseLoadCommand("hey -n 200 -c 10 {url}/v1/users"));
    plan.timeoutSeconds = 60;
    LoadTrialRunner runner(loop, testbed, plan);
    NotingRunner noting(runner);
    Progress progress(std::cerr, {true, true, false});
    TrialSeries trials(noting, progress);
    const bool edgeHolds = bench::sweepAgainstSqueeze(trials, std::atoi(argv[3])) == 0;
    fmt::print("\n");
    bool verdictsHold = true;
    if (events) {
        (void)loop.pause(2);
        verdictsHold = judgeVerdicts(noting.rows, oomTimes(events->out()));
    }
    fmt::print("what a trial takes{:>37}{:>10}{:>10}\n", "median", "90 %", "most");
    printParts("survived: pod start to readiness", pick(noting.rows, true, &Row::ready));
    printParts("survived: load", pick(noting.rows, true, &Row::load));
    printParts("survived: everything else", pick(noting.rows, true, &Row::own));
    printParts("killed: everything else, the kubelet's report too",
               pick(noting.rows, false, &Row::own));
    return edgeHolds && verdictsHold ? 0 : 1;
}

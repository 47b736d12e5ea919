#include "session/cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/split.hpp>
#include <random>

#include "cluster/kubectl_cluster.h"
#include "session/consent.h"
#include "testbed/pod/in_place_testbed.h"
#include "testbed/pod/pod_testbed.h"

namespace memfit::plugin {
namespace {

/// Those that have pods to measure.
constexpr std::array workloadKinds{WorkloadKind::deployment, WorkloadKind::statefulSet,
                                   WorkloadKind::daemonSet, WorkloadKind::replicaSet,
                                   WorkloadKind::pod};

Result<WorkloadType> findType(std::string_view word) {
    auto name = boost::algorithm::to_lower_copy(std::string(word));
    bool inApps = false;
    for (const std::string_view group : {".v1.apps", ".apps"}) {  // as in `deployments.v1.apps`
        if (inApps || !name.ends_with(group)) continue;
        name.erase(name.size() - group.size());
        inApps = true;
    }
    for (const auto kind : workloadKinds) {
        const auto resource = resourceOf(kind);
        const auto& known = kindOf(resource);
        if (inApps && known.group != "apps") continue;
        const auto single = boost::algorithm::to_lower_copy(std::string(known.kind));
        if (name == known.brief || name == single || name == known.plural)
            return WorkloadType{kind, resource};
    }
    return usageError(fmt::format("'{}' is no type of workload", word),
                      "it is one of deploy, sts, ds, rs, pod");
}

/// Eight hexadecimal digits that no other run has.
std::string newRunId() {
    std::random_device random;
    return fmt::format("{:08x}", random());
}

/// A path that the user's ready URL names, without the service's address.
Result<std::optional<std::string>> readyPath(const Options& options) {
    if (!options.readyUrl) return std::optional<std::string>();
    std::string_view text = *options.readyUrl;
    constexpr std::string_view url = "{url}";
    if (text.starts_with(url)) text.remove_prefix(url.size());
    if (!text.starts_with('/')) {
        return usageError(
            fmt::format("--ready-url {}: of a pod only the path counts", *options.readyUrl),
            "write the path: --ready-url /readiness");
    }
    return std::optional(std::string(text));
}

/// Of the limits that the command line names.
std::optional<Bytes> largestLimit(const Options& options) {
    std::optional<Bytes> largest;
    const auto take = [&](const std::optional<Bytes>& limit) {
        if (limit) largest = std::max(largest.value_or(*limit), *limit);
    };
    for (const auto& limit : {options.search.from, options.search.to, options.minimum}) take(limit);
    for (const auto& word : options.limits) {
        if (word.kind == LimitWord::Kind::literal) take(word.literal);
    }
    return largest;
}

}  // namespace

Result<WorkloadWords> workloadWords(const std::vector<std::string>& words) {
    std::string type, name;
    if (words.size() == 1) {
        const auto slash = words.front().find('/');
        type = words.front().substr(0, slash);
        if (slash != std::string::npos) name = words.front().substr(slash + 1);
    } else if (words.size() == 2) {
        type = words[0];
        name = words[1];
    }
    if (name.empty() || name.find('/') != std::string::npos) {
        return usageError(fmt::format("'{}' names no workload", fmt::join(words, " ")),
                          "write TYPE/NAME: deploy/sales-api");
    }
    const auto known = findType(type);
    if (!known) return known.error();
    return WorkloadWords{known->resource, name};
}

Result<std::vector<WorkloadType>> workloadTypes(std::string_view words) {
    std::vector<std::string> names;
    boost::algorithm::split(names, words, [](char c) { return c == ','; });
    std::vector<WorkloadType> types;
    for (const auto& name : names) {
        const auto type = findType(name);
        if (!type) return type.error();
        if (std::ranges::find(types, type->kind, &WorkloadType::kind) == types.end()) {
            types.push_back(*type);
        }
    }
    return types;
}

Result<std::unique_ptr<ClusterTarget>> connect(const Context& context) {
    if (context.connect) return context.connect();
    auto kubectl = Kubectl::find(
        context.loop, {context.options.connectionFlags, context.options.ns},
        [&progress = context.progress](const std::string& line) { progress.detail(line); });
    if (!kubectl) return kubectl.error();
    auto where = kubectl->context();
    if (!where) return where.error();
    auto connection = std::make_unique<KubectlCluster>(context.loop, *std::move(kubectl));
    const auto whyNoProxy = connection->whyNoProxy();
    auto cluster = std::make_unique<ClusterTarget>(std::move(connection));
    cluster->context = *std::move(where);
    cluster->runId = newRunId();
    if (context.loop.signal()) return EventLoop::interruption();
    if (!whyNoProxy.empty()) {
        context.progress.note("note: every read costs a process: " + whyNoProxy);
    }
    return cluster;
}

Result<std::unique_ptr<ClusterTarget>> openCluster(const Context& context,
                                                   const std::vector<std::string>& target) {
    const auto words = workloadWords(target);
    if (!words) return words.error();
    auto opened = connect(context);
    if (!opened) return opened;
    ClusterTarget& cluster = **opened;
    const auto label = fmt::format("{}/{}", kindOf(words->resource).plural, words->name);
    auto json =
        cluster.api.read(objectPath(words->resource, cluster.context.ns, words->name),
                         fmt::format("reading {} in namespace {}", label, cluster.context.ns));
    if (!json) return json.error();
    auto workload = readWorkload(*json, label);
    if (!workload) return workload.error();
    const auto container = chooseContainer(*workload, context.options.container);
    if (!container) return container.error();
    cluster.workload = *std::move(workload);
    cluster.workloadJson = *std::move(json);
    cluster.container = container->name;
    cluster.sidecar = container->sidecar;
    return opened;
}

Result<std::unique_ptr<Testbed>> podTestbed(const Context& context, const Options& options,
                                            ClusterTarget& cluster) {
    const auto container = chooseContainer(cluster.workload, cluster.container);
    if (!container) return container.error();
    const auto port = chooseServicePort(*container, options.port, options.statsPort);
    if (!port) return port.error();
    auto ready = readyPath(options);
    if (!ready) return ready.error();
    PodOptions pod;
    pod.workload = cluster.workload;
    pod.workloadJson = cluster.workloadJson;
    pod.container = cluster.container;
    pod.ns = cluster.context.ns;
    pod.context = cluster.context.name;
    pod.runId = cluster.runId;
    pod.port = *port;
    pod.statsPort = options.statsPort;
    pod.statsPath = options.statsPath;
    pod.readyPath = *std::move(ready);
    pod.env = options.env;
    pod.unsetEnv = options.unsetEnv;
    pod.keepEnv = options.keepEnv;
    pod.skipInit = options.skipInit;
    pod.keepLabels = options.keepLabels;
    pod.force = options.force;
    pod.ceiling = options.ceiling;
    pod.largest = largestLimit(options);
    pod.via = options.via;
    auto note = [&progress = context.progress](const std::string& text) { progress.note(text); };
    if (options.inPlace) {
        auto consent = [&context, name = cluster.workload.label(),
                        ns = cluster.context.ns](const std::vector<std::string>& what) {
            return askConsent(context,
                              fmt::format("the live {} in namespace {} will be changed:", name, ns),
                              what, "go on?");
        };
        return std::unique_ptr<Testbed>(new InPlaceTestbed(
            context.loop, cluster.api, std::move(pod), std::move(consent), std::move(note)));
    }
    auto consent = [&context, name = cluster.workload.label(),
                    ns = cluster.context.ns](const std::vector<std::string>& disclosure) {
        return askConsent(context,
                          fmt::format("trial pods will be copies of {} in namespace {}:", name, ns),
                          disclosure, "run them?");
    };
    std::optional<RunJournal> journal;
    if (auto begun = RunJournal::begin(ownRecord(pod.runId, pod.context, pod.ns))) {
        journal.emplace(*std::move(begun));
    } else {
        context.progress.note("warning: cleanup will not know this run if it is killed: " +
                              begun.error().message());
    }
    return std::unique_ptr<Testbed>(new PodTestbed(context.loop, cluster.api, std::move(pod),
                                                   std::move(consent), std::move(note),
                                                   std::move(journal)));
}

}  // namespace memfit::plugin

#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <span>

#include "cli/option_rows.h"
#include "cli/values.h"

namespace memfit::plugin {
namespace {

constexpr std::string_view trialGroup = "Trial pods";
constexpr std::string_view manyGroup = "Several at once";
constexpr std::string_view connectionGroup = "Connection (kubectl's own flags)";
constexpr std::string_view viaChoices = "auto|direct|port-forward|pod";

std::optional<Via> via(std::string_view name) {
    if (name == "auto") return Via::automatic;
    if (name == "direct") return Via::direct;
    if (name == "port-forward") return Via::portForward;
    if (name == "pod") return Via::pod;
    return std::nullopt;
}

/// A flag of kubectl's that is handed on as it is.
template <const char* name>
Result<void> handOn(Options& options, Value value) {
    options.connectionFlags.push_back(value.empty() ? fmt::format("--{}", name)
                                                    : fmt::format("--{}={}", name, value));
    return {};
}

constexpr char contextFlag[] = "context";
constexpr char kubeconfigFlag[] = "kubeconfig";
constexpr char clusterFlag[] = "cluster";
constexpr char userFlag[] = "user";
constexpr char asFlag[] = "as";
constexpr char asGroupFlag[] = "as-group";
constexpr char asUidFlag[] = "as-uid";
constexpr char tokenFlag[] = "token";
constexpr char serverFlag[] = "server";
constexpr char authorityFlag[] = "certificate-authority";
constexpr char serverNameFlag[] = "tls-server-name";
constexpr char insecureFlag[] = "insecure-skip-tls-verify";
constexpr char requestTimeoutFlag[] = "request-timeout";
constexpr char cacheFlag[] = "cache-dir";

constexpr std::array rows{
    OptionSpec{
        "container", "c", "NAME", trialGroup, onTrials,
        "the container, or native sidecar, whose memory is meant (default: the only container, "
        "else the one that kubectl.kubernetes.io/default-container names)",
        "",
        [](Options& o, Value v) -> Result<void> {
            o.container = v;
            return {};
        },
        "", LiveNames::containers},
    OptionSpec{"yes", "y", "", trialGroup, onAll, "do not ask", "", setSwitch<&Options::yes>},
    OptionSpec{"skip-init", "", "", trialGroup, onTrials, "leave out the init containers", "",
               setSwitch<&Options::skipInit>},
    OptionSpec{"keep-labels", "", "", trialGroup, onTrials,
               "keep the labels by which NetworkPolicies, Services and budgets select", "",
               setSwitch<&Options::keepLabels>},
    OptionSpec{"force", "", "", trialGroup, onTrials,
               "allow a copy that has access to the node, or --in-place beside an autoscaler or a "
               "GitOps owner",
               "", setSwitch<&Options::force>},
    OptionSpec{"in-place", "", "", trialGroup, onTrials,
               "change the live workload itself, and restore it and its history afterwards", "",
               setSwitch<&Options::inPlace>},
    OptionSpec{"parallel", "", "N", trialGroup, onSqueeze | onRecommend | onBench,
               "trial pods of a squeeze at a time (default 1)", "",
               [](Options& o, Value v) { return store(parseInteger(v, 1, 16), o.parallel); }},
    OptionSpec{"via", "", "WAY", trialGroup, onTrials,
               "how the load reaches the pod (default auto: its IP where that answers from here, "
               "else a port-forward)",
               viaChoices,
               [](Options& o, Value v) { return storeChoice(v, via, viaChoices, o.via); }},
    OptionSpec{"load-image", "", "IMAGE", trialGroup, onTrials,
               "run the load command in a pod of this image, beside the trial", "",
               [](Options& o, Value v) -> Result<void> {
                   o.loadImage = v;
                   return {};
               }},
    OptionSpec{"all", "", "", manyGroup, onRecommend | onCleanup,
               "recommend: every Deployment, StatefulSet and DaemonSet; cleanup: also what live "
               "runs and other users' runs made, after asking",
               "", setSwitch<&Options::all>},
    OptionSpec{"all-namespaces", "A", "", manyGroup, onRecommend,
               "workloads of all namespaces, whatever --namespace says", "",
               setSwitch<&Options::allNamespaces>},
    OptionSpec{"selector", "l", "LABELS", manyGroup, onRecommend,
               "only workloads with these labels, as kubectl selects them", "",
               [](Options& o, Value v) -> Result<void> {
                   o.selector = v;
                   return {};
               }},

    OptionSpec{"namespace", "n", "NAME", connectionGroup, onAll, "namespace of the workload", "",
               [](Options& o, Value v) -> Result<void> {
                   o.ns = v;
                   return {};
               },
               "", LiveNames::namespaces},
    OptionSpec{"context", "", "NAME", connectionGroup, onAll, "context of the kubeconfig", "",
               handOn<contextFlag>, "", LiveNames::contexts},
    OptionSpec{"kubeconfig", "", "FILE", connectionGroup, onAll, "path of the kubeconfig", "",
               handOn<kubeconfigFlag>},
    OptionSpec{"cluster", "", "NAME", connectionGroup, onAll, "cluster of the kubeconfig", "",
               handOn<clusterFlag>, "", LiveNames::clusters},
    OptionSpec{"user", "", "NAME", connectionGroup, onAll, "user of the kubeconfig", "",
               handOn<userFlag>, "", LiveNames::users},
    OptionSpec{"as", "", "NAME", connectionGroup, onAll, "user to impersonate", "", handOn<asFlag>},
    OptionSpec{"as-group", "", "NAME", connectionGroup, onAll, "group to impersonate (repeatable)",
               "", handOn<asGroupFlag>},
    OptionSpec{"as-uid", "", "UID", connectionGroup, onAll, "uid to impersonate", "",
               handOn<asUidFlag>},
    OptionSpec{"token", "", "TOKEN", connectionGroup, onAll, "bearer token", "", handOn<tokenFlag>},
    OptionSpec{"server", "s", "URL", connectionGroup, onAll, "address of the API server", "",
               handOn<serverFlag>},
    OptionSpec{"certificate-authority", "", "FILE", connectionGroup, onAll,
               "certificate of the authority", "", handOn<authorityFlag>},
    OptionSpec{"tls-server-name", "", "NAME", connectionGroup, onAll,
               "name that the server's certificate must have", "", handOn<serverNameFlag>},
    OptionSpec{"insecure-skip-tls-verify", "", "", connectionGroup, onAll,
               "do not verify the server's certificate", "", handOn<insecureFlag>},
    OptionSpec{"request-timeout", "", "DURATION", connectionGroup, onAll,
               "how long one request may take", "", handOn<requestTimeoutFlag>},
    OptionSpec{"cache-dir", "", "FOLDER", connectionGroup, onAll, "kubectl's cache", "",
               handOn<cacheFlag>},
};

}  // namespace

std::span<const OptionSpec> clusterOptionRows() {
    return rows;
}

}  // namespace memfit::plugin

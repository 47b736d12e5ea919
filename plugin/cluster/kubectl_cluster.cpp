#include "cluster/kubectl_cluster.h"

#include <fmt/format.h>

#include <boost/algorithm/string/split.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "cluster/kubectl_streams.h"
#include "memfit/kube/resources.h"

namespace memfit::plugin {
namespace {

constexpr double proxyStartSeconds = 10;
constexpr double clientSeconds = 60;
/// Of a call that removes or looks.
constexpr double removeSeconds = 30;

std::string socketPath(const PrivateFolder& folder) {
    return (folder.path() / "api").string();
}

/// As the API server words these in a Status; a path that no API serves, and the proxy itself,
/// answer with plain text.
std::string_view reasonOf(unsigned status) {
    switch (status) {
        case 403:
            return "Forbidden";
        case 404:
            return "NotFound";
        case 409:
            return "Conflict";
        case 429:
            return "TooManyRequests";
        case 500:
            return "InternalError";
        case 502:
        case 503:
        case 504:
            return "ServiceUnavailable";
        default:
            return {};
    }
}

/// An answer of the API server itself, not of a program behind it.
bool isFromApiServer(const HttpResponse& response) {
    if (response.success()) return false;
    const auto tree = nlohmann::json::parse(response.body, nullptr, false);
    return tree.is_object() && tree.value("kind", nlohmann::json()) == "Status" &&
           tree.contains("apiVersion");
}

CallError refused(std::string_view what, const HttpResponse& response) {
    return callError(what, statusMessage(response), response.status);
}

std::vector<std::string> wordsOf(const char* verb, const PodChoice& which) {
    std::vector<std::string> words{verb};
    if (which.name.empty()) {
        words.insert(words.end(), {"pods", "--selector=" + which.selector});
    } else {
        words.insert(words.end(), {"pod", which.name});
    }
    words.push_back("--namespace=" + which.ns);
    return words;
}

/// What a finished call printed. `what` names it in errors.
Call<std::string> outOf(const Result<Finished>& done, std::string_view what) {
    if (!done) return done.error();
    if (done->status.success()) return done->out;
    return callError(what, done->err);
}

}  // namespace

std::string statusMessage(const HttpResponse& response) {
    constexpr std::size_t longest = 300;
    const auto tree = nlohmann::json::parse(response.body, nullptr, false);
    if (tree.is_object() && tree.value("kind", nlohmann::json()) == "Status") {
        const auto word = [&](const char* key) {
            const auto found = tree.find(key);
            return found != tree.end() && found->is_string() ? found->get<std::string>()
                                                             : std::string();
        };
        const auto reason = word("reason");
        return reason.empty() ? fmt::format("Error from server: {}", word("message"))
                              : fmt::format("Error from server ({}): {}", reason, word("message"));
    }
    const auto text = response.body.substr(0, longest);
    // These are kubectl's words already.
    if (text.starts_with("Error from server") || text.starts_with("error: ")) return text;
    const auto reason = reasonOf(response.status);
    if (reason.empty()) return fmt::format("status {}: {}", response.status, text);
    return fmt::format("Error from server ({}): {}", reason, text);
}

void KubectlCluster::startProxy() {
    tried_ = true;
    proxy_.reset();
    idle_.clear();
    if (!folder_) {
        auto folder = PrivateFolder::make();
        if (!folder) {
            whyNoProxy_ = folder.error().message();
            return;
        }
        folder_.emplace(*std::move(folder));
    }
    std::error_code ignored;
    std::filesystem::remove(socketPath(*folder_), ignored);
    auto child = kubectl_.start({"proxy", "--unix-socket=" + socketPath(*folder_)},
                                {OutputTo::capture, std::size_t{64} * 1024});
    if (!child) {
        whyNoProxy_ = child.error().message();
        return;
    }
    // It says so once it listens.
    const auto settled = [&] {
        return !(*child)->running() ||
               (*child)->out().find("Starting to serve") != std::string::npos;
    };
    loop_.waitUntil(settled, proxyStartSeconds);
    if ((*child)->out().empty() || !(*child)->running()) {
        whyNoProxy_ = fmt::format("kubectl proxy did not start: {}", lastLine((*child)->err()));
        return;
    }
    proxy_ = *std::move(child);
    whyNoProxy_.clear();
}

KubectlCluster::KubectlCluster(EventLoop& loop, Kubectl kubectl)
    : loop_(loop), kubectl_(std::move(kubectl)) {}

KubectlCluster::~KubectlCluster() = default;

bool KubectlCluster::hasProxy() {
    const bool ended = proxy_ && !proxy_->running();
    if (!tried_ || ended) startProxy();
    return proxy_ != nullptr;
}

const std::string& KubectlCluster::whyNoProxy() {
    (void)hasProxy();
    return whyNoProxy_;
}

std::unique_ptr<HttpGet> KubectlCluster::connection() {
    if (!hasProxy()) return nullptr;
    // The proxy accepts no other host by default.
    return std::make_unique<HttpClient>(loop_, UnixAddress{socketPath(*folder_)}, "localhost");
}

Result<Finished> KubectlCluster::run(const std::vector<std::string>& words,
                                     std::optional<std::string> input, Patience patience) const {
    return patience.throughSignals
               ? kubectl_.runThroughSignals(words, std::move(input), patience.seconds)
               : kubectl_.run(words, std::move(input), patience.seconds);
}

Call<HttpResponse> KubectlCluster::askProxy(const std::string& path, double seconds) {
    if (idle_.empty()) idle_.push_back(connection());
    auto client = std::move(idle_.back());
    idle_.pop_back();
    auto response = client->get(path, seconds);
    idle_.push_back(std::move(client));
    if (response) return *std::move(response);
    CallError error(response.error());
    // Whatever the words: nobody answered.
    if (error.kind == ErrorKind::failed) error.failure = CallFailure::unreachable;
    return error;
}

Call<std::string> KubectlCluster::readRaw(const std::string& path, const std::string& what,
                                          Patience patience) const {
    return outOf(run({"get", "--raw", path}, std::nullopt, patience), what);
}

Call<std::string> KubectlCluster::read(const std::string& path, const std::string& what,
                                       Patience patience) {
    if (patience.throughSignals || !hasProxy()) return readRaw(path, what, patience);
    auto response = askProxy(path, patience.seconds);
    if (!response) return response.error();
    if (response->success()) return std::move(response->body);
    return refused(what, *response);
}

Call<HttpResponse> KubectlCluster::page(const PodPort& port, const std::string& page,
                                        double seconds) {
    const auto path = podPagePath(port.ns, port.pod, port.port, page);
    if (hasProxy()) {
        auto response = askProxy(path, seconds);
        if (response && isFromApiServer(*response)) return refused("GET " + path, *response);
        return response;
    }
    auto body = readRaw(path, "GET " + path, {seconds, false});
    if (body) return HttpResponse{200, *std::move(body)};
    const auto& error = body.error();
    // kubectl does not tell an answer of the program from one of the API server.
    const bool answered = error.kind == ErrorKind::failed && !error.said.empty() &&
                          error.failure != CallFailure::unreachable;
    if (!answered) return error;
    constexpr unsigned unknown = 500;
    return HttpResponse{error.status.value_or(unknown), error.said};
}

Call<std::string> KubectlCluster::create(const std::string& ns, const std::string& object,
                                         bool dryRun) {
    std::vector<std::string> words{"create", "--namespace=" + ns, "--filename=-", "--output=json"};
    if (dryRun) words.emplace_back("--dry-run=server");
    return kubectl_.text(words, object);
}

Call<std::string> KubectlCluster::patch(const Patch& patch) {
    std::vector<std::string> words{
        "patch",
        patch.object,
        "--namespace=" + patch.ns,
        patch.type == Patch::Type::json ? "--type=json" : "--type=strategic",
        "--patch=" + patch.text,
        "--output=json"};
    if (patch.dryRun) words.emplace_back("--dry-run=server");
    return outOf(run(words, std::nullopt, patch.patience), patch.what);
}

Call<void> KubectlCluster::awaitRollout(const std::string& ns, const std::string& object,
                                        double seconds) {
    constexpr double more = 30;
    const auto done = kubectl_.text({"rollout", "status", object, "--namespace=" + ns,
                                     fmt::format("--timeout={}s", static_cast<int>(seconds))},
                                    std::nullopt, seconds + more);
    if (!done) return done.error();
    return {};
}

Call<std::string> KubectlCluster::deletePods(const PodChoice& which, bool now) {
    auto words = wordsOf("delete", which);
    if (now) words.insert(words.end(), {"--grace-period=0", "--force"});
    words.insert(words.end(), {"--wait=false", "--ignore-not-found"});
    return outOf(kubectl_.runThroughSignals(words, std::nullopt, removeSeconds), "kubectl delete");
}

Call<std::vector<std::string>> KubectlCluster::podsLeft(const PodChoice& which) {
    auto words = wordsOf("get", which);
    words.insert(words.end(), {"--ignore-not-found", "--output=name"});
    const auto out =
        outOf(kubectl_.runThroughSignals(words, std::nullopt, removeSeconds), "kubectl get");
    if (!out) return out.error();
    std::vector<std::string> names;
    boost::algorithm::split(names, *out, [](char c) { return c == '\n'; });
    std::erase(names, "");
    return names;
}

Call<void> KubectlCluster::remove(const ReadObject& object, Patience patience) {
    const nlohmann::json options{
        {"kind", "DeleteOptions"},
        {"apiVersion", "v1"},
        {"propagationPolicy", "Background"},
        {"preconditions", {{"uid", object.uid}, {"resourceVersion", object.resourceVersion}}}};
    const auto done =
        outOf(run({"delete", "--raw", object.path, "--filename=-"}, options.dump(), patience),
              "removing " + object.path);
    if (!done) return done.error();
    return {};
}

Call<bool> KubectlCluster::may(const std::string& ns, const Right& right) {
    std::vector<std::string> words{
        "auth", "can-i", right.verb, right.resource, "--namespace=" + ns, "--quiet"};
    if (!right.subresource.empty()) words.push_back("--subresource=" + right.subresource);
    const auto done = kubectl_.run(words, std::nullopt, clientSeconds);
    if (!done) return done.error();
    if (done->status.success()) return true;
    auto error = callError("kubectl auth can-i", done->err);
    if (error.failure == CallFailure::unreachable) return error;
    return false;
}

Call<std::unique_ptr<PodEvents>> KubectlCluster::watchPods(const std::string& ns,
                                                           const std::string& selector) {
    return watchByKubectl(kubectl_,
                          listPath(Resource::pods, ns, {.labels = selector, .watch = true}));
}

Call<std::unique_ptr<PortForward>> KubectlCluster::forward(const PodPort& port) {
    return forwardByKubectl(loop_, kubectl_, port);
}

Call<std::unique_ptr<PodLog>> KubectlCluster::followLog(const std::string& ns,
                                                        const std::string& pod) {
    return followByKubectl(kubectl_, ns, pod);
}

}  // namespace memfit::plugin

#include "cluster/kubectl.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "text/redact.h"

namespace memfit::plugin {
namespace {

constexpr std::size_t longestMessage = 1000;

struct FailureMark {
    std::string_view mark;
    CallFailure failure;
};

/// The words by which kubectl and the API server tell these failures, over all versions from 1.20.
constexpr std::array failureMarks{
    FailureMark{"(NotFound)", CallFailure::notFound},
    FailureMark{"(Forbidden)", CallFailure::forbidden},
    FailureMark{"is forbidden:", CallFailure::forbidden},
    FailureMark{"(Conflict)", CallFailure::conflict},
    FailureMark{"(AlreadyExists)", CallFailure::conflict},
    FailureMark{"was refused - did you specify", CallFailure::unreachable},
    FailureMark{"connection refused", CallFailure::unreachable},
    FailureMark{"connection reset", CallFailure::unreachable},
    FailureMark{"Unable to connect to the server", CallFailure::unreachable},
    FailureMark{"i/o timeout", CallFailure::unreachable},
    FailureMark{"TLS handshake timeout", CallFailure::unreachable},
    FailureMark{"unexpected EOF", CallFailure::unreachable},
    FailureMark{"http2: client connection lost", CallFailure::unreachable},
    FailureMark{"(ServiceUnavailable)", CallFailure::unreachable},
    FailureMark{"(TooManyRequests)", CallFailure::unreachable},
    FailureMark{"etcdserver:", CallFailure::unreachable},
    FailureMark{"(InternalError)", CallFailure::unreachable},
    FailureMark{"(Timeout)", CallFailure::unreachable},
    FailureMark{"(ServerTimeout)", CallFailure::unreachable},
};

struct StatusFailure {
    unsigned status;
    CallFailure failure;
};

/// The statuses of the API server that are these failures.
constexpr std::array statusFailures{
    StatusFailure{403, CallFailure::forbidden},   StatusFailure{404, CallFailure::notFound},
    StatusFailure{409, CallFailure::conflict},    StatusFailure{429, CallFailure::unreachable},
    StatusFailure{500, CallFailure::unreachable}, StatusFailure{502, CallFailure::unreachable},
    StatusFailure{503, CallFailure::unreachable}, StatusFailure{504, CallFailure::unreachable},
};

/// The status that the API server must have answered; kubectl does not print it.
std::optional<unsigned> statusOf(CallFailure failure) {
    const auto* const found = std::ranges::find(statusFailures, failure, &StatusFailure::failure);
    if (failure == CallFailure::unreachable || found == statusFailures.end()) return std::nullopt;
    return found->status;
}

CallFailure failureOf(std::optional<unsigned> status, std::string_view said) {
    for (const auto& [known, failure] : statusFailures) {
        if (status == known) return failure;
    }
    return classifyFailure(said);
}

/// What a refusal gives as its reason.
std::string admissionsWords(const std::string& refusal) {
    for (const std::string_view mark :
         {"is forbidden: ", "denied the request: ", "denied request: "}) {
        const auto at = refusal.rfind(mark);
        if (at != std::string::npos) return refusal.substr(at + mark.size());
    }
    return refusal;
}

Refusal refusalOf(const std::string& text) {
    using boost::algorithm::contains;
    Refusal refusal;
    refusal.rights = contains(text, "cannot ");
    refusal.quota = contains(text, "exceeded quota");
    refusal.resources = contains(text, "must specify") || contains(text, "resources.limits") ||
                        contains(text, "resources.requests");
    refusal.security = contains(text, "PodSecurity") || contains(text, "runAsNonRoot");
    refusal.reason = admissionsWords(text);
    return refusal;
}

std::string nextStep(CallFailure failure, const Refusal& refusal, std::string_view text) {
    switch (failure) {
        case CallFailure::notFound:
            return "check the name, --namespace and --context";
        case CallFailure::forbidden:
            if (refusal.quota) return "free some of the quota, or lower --ceiling and --to";
            if (refusal.rights)
                return "ask for that permission; docs/rbac.md has the role each command needs";
            return "the cluster's admission refuses it; see the message";
        case CallFailure::unreachable:
            return "check that the cluster answers: kubectl version";
        case CallFailure::conflict:
            return "run it again";
        case CallFailure::other:
            break;
    }
    const bool unknownUser =
        boost::contains(text, "Unauthorized") || boost::contains(text, "must be logged in");
    if (unknownUser)
        return "log in to the cluster again: kubectl get namespaces tells whether it worked";
    return {};
}

/// A klog line (`E1123 10:11:12.123456 …`): a diagnostic of the client library.
bool isDiagnostic(std::string_view line) {
    return line.size() > 5 && (line[0] == 'E' || line[0] == 'W' || line[0] == 'I') &&
           line.find_first_not_of("0123456789", 1) == 5;
}

/// What the user prefers of kubectl (`kuberc`, from 1.34 on) is not for our calls: there, a delete
/// may ask and be cancelled, and a get may print other columns.
ChildOptions withoutPreferences() {
    ChildOptions options;
    options.env["KUBECTL_KUBERC"] = "false";
    return options;
}

std::string valueOr(const nlohmann::json& object, const char* key, std::string fallback) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string()) return fallback;
    return found->get<std::string>();
}

}  // namespace

CallFailure classifyFailure(std::string_view kubectlError) {
    for (const auto& [mark, failure] : failureMarks) {
        if (boost::contains(kubectlError, mark)) return failure;
    }
    return CallFailure::other;
}

std::string ownWords(std::string_view kubectlError) {
    std::string words;
    std::string lastDiagnostic;
    while (!kubectlError.empty()) {
        const auto end = std::min(kubectlError.find('\n'), kubectlError.size());
        auto line = boost::algorithm::trim_copy(std::string(kubectlError.substr(0, end)));
        kubectlError.remove_prefix(std::min(end + 1, kubectlError.size()));
        if (line.empty() || line.starts_with("Warning:")) continue;
        if (isDiagnostic(line)) {
            lastDiagnostic = std::move(line);
            continue;
        }
        if (!words.empty()) words += "; ";
        words += line;
    }
    if (words.empty()) words = std::move(lastDiagnostic);
    if (words.size() > longestMessage) words = words.substr(0, longestMessage) + "...";
    return words;
}

CallError callError(std::string_view what, std::string_view kubectlError,
                    std::optional<unsigned> status) {
    auto said = redactText(ownWords(kubectlError));
    const auto failed = failureOf(status, said);
    auto refusal = refusalOf(said);
    CallError error(failure(said.empty() ? fmt::format("{} failed and said nothing", what)
                                         : fmt::format("{}: {}", what, said),
                            nextStep(failed, refusal, said)));
    error.failure = failed;
    error.status = status ? status : statusOf(failed);
    error.said = std::move(said);
    error.refusal = std::move(refusal);
    return error;
}

Kubectl::Kubectl(EventLoop& loop, std::string program, KubectlConnection connection,
                 std::function<void(const std::string&)> onCommand)
    : loop_(&loop),
      program_(std::move(program)),
      connection_(std::move(connection)),
      onCommand_(std::move(onCommand)) {}

Result<Kubectl> Kubectl::find(EventLoop& loop, KubectlConnection connection,
                              std::function<void(const std::string&)> onCommand) {
    const char* const named = std::getenv("KUBECTL_PATH");
    const char* const path = std::getenv("PATH");
    const std::string wanted = named != nullptr && *named != '\0' ? named : "kubectl";
    auto program = findProgram(wanted, path != nullptr ? path : "");
    if (!program) {
        return failure("kubectl: " + program.error().what,
                       "install kubectl, or name it with KUBECTL_PATH");
    }
    return Kubectl(loop, *std::move(program), std::move(connection), std::move(onCommand));
}

std::vector<std::string> Kubectl::words(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all{program_};
    all.insert(all.end(), connection_.flags.begin(), connection_.flags.end());
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
}

void Kubectl::tell(const std::vector<std::string>& words) const {
    if (onCommand_) onCommand_(shownCommand(words));
}

Result<Finished> Kubectl::run(const std::vector<std::string>& arguments,
                              std::optional<std::string> input, double timeoutSeconds) const {
    auto options = withoutPreferences();
    options.input = std::move(input);
    const auto all = words(arguments);
    tell(all);
    return plugin::run(*loop_, all, options, timeoutSeconds);
}

Result<Finished> Kubectl::runThroughSignals(const std::vector<std::string>& arguments,
                                            std::optional<std::string> input,
                                            double timeoutSeconds) const {
    auto options = withoutPreferences();
    options.input = std::move(input);
    const auto all = words(arguments);
    tell(all);
    auto child = Child::start(*loop_, all, options);
    if (!child) return child.error();
    Child& running = **child;
    if (!loop_->waitThroughSignals([&running] { return !running.running(); }, timeoutSeconds)) {
        return failure(fmt::format("kubectl {} was still running after {} s", arguments.front(),
                                   timeoutSeconds));
    }
    running.drain(0.2);
    return Finished{running.exit().value_or(ExitStatus{}),
                    std::string(running.out()),
                    std::string(running.err()),
                    running.outDropped(),
                    running.errDropped(),
                    0};
}

Call<std::string> Kubectl::text(const std::vector<std::string>& arguments,
                                std::optional<std::string> input, double timeoutSeconds) const {
    auto finished = run(arguments, std::move(input), timeoutSeconds);
    if (!finished) return finished.error();
    if (finished->status.success()) return std::move(finished->out);
    return callError("kubectl " + arguments.front(), finished->err);
}

Result<ClusterContext> Kubectl::context() const {
    const auto config = text({"config", "view", "--minify", "--output=json"});
    ClusterContext context;
    if (connection_.ns) context.ns = *connection_.ns;
    if (!config) {
        // No kubeconfig is no error yet: inside a cluster kubectl finds its way without one.
        if (config.error().kind == ErrorKind::failed &&
            boost::contains(config.error().what, "current-context must exist")) {
            return context;
        }
        return config.error();
    }
    const auto tree = nlohmann::json::parse(*config, nullptr, false);
    if (!tree.is_object()) return failure("kubectl config view printed no JSON");
    const auto name = valueOr(tree, "current-context", "");
    if (!name.empty()) context.name = name;
    const auto contexts = tree.find("contexts");
    if (!connection_.ns && contexts != tree.end() && contexts->is_array() && !contexts->empty()) {
        const auto& first = contexts->front();
        if (first.is_object() && first.contains("context") && first["context"].is_object()) {
            context.ns = valueOr(first["context"], "namespace", context.ns);
        }
    }
    return context;
}

Result<std::unique_ptr<Child>> Kubectl::start(const std::vector<std::string>& arguments,
                                              OutputPlan out) const {
    auto options = withoutPreferences();
    options.out = out;
    options.err = {OutputTo::tail, std::size_t{16} * 1024};
    const auto all = words(arguments);
    tell(all);
    return Child::start(*loop_, all, options);
}

}  // namespace memfit::plugin

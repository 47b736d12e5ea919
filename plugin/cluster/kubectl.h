#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/call.h"
#include "memfit/error.h"
#include "process/child.h"
#include "process/event_loop.h"
#include "process/run.h"

namespace memfit::plugin {

/// Which cluster, as kubectl's own flags say it; handed on to every call.
struct KubectlConnection {
    std::vector<std::string> flags;  ///< `--context=prod`, `--as=someone`, in the order given
    std::optional<std::string> ns;   ///< --namespace; nullopt: the context's
};

/// What the kubeconfig says of the connection.
struct ClusterContext {
    std::optional<std::string> name;  ///< nullopt: no context at all (a bare --server)
    std::string ns = "default";
};

/// Runs kubectl. Each call is one process with an argument list of its own, standard input from
/// memory, and both outputs apart.
class Kubectl {
public:
    /// `$KUBECTL_PATH`, else `kubectl` on PATH. `onCommand` is told every command line that is run,
    /// redacted. Errors: not found, not executable.
    [[nodiscard]] static Result<Kubectl> find(EventLoop& loop, KubectlConnection connection,
                                              std::function<void(const std::string&)> onCommand);

    [[nodiscard]] const KubectlConnection& connection() const { return connection_; }
    /// Program, connection flags and `arguments`: what a call executes.
    [[nodiscard]] std::vector<std::string> words(const std::vector<std::string>& arguments) const;

    /// Runs to the end; a non-zero exit is not an error. Errors: cannot be started, still running
    /// after `timeoutSeconds`, kind interrupted.
    [[nodiscard]] Result<Finished> run(const std::vector<std::string>& arguments,
                                       std::optional<std::string> input = std::nullopt,
                                       double timeoutSeconds = 60) const;

    /// As run(), for clean-up: signals do not end it.
    [[nodiscard]] Result<Finished> runThroughSignals(const std::vector<std::string>& arguments,
                                                     std::optional<std::string> input,
                                                     double timeoutSeconds) const;

    /// Standard output of a call that succeeded. Errors: those of run(), and kubectl's own text
    /// when it failed, with a next step for the usual causes.
    [[nodiscard]] Call<std::string> text(const std::vector<std::string>& arguments,
                                         std::optional<std::string> input = std::nullopt,
                                         double timeoutSeconds = 60) const;

    /// Context and namespace that the flags and the kubeconfig come to.
    [[nodiscard]] Result<ClusterContext> context() const;

    /// Starts a call that goes on (proxy, port-forward, a watch).
    [[nodiscard]] Result<std::unique_ptr<Child>> start(const std::vector<std::string>& arguments,
                                                       OutputPlan out) const;

private:
    Kubectl(EventLoop& loop, std::string program, KubectlConnection connection,
            std::function<void(const std::string&)> onCommand);
    void tell(const std::vector<std::string>& words) const;

    EventLoop* loop_;
    std::string program_;
    KubectlConnection connection_;
    std::function<void(const std::string&)> onCommand_;
};

/// What kubectl's standard error says went wrong.
[[nodiscard]] CallFailure classifyFailure(std::string_view kubectlError);

/// kubectl's own words in one line: without warnings and the diagnostics of its client library,
/// unless there is nothing but a diagnostic. Shortened.
[[nodiscard]] std::string ownWords(std::string_view kubectlError);

/// The error for a call that failed, in kubectl's own words, with the next thing to try. The one
/// place that tells failures apart. `status`: what the API server answered, where that is known.
[[nodiscard]] CallError callError(std::string_view what, std::string_view kubectlError,
                                  std::optional<unsigned> status = std::nullopt);

}  // namespace memfit::plugin

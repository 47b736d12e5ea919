#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/options.h"
#include "memfit/documents/documents.h"
#include "process/event_loop.h"
#include "session/output.h"
#include "testbed/testbed.h"
#include "trial/progress.h"
#include "trial/side_commands.h"
#include "trial/trial_runner.h"
#include "trial/trials.h"

namespace memfit::plugin {

struct ClusterTarget;

/// What every command is handed.
struct Context {
    CommandKind kind;
    const Options& options;
    const Streams& streams;
    EventLoop& loop;
    Progress& progress;
    /// How a cluster is reached; empty: by kubectl, as the options say.
    // NOLINTNEXTLINE(readability-redundant-member-init): most leave it out
    std::function<Result<std::unique_ptr<ClusterTarget>>()> connect = {};
};

/// Results of something else would be judged together with what is measured, or runs, of `target`.
/// Errors: kind usage, naming both.
[[nodiscard]] Result<void> checkSameTarget(const Results& inputs, const Target& target);

/// One run of the experiment: the testbed, the trial runner on it, and the head of the documents
/// that come of it.
class Session {
public:
    /// Program or workload, port and load come from the options, or from the documents in `inputs`
    /// where the options leave them out (`bench -f -`). Errors: kind usage when neither has them;
    /// kind failed when the testbed cannot be set up.
    /// `cluster`: the workload, where it has been read already.
    [[nodiscard]] static Result<std::unique_ptr<Session>> open(const Context& context,
                                                               const Results& inputs);
    [[nodiscard]] static Result<std::unique_ptr<Session>> open(
        const Context& context, const Results& inputs, std::unique_ptr<ClusterTarget> cluster);

    /// The cluster of the workload; null for a program of this machine.
    [[nodiscard]] ClusterTarget* cluster() { return cluster_.get(); }

    /// Says, with --verbose, where the time went.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] TrialSeries& trials() { return trials_; }

    [[nodiscard]] Environment environment() const { return testbed_->environment(); }
    /// Head of a document finished now. `stopped`: why it ended early, if it did.
    [[nodiscard]] Header header(const std::vector<std::string>& inputs,
                                const std::optional<Error>& stopped) const;

    /// Ceiling of the run without a limit.
    [[nodiscard]] std::optional<Bytes> ceiling() const { return testbed_->ceiling(); }

private:
    Session(const Context& context, std::unique_ptr<ClusterTarget> cluster,
            std::unique_ptr<Testbed> testbed, LoadPlan plan, LoadInfo loadInfo);

    Progress& progress_;
    std::shared_ptr<SideCommands> side_;  ///< its --cleanup comes when all else has been undone
    std::unique_ptr<ClusterTarget> cluster_;
    std::unique_ptr<Testbed> testbed_;
    LoadInfo loadInfo_;
    LoadTrialRunner runner_;
    TrialSeries trials_;
    Timestamp startedAt_;
};

}  // namespace memfit::plugin

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/run_journal.h"
#include "memfit/kube/pod_level.h"
#include "memfit/pod/in_place.h"
#include "testbed/pod/pod_testbed.h"
#include "testbed/pod/pod_world.h"
#include "testbed/pod/trial_revisions.h"
#include "testbed/testbed.h"

namespace memfit::plugin {

/// Runs trials on the live workload itself: patches limit and environment of the container, waits
/// for a pod that has them, and puts everything back at its end. What it was is in the journal
/// before the first patch, and in an annotation. Refuses beside an autoscaler or a GitOps owner,
/// which would fight, unless forced.
///
/// Each patch makes a revision. It is removed when its trial is over, so that the controller, which
/// keeps only so many, removes none of another's; where there is no room for that it refuses.
class InPlaceTestbed final : public Testbed {
public:
    InPlaceTestbed(EventLoop& loop, Cluster& cluster, PodOptions options, Consent consent,
                   std::function<void(const std::string&)> note);
    /// Restores the workload.
    ~InPlaceTestbed() override;

    [[nodiscard]] Target target() const override { return world_.target(); }
    [[nodiscard]] Environment environment() const override;
    [[nodiscard]] std::vector<Warning> warnings() const override;
    [[nodiscard]] std::optional<Bytes> ceiling() const override { return ceiling_; }
    [[nodiscard]] AdmittedLimits admitted() const override { return admitted_; }
    [[nodiscard]] std::string via() const override { return world_.via(); }
    [[nodiscard]] Result<void> begin(const Settings& settings) override;
    [[nodiscard]] Result<std::unique_ptr<Instance>> start(const Settings& settings,
                                                          const std::string& folder) override;

private:
    [[nodiscard]] Result<void> prepare();
    [[nodiscard]] Result<void> checkRivals();
    [[nodiscard]] Result<void> stayWithinPod();
    [[nodiscard]] Result<void> checkWithinPod(Bytes limit) const;
    [[nodiscard]] InPlaceSettings wanted(const Settings& settings) const;
    [[nodiscard]] Result<void> checkPermissions();
    [[nodiscard]] Result<LiveHistory> readLiveHistory();
    [[nodiscard]] Result<void> checkHistory();
    [[nodiscard]] Result<void> makeRoom();
    [[nodiscard]] Result<void> recordOriginal();
    [[nodiscard]] Call<std::string> readLive();
    [[nodiscard]] std::string annotation() const;
    [[nodiscard]] Result<void> patch(const Settings& settings);
    [[nodiscard]] Result<std::string> awaitPod(const Settings& settings);
    void restore();

    PodWorld world_;
    Consent consent_;
    std::function<void(const std::string&)> note_;
    std::optional<RunJournal> journal_;
    RunRecord record_;
    bool hasOldRevisions_ = false;  ///< of others than this run
    std::optional<Bytes> ceiling_;
    PodLevelMemory pod_;
    AdmittedLimits admitted_;
    std::vector<Warning> warnings_;
    bool prepared_ = false;
};

}  // namespace memfit::plugin

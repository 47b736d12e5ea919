#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "journal/run_journal.h"
#include "memfit/kube/selectors.h"
#include "memfit/pod/admitted_pod.h"
#include "memfit/pod/trial_pod.h"
#include "testbed/pod/pod_world.h"
#include "testbed/testbed.h"

namespace memfit::plugin {

/// Asked once, before the first pod is made, with what the copy will do, a line each. Errors: the
/// answer was no, or there is nobody to ask.
using Consent = std::function<Result<void>(const std::vector<std::string>& disclosure)>;

/// Runs copies of a workload as pods of their own, which take no traffic and are removed after
/// each trial. Touches no live object. Instances must not outlive it.
class PodTestbed final : public Testbed {
public:
    /// `note` is told what a person should know of clean-up that failed.
    /// `journal`: removed when nothing of the run is left; nullopt: none could be written.
    PodTestbed(EventLoop& loop, Cluster& cluster, PodOptions options, Consent consent,
               std::function<void(const std::string&)> note, std::optional<RunJournal> journal);
    /// Removes whatever is left of the run.
    ~PodTestbed() override;

    [[nodiscard]] Target target() const override { return world_.target(); }
    [[nodiscard]] Environment environment() const override;
    [[nodiscard]] std::vector<Warning> warnings() const override;
    [[nodiscard]] std::optional<Bytes> ceiling() const override { return ceiling_; }
    [[nodiscard]] AdmittedLimits admitted() const override { return admitted_; }
    [[nodiscard]] Result<void> tryAdmission(const Settings& settings) override;
    [[nodiscard]] std::string via() const override { return world_.via(); }
    [[nodiscard]] Result<void> begin(const Settings& settings) override;
    [[nodiscard]] Result<std::unique_ptr<Instance>> start(const Settings& settings,
                                                          const std::string& folder) override;

private:
    [[nodiscard]] Result<void> prepare(const Settings& settings, const std::string& name);
    [[nodiscard]] Result<void> readNamespace();
    [[nodiscard]] Result<void> checkPermissions();
    [[nodiscard]] Result<void> checkClaims(const std::vector<std::string>& claims);
    [[nodiscard]] TrialPodPlan planFor(const Settings& settings, const std::string& name) const;
    [[nodiscard]] Call<AdmittedPod> send(const TrialPod& pod, const std::string& name, bool dryRun);
    [[nodiscard]] Call<void> rehearse(const Settings& settings, const std::string& name);
    [[nodiscard]] Result<void> admit(const Settings& settings, const std::string& name);
    [[nodiscard]] Error learnLeast(Settings settings, const CallError& refusal,
                                   const std::string& name);
    void warn(const std::string& code, const std::string& text);
    void removeAll();
    void remove(const std::string& pod);

    PodWorld world_;
    Consent consent_;
    std::function<void(const std::string&)> note_;
    std::optional<RunJournal> journal_;
    NamespaceSelectors selectors_;
    std::optional<Bytes> ceiling_;
    bool ceilingReserved_ = false;
    Bytes leastRequest_ = 0;  ///< of the run without a limit
    AdmittedLimits admitted_;
    std::optional<Bytes> smallestAdmitted_;  ///< of the limits that were tried
    std::optional<std::string> version_;
    std::vector<Warning> warnings_;
    std::set<std::string> existing_;  ///< trial pods that are not known to be removed
    int number_ = 0;
    bool prepared_ = false;
};

}  // namespace memfit::plugin

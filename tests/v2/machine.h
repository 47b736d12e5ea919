#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "memfit/trial/trial.h"
#include "process/event_loop.h"
#include "testbed/local/local_testbed.h"
#include "trial/trial_runner.h"

/// What the tests in tests/v2 do to the machine that they have for themselves: they are root in it.
namespace memfit::v2 {

/// Where cgroup v2 is mounted.
inline const std::filesystem::path hierarchy = "/sys/fs/cgroup";

/// The ordinary user, who is in no file of users.
inline constexpr uid_t ordinaryUser = 1000;

/// A cgroup that lives as long as this object, with those above it that are not there yet; the
/// controllers for memory and CPU are handed down to it. Destroying it kills what is in it.
class Cgroup {
public:
    /// `path`: below the hierarchy, `user.slice/run-1.scope`.
    explicit Cgroup(const std::filesystem::path& path);
    Cgroup(const Cgroup&) = delete;
    Cgroup& operator=(const Cgroup&) = delete;
    ~Cgroup();

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    void limitMemory(Bytes limit) const;
    /// As systemd's Delegate=yes does: the folder and the files that make and fill cgroups in it
    /// are the user's, the limits are not.
    void delegateTo(uid_t user) const;
    /// Words of a program that joins it and executes the words that follow.
    [[nodiscard]] std::vector<std::string> entering() const;
    /// The same as this user.
    [[nodiscard]] std::vector<std::string> enteringAs(uid_t user) const;
    /// Names of the cgroups below it.
    [[nodiscard]] std::vector<std::string> children() const;

private:
    std::filesystem::path folder_;
    std::filesystem::path topmost_;  ///< of what was made
};

/// This process is in the cgroup as long as this object lives.
class Membership {
public:
    explicit Membership(const Cgroup& cgroup);
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;
    ~Membership();

private:
    std::filesystem::path before_;
};

/// The machine swaps as long as this object lives.
class Swap {
public:
    Swap();
    Swap(const Swap&) = delete;
    Swap& operator=(const Swap&) = delete;
    ~Swap();
};

/// MemAvailable of /proc/meminfo.
[[nodiscard]] Bytes availableMemory();

/// `hungry` with these options, serving; `before` are shell commands that come first, in which
/// $own is the folder of the trial's cgroup.
[[nodiscard]] plugin::LocalOptions hungry(const std::vector<std::string>& words,
                                          const std::string& before = {});

/// One trial of a program with a limit, where a load has no report but its exit code.
[[nodiscard]] Trial trialOf(const plugin::LocalOptions& options, std::optional<Bytes> limit,
                            const std::string& load);

/// doctest would print an outcome through toString(), whose result it cannot take.
[[nodiscard]] std::string named(Outcome outcome);

}  // namespace memfit::v2

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"

namespace memfit::plugin {

/// What a run writes down of itself before it makes or changes anything, so that a later `cleanup`
/// knows what a killed one left.
struct RunRecord {
    std::string runId;
    std::optional<std::string> context;
    std::string ns;
    std::int64_t pid = 0;
    std::string processStart;  ///< tells the process from a later one with the same id

    /// Of a run with --in-place: the live workload, its settings before the first patch, and what
    /// each patch made of them (see memfit/pod/in_place.h).
    std::string workloadPath;   ///< `apis/apps/v1/namespaces/shop/deployments/api`
    std::string workloadLabel;  ///< `deployment/api`
    std::string workloadUid;
    std::string original;
    std::vector<std::string> ours;
    /// Uids of its revisions before the first patch; nullopt: not written down.
    std::optional<std::vector<std::string>> revisionsBefore;
    /// The settings are as they were; what may be left are revisions that trials made.
    bool restored = false;

    friend bool operator==(const RunRecord&, const RunRecord&) = default;
};

/// The append-only record of one run, a file of JSON lines in
/// `${XDG_STATE_HOME:-~/.local/state}/kubectl-memfit/runs`, for its owner only. Every line is on
/// disk when a call returns. The file is removed when the run has cleaned up after itself; what is
/// left is a run that was killed.
class RunJournal {
public:
    /// Errors: the folder or the file cannot be written.
    [[nodiscard]] static Result<RunJournal> begin(const RunRecord& record);

    RunJournal(RunJournal&& other) noexcept;
    RunJournal& operator=(RunJournal&&) = delete;
    RunJournal(const RunJournal&) = delete;
    RunJournal& operator=(const RunJournal&) = delete;
    /// Leaves the file where it is, unless finish() was called.
    ~RunJournal();

    [[nodiscard]] Result<void> noteOriginal(const RunRecord& record);
    [[nodiscard]] Result<void> noteOurs(const std::string& ours);
    [[nodiscard]] Result<void> noteRestored();
    /// The same in the file of a run that was killed.
    [[nodiscard]] static Result<void> noteRestoredIn(const std::filesystem::path& file);
    /// Nothing of the run is left: removes the file.
    void finish();

private:
    RunJournal(std::filesystem::path path, int file);
    [[nodiscard]] Result<void> append(const std::string& line);

    std::filesystem::path path_;
    int file_ = -1;
};

/// All runs that left a journal, with the file of each. What cannot be read is left out.
struct JournaledRun {
    RunRecord record;
    std::filesystem::path file;
};
[[nodiscard]] std::vector<JournaledRun> journaledRuns();

/// The process that wrote the record still runs.
[[nodiscard]] bool isAlive(const RunRecord& record);

/// The part of a record that names this process.
[[nodiscard]] RunRecord ownRecord(std::string runId, std::optional<std::string> context,
                                  std::string ns);

}  // namespace memfit::plugin

#include "journal/run_journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill() is not in <csignal>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

namespace memfit::plugin {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::string_view suffix = ".jsonl";
constexpr std::uintmax_t largestJournal = std::uintmax_t{64} * 1024 * 1024;

Result<fs::path> runsFolder() {
    const char* const state = std::getenv("XDG_STATE_HOME");
    if (state != nullptr && *state == '/') return fs::path(state) / "kubectl-memfit" / "runs";
    const char* const home = std::getenv("HOME");
    if (home == nullptr || *home != '/') {
        return failure("no folder for the journal of the run: HOME is not set",
                       "set HOME or XDG_STATE_HOME");
    }
    return fs::path(home) / ".local" / "state" / "kubectl-memfit" / "runs";
}

Error cannotWrite(const fs::path& path) {
    return failure(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)),
                   "set XDG_STATE_HOME to a folder that can be written to");
}

/// When the process began, and in which boot of the machine; empty where /proc does not tell, and
/// of one that has ended and only waits for its parent to look.
std::string startOf(std::int64_t pid) {
    std::ifstream stat(fmt::format("/proc/{}/stat", pid));
    const std::string text((std::istreambuf_iterator<char>(stat)), {});
    const auto name = text.rfind(')');
    if (name == std::string::npos) return {};
    // starttime is the 22nd field, the 20th after the name [proc(5)].
    constexpr int fieldsAfterName = 20;
    std::istringstream fields(text.substr(name + 1));
    std::string field;
    for (int i = 0; i < fieldsAfterName; ++i) {
        fields >> field;
        const bool isState = i == 0;
        if (isState && (field == "Z" || field == "X")) return {};
    }
    std::ifstream boot("/proc/sys/kernel/random/boot_id");
    std::string bootId;
    boot >> bootId;
    return fmt::format("{}/{}", bootId, field);
}

std::string textAt(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Nothing when there is no list, or when it holds anything but strings.
std::optional<std::vector<std::string>> textsAt(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_array()) return std::nullopt;
    std::vector<std::string> texts;
    for (const auto& one : *found) {
        if (!one.is_string()) return std::nullopt;
        texts.push_back(one.get<std::string>());
    }
    return texts;
}

/// One line; what is no UTF-8 (of a command line) is replaced.
std::string lineOf(const Json& entry) {
    return entry.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json runLine(const RunRecord& record) {
    Json line{{"type", "run"},
              {"runId", record.runId},
              {"namespace", record.ns},
              {"pid", record.pid},
              {"processStart", record.processStart}};
    if (record.context) line["context"] = *record.context;
    return line;
}

void readLine(const Json& line, RunRecord& record) {
    const auto type = textAt(line, "type");
    if (type == "run") {
        record.runId = textAt(line, "runId");
        record.ns = textAt(line, "namespace");
        if (line.contains("context")) record.context = textAt(line, "context");
        if (line.contains("pid") && line["pid"].is_number_integer()) {
            record.pid = line["pid"].get<std::int64_t>();
        }
        record.processStart = textAt(line, "processStart");
    } else if (type == "original") {
        record.workloadPath = textAt(line, "path");
        record.workloadLabel = textAt(line, "label");
        record.workloadUid = textAt(line, "uid");
        record.original = textAt(line, "original");
        record.revisionsBefore = textsAt(line, "revisions");
    } else if (type == "ours") {
        record.ours.push_back(textAt(line, "ours"));
    } else if (type == "restored") {
        record.restored = true;
    }
}

std::optional<RunRecord> readRecord(const fs::path& path) {
    std::error_code error;
    if (fs::file_size(path, error) > largestJournal || error) return std::nullopt;
    std::ifstream file(path);
    RunRecord record;
    for (std::string line; std::getline(file, line);) {
        // The last line of a run that was killed while it wrote may be cut.
        const auto tree = Json::parse(line, nullptr, false);
        if (tree.is_object()) readLine(tree, record);
    }
    if (record.runId.empty()) return std::nullopt;
    return record;
}

}  // namespace

RunRecord ownRecord(std::string runId, std::optional<std::string> context, std::string ns) {
    RunRecord record;
    record.runId = std::move(runId);
    record.context = std::move(context);
    record.ns = std::move(ns);
    record.pid = ::getpid();
    record.processStart = startOf(record.pid);
    return record;
}

bool isAlive(const RunRecord& record) {
    if (record.pid <= 0) return false;
    if (::kill(static_cast<pid_t>(record.pid), 0) == -1 && errno == ESRCH) return false;
    return record.processStart.empty() || startOf(record.pid) == record.processStart;
}

Result<RunJournal> RunJournal::begin(const RunRecord& record) {
    const auto folder = runsFolder();
    if (!folder) return folder.error();
    std::error_code error;
    fs::create_directories(*folder, error);
    if (error) {
        errno = error.value();
        return cannotWrite(*folder);
    }
    fs::permissions(*folder, fs::perms::owner_all, error);
    auto path = *folder / (record.runId + std::string(suffix));
    const int file =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file == -1) return cannotWrite(path);
    RunJournal journal(std::move(path), file);
    if (auto written = journal.append(lineOf(runLine(record))); !written) return written.error();
    return journal;
}

RunJournal::RunJournal(fs::path path, int file) : path_(std::move(path)), file_(file) {}

RunJournal::RunJournal(RunJournal&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}

RunJournal::~RunJournal() {
    if (file_ != -1) ::close(file_);
}

Result<void> RunJournal::append(const std::string& line) {
    const std::string text = line + "\n";
    std::size_t written = 0;
    while (written < text.size()) {
        const auto size = ::write(file_, text.data() + written, text.size() - written);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return cannotWrite(path_);
        written += static_cast<std::size_t>(size);
    }
    if (::fsync(file_) != 0) return cannotWrite(path_);
    return {};
}

Result<void> RunJournal::noteOriginal(const RunRecord& record) {
    Json line{{"type", "original"},
              {"path", record.workloadPath},
              {"label", record.workloadLabel},
              {"uid", record.workloadUid},
              {"original", record.original}};
    if (record.revisionsBefore) line["revisions"] = *record.revisionsBefore;
    return append(lineOf(line));
}

Result<void> RunJournal::noteOurs(const std::string& ours) {
    return append(lineOf({{"type", "ours"}, {"ours", ours}}));
}

Result<void> RunJournal::noteRestored() {
    return append(lineOf({{"type", "restored"}}));
}

Result<void> RunJournal::noteRestoredIn(const fs::path& file) {
    const int opened = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (opened == -1) return cannotWrite(file);
    RunJournal journal(file, opened);
    // What the run wrote last may be cut.
    if (auto ended = journal.append(""); !ended) return ended;
    return journal.noteRestored();
}

void RunJournal::finish() {
    std::error_code ignored;
    fs::remove(path_, ignored);
}

std::vector<JournaledRun> journaledRuns() {
    std::vector<JournaledRun> runs;
    const auto folder = runsFolder();
    if (!folder) return runs;
    std::error_code error;
    // Not a range-for: its increment throws when the folder changes badly under it.
    for (fs::directory_iterator at(*folder, error); !error && at != fs::directory_iterator();
         at.increment(error)) {
        if (at->path().extension() != suffix) continue;
        if (auto record = readRecord(at->path())) {
            runs.push_back({*std::move(record), at->path()});
        }
    }
    std::sort(runs.begin(), runs.end(), [](const JournaledRun& a, const JournaledRun& b) {
        return a.record.runId < b.record.runId;
    });
    return runs;
}

}  // namespace memfit::plugin

#include "journal/run_journal.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "support/environment.h"
#include "support/world.h"

using namespace memfit;
using namespace memfit::plugin;
using memfit::test::EnvironmentVariable;

namespace fs = std::filesystem;

namespace {

/// A place for journals.
struct State {
    test::TemporaryFolder folder;
    EnvironmentVariable variable{"XDG_STATE_HOME", folder.path().string()};

    [[nodiscard]] fs::path runs() const { return folder.path() / "kubectl-memfit" / "runs"; }
    [[nodiscard]] fs::path journal(const std::string& runId) const {
        return runs() / (runId + ".jsonl");
    }
    void write(const std::string& name, const std::string& text) const {
        (void)folder.file("kubectl-memfit/runs/" + name, text);
    }
};

RunJournal begun(const RunRecord& record) {
    auto journal = RunJournal::begin(record);
    REQUIRE_MESSAGE(journal.has_value(), (journal ? "" : journal.error().message()));
    return *std::move(journal);
}

Error errorOfBegin() {
    const auto journal = RunJournal::begin(ownRecord("1a", std::nullopt, "shop"));
    REQUIRE_FALSE(journal.has_value());
    return journal.error();
}

RunRecord onlyRecord() {
    const auto runs = journaledRuns();
    REQUIRE(runs.size() == 1);
    return runs.front().record;
}

RunRecord inPlaceRecord() {
    auto record = ownRecord("1a2b3c4d", "prod", "shop");
    record.workloadPath = "apis/apps/v1/namespaces/shop/deployments/api";
    record.workloadLabel = "deployment/api";
    record.workloadUid = "5c0f-77";
    record.original = R"({"replicas":3,"note":"two
lines, \"quoted\", ä"})";
    record.revisionsBefore = {"5c0f-78", "5c0f-79"};
    return record;
}

}  // namespace

TEST_CASE("what a run writes down is read back whole, as of the last line") {
    const State state;
    auto record = inPlaceRecord();
    auto journal = begun(record);
    CHECK(onlyRecord() == ownRecord("1a2b3c4d", "prod", "shop"));

    REQUIRE(journal.noteOriginal(record).has_value());
    CHECK(onlyRecord() == record);

    for (const std::string ours : {R"({"limit":"64Mi"})", R"({"limit":"32Mi"})"}) {
        REQUIRE(journal.noteOurs(ours).has_value());
        record.ours.push_back(ours);
        CHECK(onlyRecord() == record);
    }
    CHECK(journaledRuns().front().file == state.journal("1a2b3c4d"));

    REQUIRE(journal.noteRestored().has_value());
    record.restored = true;
    CHECK(onlyRecord() == record);
}

TEST_CASE("revisions that were not written down are unknown, not none") {
    const State state;
    auto record = inPlaceRecord();
    record.revisionsBefore = std::nullopt;
    auto journal = begun(record);
    REQUIRE(journal.noteOriginal(record).has_value());
    CHECK(onlyRecord() == record);
    state.write("0.jsonl", R"({"type":"run","runId":"0"}
{"type":"original","revisions":["a",7]})");
    CHECK_FALSE(journaledRuns().front().record.revisionsBefore);
    record.revisionsBefore = std::vector<std::string>();
    REQUIRE(journal.noteOriginal(record).has_value());
    CHECK(journaledRuns().back().record == record);
}

TEST_CASE("that a killed run's workload is restored is noted in its journal, cut as it may be") {
    const State state;
    state.write("1a.jsonl", "{\"type\":\"run\",\"runId\":\"1a\"}\n{\"type\":\"ours\",\"ou");
    CHECK_FALSE(onlyRecord().restored);
    REQUIRE(RunJournal::noteRestoredIn(state.journal("1a")).has_value());
    CHECK(onlyRecord().restored);
    CHECK(onlyRecord().ours.empty());
    CHECK(RunJournal::noteRestoredIn(state.journal("2b")).has_error());
}

TEST_CASE("a run without a context has none when it is read back, not an empty one") {
    const State state;
    const auto journal = begun(ownRecord("1a", std::nullopt, "shop"));
    CHECK(onlyRecord() == ownRecord("1a", std::nullopt, "shop"));
    CHECK_FALSE(onlyRecord().context);
}

TEST_CASE("a journal outlives a run that does not finish, and goes with one that does") {
    const State state;
    {
        const auto journal = begun(ownRecord("1a", std::nullopt, "shop"));
    }
    CHECK(journaledRuns().size() == 1);
    auto moved = begun(ownRecord("2b", std::nullopt, "shop"));
    auto journal = std::move(moved);
    journal.finish();
    CHECK_FALSE(fs::exists(state.journal("2b")));
    CHECK(onlyRecord().runId == "1a");
}

TEST_CASE("journal and folder are their owner's alone, whatever the umask and whoever made them") {
    const State state;
    fs::create_directories(state.runs());
    fs::permissions(state.runs(), fs::perms{0755});
    const auto before = ::umask(0);
    const auto journal = begun(ownRecord("1a", std::nullopt, "shop"));
    ::umask(before);
    CHECK((fs::status(state.runs()).permissions() == fs::perms{0700}));
    CHECK((fs::status(state.journal("1a")).permissions() == fs::perms{0600}));
}

TEST_CASE("a last line that was cut while it was written takes nothing else along") {
    const State state;
    auto record = inPlaceRecord();
    {
        auto journal = begun(record);
        REQUIRE(journal.noteOriginal(record).has_value());
        REQUIRE(journal.noteOurs("first").has_value());
        REQUIRE(journal.noteOurs("second").has_value());
    }
    const auto path = state.journal(record.runId);
    fs::resize_file(path, fs::file_size(path) - std::string_view("ond\"}\n").size());
    record.ours = {"first"};
    CHECK(onlyRecord() == record);
}

TEST_CASE("a file that is not a journal is left out, and the others are listed in order") {
    const State state;
    state.write("0.jsonl", "");
    state.write("1.jsonl", R"({"type":"run","runId":"1","names)");
    state.write("2.jsonl", R"({"type":"run","runId":2})");
    state.write("3.jsonl", R"([{"type":"run","runId":"3"}])");
    state.write("4.txt", R"({"type":"run","runId":"4"})");
    state.write("5.jsonl", "{\"type\":\"ours\",\"ours\":\"x\"}\n\xff\xfe\n");
    fs::create_directory(state.journal("6"));
    state.write("b.jsonl", R"({"type":"run","runId":"b","pid":"7","context":null,"extra":{}})");
    state.write("a.jsonl", "no JSON\n{\"type\":\"run\",\"runId\":\"a\",\"namespace\":\"shop\"}\n");
    const auto runs = journaledRuns();
    REQUIRE(runs.size() == 2);
    RunRecord first;
    first.runId = "a";
    first.ns = "shop";
    CHECK(runs[0].record == first);
    CHECK(runs[1].record.runId == "b");
    CHECK(runs[1].record.pid == 0);
    CHECK_FALSE(isAlive(runs[1].record));
}

TEST_CASE("words of a command line that are not UTF-8 do not stop a run from writing its journal") {
    const State state;
    const auto journal = begun(ownRecord("1a", "prod\xff", "shop"));
    CHECK(onlyRecord().context == "prod\xEF\xBF\xBD");
}

TEST_CASE("a journal is never written over") {
    const State state;
    const auto journal = begun(ownRecord("1a", std::nullopt, "shop"));
    CHECK(errorOfBegin().message() ==
          "cannot write " + state.journal("1a").string() +
              ": File exists; set XDG_STATE_HOME to a folder that can be written to");
    CHECK(onlyRecord().runId == "1a");
}

TEST_CASE("without XDG_STATE_HOME, or with a relative one, journals are below HOME") {
    const test::TemporaryFolder home;
    const EnvironmentVariable homeVariable("HOME", home.path().string());
    for (const auto& value : {std::optional<std::string>(), std::optional<std::string>("state")}) {
        const EnvironmentVariable state("XDG_STATE_HOME", value);
        auto journal = begun(ownRecord("1a", std::nullopt, "shop"));
        CHECK(journaledRuns().front().file ==
              home.path() / ".local" / "state" / "kubectl-memfit" / "runs" / "1a.jsonl");
        journal.finish();
    }
}

TEST_CASE("without HOME there is no journal, and no run is known") {
    const EnvironmentVariable state("XDG_STATE_HOME", std::nullopt);
    const EnvironmentVariable home("HOME", std::nullopt);
    CHECK(errorOfBegin().message() ==
          "no folder for the journal of the run: HOME is not set; set HOME or XDG_STATE_HOME");
    CHECK(journaledRuns().empty());
}

TEST_CASE("a folder that cannot be made is an error that names it") {
    const test::TemporaryFolder folder;
    const auto file = folder.file("file", "x");
    const EnvironmentVariable state("XDG_STATE_HOME", file.string());
    CHECK(errorOfBegin().message() ==
          "cannot write " + (file / "kubectl-memfit" / "runs").string() +
              ": Not a directory; set XDG_STATE_HOME to a folder that can be written to");
    CHECK(journaledRuns().empty());
}

TEST_CASE("a run is alive while its process is, and not when another got the number") {
    auto record = ownRecord("1a", std::nullopt, "shop");
    CHECK(record.pid == ::getpid());
    CHECK_FALSE(record.processStart.empty());
    CHECK(isAlive(record));

    auto later = record;
    later.processStart += "0";
    CHECK_FALSE(isAlive(later));

    auto unknown = record;
    unknown.processStart.clear();
    CHECK(isAlive(unknown));

    for (const std::int64_t pid : {std::int64_t{0}, std::int64_t{-1}}) {
        auto none = unknown;
        none.pid = pid;
        CHECK_FALSE(isAlive(none));
    }

    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    record.pid = child;
    CHECK_FALSE(isAlive(record));
    unknown.pid = child;
    CHECK_FALSE(isAlive(unknown));
}

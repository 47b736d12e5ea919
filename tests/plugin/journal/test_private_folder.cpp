#include "journal/private_folder.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "support/environment.h"
#include "support/world.h"

using namespace memfit;
using namespace memfit::plugin;
using memfit::test::EnvironmentVariable;

namespace fs = std::filesystem;

namespace {

/// A place for private folders.
struct Place {
    test::TemporaryFolder folder;
    EnvironmentVariable runtime{"XDG_RUNTIME_DIR", std::nullopt};
    EnvironmentVariable temporary{"TMPDIR", folder.path().string()};

    fs::path makeNamed(const std::string& name) const {
        const auto path = folder.path() / name;
        fs::create_directory(path);
        return path;
    }
};

PrivateFolder made() {
    auto folder = PrivateFolder::make();
    REQUIRE_MESSAGE(folder.has_value(), (folder ? "" : folder.error().message()));
    return *std::move(folder);
}

/// The id of a process that has ended.
pid_t deadProcess() {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    REQUIRE(child > 0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    return child;
}

}  // namespace

TEST_CASE(
    "a private folder is its owner's alone, named by the process, and goes with its content") {
    const Place place;
    fs::path path;
    {
        const auto folder = made();
        path = folder.path();
        CHECK(path.parent_path() == place.folder.path());
        CHECK(path.filename().string().starts_with(fmt::format("kubectl-memfit-{}-", ::getpid())));
        CHECK((fs::status(path).permissions() == fs::perms::owner_all));
        fs::create_directory(path / "sub");
        std::ofstream(path / "sub" / "file") << "x";
    }
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a private folder that was moved is removed once, at the end of the new owner") {
    const Place place;
    std::optional<PrivateFolder> kept;
    {
        auto folder = made();
        kept.emplace(std::move(folder));
    }
    const auto path = kept->path();
    CHECK(fs::is_directory(path));
    kept.reset();
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE("folders of processes that no longer run are removed, those of running ones are kept") {
    const Place place;
    const auto dead = place.makeNamed(fmt::format("kubectl-memfit-{}-abc123", deadProcess()));
    std::ofstream(dead / "api") << "x";
    const auto own = place.makeNamed(fmt::format("kubectl-memfit-{}-abc123", ::getpid()));
    const auto parent = place.makeNamed(fmt::format("kubectl-memfit-{}-abc123", ::getppid()));
    const auto folder = made();
    CHECK_FALSE(fs::exists(dead));
    CHECK(fs::exists(own));
    CHECK(fs::exists(parent));
}

TEST_CASE("a folder that a process holds which cannot be seen from here is kept") {
    const Place place;
    const auto held = place.makeNamed(fmt::format("kubectl-memfit-{}-abc123", deadProcess()));
    const int lock = ::open(held.c_str(), O_RDONLY | O_DIRECTORY);
    REQUIRE(::flock(lock, LOCK_SH) == 0);
    CHECK(abandonedFolders().empty());
    {
        const auto folder = made();
        CHECK(fs::exists(held));
    }
    ::close(lock);
    CHECK(abandonedFolders() == std::vector<fs::path>{held});
}

TEST_CASE("a folder for data is where TMPDIR says, else on disk") {
    const Place place;
    const test::TemporaryFolder session;
    const EnvironmentVariable runtime("XDG_RUNTIME_DIR", session.path().string());
    const auto folder = PrivateFolder::makeForData();
    REQUIRE(folder.has_value());
    CHECK(folder->path().parent_path() == place.folder.path());
    const EnvironmentVariable none("TMPDIR", std::nullopt);
    CHECK(dataFolder() == (fs::is_directory("/var/tmp") ? "/var/tmp" : "/tmp"));
}

TEST_CASE("a folder in which a program has forbidden to write goes all the same") {
    const Place place;
    const auto folder = place.makeNamed("data");
    fs::create_directories(folder / "a" / "b");
    std::ofstream(folder / "a" / "b" / "file") << "x";
    fs::permissions(folder / "a" / "b", fs::perms::owner_read);
    fs::permissions(folder / "a", fs::perms::none);
    CHECK(removeWhole(folder));
    CHECK_FALSE(fs::exists(folder));
}

TEST_CASE("what only looks like a folder of ours is left alone") {
    const Place place;
    const auto dead = deadProcess();
    const std::vector<fs::path> others{
        place.makeNamed("kubectl-memfit-notes"),
        place.makeNamed(fmt::format("kubectl-memfit-{}", dead)),
        place.makeNamed(fmt::format("kubectl-memfit-{}x-1", dead)),
        place.makeNamed(fmt::format("other-{}-abc123", dead)),
        place.makeNamed("kubectl-memfit--1-abc123"),
        place.makeNamed("kubectl-memfit-0-abc123"),
        place.makeNamed("kubectl-memfit-99999999999999999999-abc123"),
        place.folder.file(fmt::format("kubectl-memfit-{}-file", dead), "x"),
    };
    const auto target = place.makeNamed("target");
    const auto link = place.folder.path() / fmt::format("kubectl-memfit-{}-link", dead);
    fs::create_directory_symlink(target, link);
    const auto folder = made();
    for (const auto& other : others) {
        CAPTURE(other.string());
        CHECK(fs::exists(other));
    }
    CHECK(fs::exists(target));
    CHECK(fs::is_symlink(link));
}

TEST_CASE("the folder of the login session is taken before the temporary one, if it is ours") {
    const Place place;
    const test::TemporaryFolder session;
    {
        const EnvironmentVariable runtime("XDG_RUNTIME_DIR", session.path().string());
        CHECK(made().path().parent_path() == session.path());
    }
    const auto link = (session.path() / "link").string();
    fs::create_directory_symlink(session.path(), link);
    for (const std::string& no : {std::string("relative"), std::string("/nowhere"), link}) {
        CAPTURE(no);
        const EnvironmentVariable runtime("XDG_RUNTIME_DIR", no);
        CHECK(made().path().parent_path() == place.folder.path());
    }
}

TEST_CASE("a private folder that cannot be made is an error with a way out") {
    const EnvironmentVariable runtime("XDG_RUNTIME_DIR", std::nullopt);
    const EnvironmentVariable temporary("TMPDIR", "/proc");
    const auto folder = PrivateFolder::make();
    REQUIRE_FALSE(folder.has_value());
    CHECK(folder.error().what.starts_with("cannot make a private folder in /proc: "));
    CHECK(folder.error().next == "set TMPDIR to a folder that can be written to");
}

#include "kubectl/private_folder.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
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

TEST_CASE("folders of processes that are no more are removed, those of living ones are kept") {
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

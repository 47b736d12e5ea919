#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "cli/complete.h"
#include "cli/options.h"
#include "cli/parse.h"

using namespace memfit::plugin;

namespace {

std::string texts(const std::vector<std::string>& words) {
    std::string all;
    for (const auto& candidate : complete(words).candidates) all += candidate.text + " ";
    return all;
}

std::string manPage(std::string_view command) {
    std::ifstream file(fmt::format("{}/kubectl-memfit-{}.1", MEMFIT_MAN_PAGES, command));
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// As mdoc writes a flag of two dashes.
std::string inMan(std::string_view name) {
    std::string text = "Fl \\-";
    for (const char c : name) text += c == '-' ? "\\-" : std::string(1, c);
    return text;
}

}  // namespace

TEST_CASE("every flag is in the completion, the man page and the help of its commands") {
    for (const auto& command : commandTable()) {
        const auto flags = texts({std::string(command.name), "--"});
        const auto man = manPage(command.name);
        const auto help = commandHelp(command);
        for (const auto& option : optionTable()) {
            const bool takes = (option.commands & bit(command.kind)) != 0;
            CAPTURE(command.name);
            CAPTURE(option.name);
            const auto flag = fmt::format("--{} ", option.name);
            CHECK((flags.find(flag) != std::string::npos) == takes);
            if (!takes) continue;
            CHECK(man.find(inMan(option.name)) != std::string::npos);
            CHECK(help.find("--" + std::string(option.name)) != std::string::npos);
        }
    }
}

TEST_CASE("the first word is a command") {
    CHECK(texts({""}) == "probe squeeze bench recommend lint cleanup help ");
    CHECK(texts({"re"}) == "recommend ");
    CHECK(texts({"help", "b"}) == "bench ");
    CHECK(texts({"unknown", "x"}).empty());
}

TEST_CASE("a value is completed wherever it stands") {
    CHECK(texts({"recommend", "--policy", ""}) == "balanced lean fast no-limit ");
    CHECK(texts({"recommend", "--policy=l"}) == "--policy=lean ");
    CHECK(texts({"lint", "-o", "sa"}) == "sarif ");
    CHECK(texts({"lint", "-qo", "sa"}) == "sarif ");
    CHECK(texts({"squeeze", "--load", "hey --", "-o", "y"}) == "yaml ");
    CHECK(texts({"squeeze", "-o", ""}) == "table json yaml markdown html ");
    CHECK(texts({"recommend", "-o", ""}) == "table json yaml markdown html patch ");
    CHECK(texts({"lint", "--output="}) ==
          "--output=table --output=json --output=yaml --output=markdown --output=html "
          "--output=sarif --output=github ");
    CHECK(complete({"bench", "-f", ""}).files);
    CHECK(texts({"recommend", "--tolerance", ""}).empty());
}

TEST_CASE("a target is a type, then a name of the cluster, and stands once") {
    const auto type = complete({"squeeze", "st"});
    CHECK(type.candidates == std::vector<Candidate>{{"sts/", ""}});
    CHECK(type.noSpace);
    const auto name = complete({"squeeze", "-n", "shop", "deploy/a"});
    CHECK((name.live == Completion::Live::workloads));
    CHECK(name.type == "deploy");
    CHECK(name.before == "deploy/");
    CHECK(complete({"squeeze", "deploy/api", ""}) == Completion{});
    CHECK((complete({"squeeze", "--namespace", ""}).live == Completion::Live::namespaces));
    CHECK((complete({"squeeze", "--context=a"}).live == Completion::Live::contexts));
    CHECK(complete({"lint", ""}).files);
}

TEST_CASE("after two dashes stands a program with its own words") {
    const auto program = complete({"probe", "--local", "--", "./api", "--fl"});
    CHECK(program.candidates.empty());
    CHECK(program.files);
}

TEST_CASE("the connection that was typed is the one that is asked") {
    const auto typed = typedConnection({"squeeze", "-n", "shop", "--context=prod", "--load", "-n",
                                        "--insecure-skip-tls-verify", "deploy/"});
    CHECK(typed.ns == "shop");
    CHECK(typed.flags == std::vector<std::string>{"--context=prod", "--insecure-skip-tls-verify"});
}

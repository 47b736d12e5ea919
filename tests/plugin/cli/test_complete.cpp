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
        CHECK(flags.ends_with("--help "));
        CHECK(man.find(inMan("help")) != std::string::npos);
        CHECK(help.find("--help") != std::string::npos);
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
    CHECK(texts({"squeeze", "-oj"}) == "-ojson ");
    CHECK(texts({"squeeze", "-qoj"}) == "-qojson ");
    CHECK(texts({"squeeze", "-oj", "--mode", "p"}) == "plain ");
    CHECK(texts({"cleanup", "-o", ""}) == "table ");
    CHECK(complete({"bench", "-f", ""}).files);
    CHECK(complete({"recommend", "--edit=b"}).files);
    CHECK(texts({"recommend", "--tolerance", ""}).empty());
}

TEST_CASE("a list is completed word by word, and says nothing twice") {
    CHECK(texts({"bench", "--modes", ""}) == "plain gomemlimit ");
    CHECK(texts({"bench", "--modes", "plain,"}) == "plain,gomemlimit ");
    CHECK(texts({"bench", "--modes=g"}) == "--modes=gomemlimit ");
    CHECK(texts({"bench", "--limits", ""}) == "none min sys 2x 4x ");
    CHECK(texts({"bench", "--limits", "none,min,"}) == "none,min,sys none,min,2x none,min,4x ");
    CHECK(texts({"bench", "--limits=64Mi,s"}) == "--limits=64Mi,sys ");
}

TEST_CASE("values that may be others too are offered") {
    CHECK(texts({"squeeze", "--gomemlimit", ""}) == "limit ");
    CHECK(texts({"squeeze", "--gomemlimit=9"}).empty());
}

TEST_CASE("a target is a type, then a name of the cluster, and stands once") {
    const auto type = complete({"squeeze", "st"});
    CHECK(type.candidates == std::vector<Candidate>{{"sts/", ""}});
    CHECK(type.noSpace);
    const auto name = complete({"squeeze", "-n", "shop", "deploy/a"});
    CHECK((name.live == LiveNames::workloads));
    CHECK(name.of == std::vector<std::string>{"deploy"});
    CHECK(name.before == "deploy/");
    CHECK(complete({"squeeze", "deploy/api", ""}) == Completion{});
    CHECK(complete({"lint", ""}).files);
}

TEST_CASE("a type and a name may be two words") {
    const auto name = complete({"squeeze", "deploy", "--mode", "plain", "a"});
    CHECK((name.live == LiveNames::workloads));
    CHECK(name.of == std::vector<std::string>{"deploy"});
    CHECK(name.before.empty());
    CHECK(name.candidates.empty());
    CHECK(complete({"squeeze", "deploy", "api", ""}) == Completion{});
}

TEST_CASE("recommend takes several types") {
    CHECK(texts({"recommend", "deploy,"}) == "deploy,sts deploy,ds deploy,rs deploy,pod ");
    CHECK(texts({"recommend", "deploy,sts,d"}) == "deploy,sts,ds ");
    CHECK(complete({"recommend", "deploy,sts", ""}) == Completion{});
}

TEST_CASE("what a flag names is asked of the cluster or the kubeconfig") {
    CHECK((complete({"squeeze", "--namespace", ""}).live == LiveNames::namespaces));
    CHECK((complete({"squeeze", "-nsh"}).live == LiveNames::namespaces));
    CHECK(complete({"squeeze", "-nsh"}).before == "-n");
    CHECK((complete({"squeeze", "--context=a"}).live == LiveNames::contexts));
    CHECK((complete({"squeeze", "--cluster", ""}).live == LiveNames::clusters));
    CHECK((complete({"squeeze", "--user", ""}).live == LiveNames::users));
    const auto container = complete({"squeeze", "deploy", "api", "-c", ""});
    CHECK((container.live == LiveNames::containers));
    CHECK(container.of == std::vector<std::string>{"deploy", "api"});
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
    CHECK(typedConnection({"squeeze", "-qnshop", "deploy/"}).ns == "shop");
}

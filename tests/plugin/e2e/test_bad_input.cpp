#include <doctest/doctest.h>

#include "support/fixtures.h"
#include "support/memfit_binary.h"

using namespace memfit::test;

namespace {

struct Row {
    std::vector<std::string> words;
    int code;
    std::string error;
};

void check(const std::vector<Row>& rows) {
    for (const auto& row : rows) {
        CAPTURE(fmt::format("{}", fmt::join(row.words, " ")));
        const auto end = memfitRun(row.words);
        CHECK(end.code == row.code);
        CHECK(end.out.empty());
        CHECK(end.err == "error: " + row.error + "\n");
    }
}

}  // namespace

TEST_CASE("bounds and quantities that make no sense are refused before anything is started") {
    const auto squeeze = [](const std::vector<std::string>& flags) {
        return HungryCommand{.flags = flags}.words();
    };
    check({
        {squeeze({"--from", "20Mi", "--to", "10Mi"}), 2,
         "--from 20 MiB is above --to 10 MiB; swap them"},
        {squeeze({"--from", "17MB"}), 2,
         "--from: \"17MB\" is not a quantity: Kubernetes knows no suffix \"MB\"; write 17M or "
         "17Mi"},
        {squeeze({"--to", "1.5GiB"}), 2,
         "--to: \"1.5GiB\" is not a quantity: Kubernetes knows no suffix \"GiB\"; write 1.5Gi"},
        {squeeze({"--to", "100m"}), 2,
         "--to: '100m' is a fraction of a byte; use M or Mi for a size of memory"},
        {squeeze({"--ceiling", "0"}), 2,
         "--ceiling: '0' is not more than 0; write a size such as 64Mi"},
        {squeeze({"--confirm", "0"}), 2, "--confirm: '0' is not a whole number from 1 to 1000"},
        {squeeze({"--load-timeout", "soon"}), 2,
         "--load-timeout: 'soon' is not a duration; write it as 500ms, 90s or 2m"},
    });
}

TEST_CASE("a results file that cannot be used is named, with the place of the fault") {
    const TemporaryFolder folder;
    const auto whole = readFixture("replay/seed-bench.json");
    const auto cut = folder.file("cut.json", whole.substr(0, 700)).string();
    const auto empty = folder.file("empty.json", "").string();
    const auto pod = folder.file("pod.json", R"({"apiVersion": "v1", "kind": "Pod"})").string();
    const auto list =
        folder.file("list.json", "{\"apiVersion\": \"memfit.dev/v1alpha1\",\n \"kind\": \"Lint\"}")
            .string();
    const auto missing = (folder.path() / "missing.json").string();
    check({
        {{"recommend", "-f", cut},
         1,
         cut + ":36:19: the document ends in the middle; take the whole output of the command that "
               "wrote it"},
        {{"recommend", "-f", empty},
         1,
         empty +
             ": there is no result document in it; give what probe, squeeze or bench wrote with "
             "-o json"},
        {{"recommend", "-f", pod},
         1,
         pod +
             ":1:1: apiVersion is \"v1\", expected memfit.dev/v1alpha1; use the memfit that wrote "
             "it"},
        {{"recommend", "-f", list},
         1,
         list + ":1:1: kind is \"Lint\", not one of ProbeResult, SqueezeResult, BenchResult, "
                "Recommendation"},
        {{"recommend", "-f", missing},
         1,
         "cannot open " + missing +
             ": No such file or directory; give a file that squeeze, bench or recommend wrote with "
             "-o json"},
        {{"recommend", "-f", folder.path().string()},
         1,
         "cannot read " + folder.path().string() + ": Is a directory"},
    });
}

TEST_CASE("results of two targets are refused by both their names") {
    const TemporaryFolder folder;
    auto other = readFixture("replay/seed-squeeze.json");
    other.replace(other.find("sales-api"), 9, "other-api");
    const auto file = folder.file("other.json", other).string();
    check({{{"recommend", "-f", fixturePath("replay/seed-bench.json"), "-f", file},
            1,
            file + ":1:1: the results are of two targets, deployment/sales-api in sales-system and "
                   "deployment/other-api in sales-system; give the results of one target"}});
}

TEST_CASE("a standard output that cannot be written to is an error") {
    for (const std::string redirection : {">/dev/full", ">&-"}) {
        CAPTURE(redirection);
        const auto end = memfitRun({"recommend", "-f", fixturePath("replay/seed-bench.json")},
                                   {.before = {"sh", "-c", "exec \"$@\" " + redirection, "sh"}});
        CHECK(end.code == 1);
        CHECK(end.err == "error: cannot write to standard output; is the disk full?\n");
    }
}

#include <doctest/doctest.h>

#include "support/fixtures.h"
#include "support/memfit_binary.h"

using namespace memfit::test;

TEST_CASE("lint exits 3 on findings of the severity or above, and 0 below it") {
    const std::string note =
        "kind: Pod\nspec: {containers: [{name: c, env: [{name: GOGC, value: '50'}], "
        "resources: {limits: {memory: 64Mi}}}]}\n";
    const auto code = [&](const std::string& text, const std::string& severity) {
        return memfitRun({"lint", "-", "--severity", severity}, {.input = text}).code;
    };
    CHECK(code(note, "note") == 3);
    CHECK(code(note, "warning") == 0);
    CHECK(memfitRun({"lint", "-"}, {.input = note}).out ==
          "No setting is wrong on sight; 1 below warning not shown.\n1 container in 1 workload "
          "judged\n");
    CHECK(code(readFixture("lint/bad.yaml"), "error") == 3);
    CHECK(memfitRun({"lint", fixturePath("lint/good.yaml")}).code == 0);
}

TEST_CASE("lint reads several files and names each") {
    const TemporaryFolder folder;
    const auto one = folder.file("one.yaml", readFixture("lint/good.yaml")).string();
    const auto two = folder
                         .file("two.yaml",
                               "kind: Pod\nspec: {containers: [{name: c, env: "
                               "[{name: GOGC, value: x}]}]}\n")
                         .string();
    const auto end = memfitRun({"lint", one, two, "-o", "github"});
    CHECK(end.code == 3);
    CHECK(end.err.empty());
    CHECK(end.out == "::warning file=" + two +
                         ",line=2,col=57,title=gogc-malformed::Pod , container c: GOGC is \"x\", "
                         "which Go does not understand: it silently uses 100; write a whole "
                         "number, or off\n");
}

TEST_CASE(
    "a file that cannot be judged does not hide findings of the others, and every error is "
    "printed") {
    const TemporaryFolder folder;
    const auto broken = folder.file("broken.yaml", "a: 1\nb: {{ .Values.b }}\n").string();
    const auto bad = folder
                         .file("bad.yaml",
                               "kind: Pod\nspec: {containers: [{name: c, env: "
                               "[{name: GOGC, value: x}]}]}\n")
                         .string();
    const auto empty = folder.file("empty.yaml", "").string();
    const auto end = memfitRun({"lint", broken, bad, empty, "-o", "github"});
    CHECK(end.code == 1);
    CHECK(end.out == "::warning file=" + bad +
                         ",line=2,col=57,title=gogc-malformed::Pod , container c: GOGC is \"x\", "
                         "which Go does not understand: it silently uses 100; write a whole "
                         "number, or off\n");
    CHECK(end.err == "error: " + broken +
                         ":2: a template, not a manifest; render it first and pipe the output: "
                         "helm template . | kubectl memfit COMMAND … -\nerror: " +
                         empty + ":1: empty, not a manifest; give a file that holds one\n");
}

TEST_CASE("lint of what is not there or no manifest ends in one line") {
    const auto missing = memfitRun({"lint", "no-such.yaml"});
    CHECK(missing.code == 1);
    CHECK(missing.out.empty());
    CHECK(missing.err ==
          "error: cannot open no-such.yaml: No such file or directory; give manifests, - for "
          "standard input, or deploy/NAME\n");
    const auto broken = memfitRun({"lint", "-"}, {.input = "a: [\n"});
    CHECK(broken.code == 1);
    CHECK(broken.err.starts_with("error: <stdin>:"));
    CHECK(memfitRun({"lint"}).code == 2);
}

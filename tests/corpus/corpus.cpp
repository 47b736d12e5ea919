/// Reads one file in every way that memfit reads files, and says how that went: `make corpus`.
///     corpus FILE
/// Each line: what it is about (lint, edit, a parser), how it went, and more, with tabs between.
/// Exit code 1: an edit was not what it should be. A crash or a hang is for the caller to see.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/change/edit.h"
#include "memfit/documents/documents.h"
#include "memfit/kube/pod_list.h"
#include "memfit/kube/selectors.h"
#include "memfit/kube/vertical_autoscalers.h"
#include "memfit/kube/workload.h"
#include "memfit/lint/lint.h"
#include "memfit/observe/kubelet_usage.h"
#include "memfit/observe/load/load_report.h"
#include "memfit/observe/memstats.h"
#include "memfit/observe/pod_status.h"
#include "support/manifest_reader.h"

namespace {

using namespace memfit;
using namespace memfit::test;

constexpr Bytes size = 36 * MiB;

void say(std::string_view about, std::string_view how, std::string more = {}) {
    std::ranges::replace(more, '\n', ' ');
    fmt::print("{}\t{}\t{}\n", about, how, more);
}

void lint(const std::string& text, const std::string& file) {
    const auto report = lintStream(text, file);
    for (const auto& error : report.errors) say("lint", "refused", error.message());
    for (const auto& finding : report.findings)
        say("lint", "found", finding.code + ", " + finding.owner());
    say("lint", "read", describe(report.judged));
}

/// What an edit did to one container that it should not have done; empty: nothing.
std::string wrongOf(const ManifestReader& before, const ManifestEdit& edit,
                    const ManifestContainer& of) {
    const auto old = before.memory(of);
    const auto now = ManifestReader(edit.text).memory(of);
    if (!old || !now) return "the edited text has another shape";
    if (now->rest != old->rest) return "it changed what is no setting of memory";
    if (now->limit != size || now->request != size) return "the sizes are not there";
    if (now->gomemlimit != std::vector<std::string>{"from limits.memory"})
        return "GOMEMLIMIT is not there";
    if (now->gogc != std::vector<std::string>{"off"}) return "GOGC is not there";
    if (now->comments != old->comments) return "a line of comment is gone";
    return {};
}

bool editEach(const std::string& text, const std::string& file) {
    bool right = true;
    MemorySettings wanted;
    wanted.limit = {MemoryWish::Kind::set, size};
    wanted.request = {MemoryWish::Kind::set, size};
    wanted.gomemlimit.kind = GomemlimitWish::Kind::limitsMemory;
    wanted.gogc.kind = GogcWish::Kind::off;
    const ManifestReader reader(text);
    for (const auto& one : reader.containers()) {
        const WorkloadSelector selector{one.kind, one.name, one.nameSpace};
        const auto about = fmt::format("{} {}, container {}", one.kind, one.name, one.container);
        const auto edit = editManifest(text, file, selector, one.container, wanted);
        if (!edit) {
            say("edit", "refused", edit.error().message());
            continue;
        }
        auto wrong = wrongOf(reader, *edit, one);
        const auto again = editManifest(edit->text, file, selector, one.container, wanted);
        if (wrong.empty() && (!again || again->text != edit->text || !again->changes.empty()))
            wrong = "a second edit changes something";
        right = right && wrong.empty();
        say("edit", wrong.empty() ? "edited" : "wrong",
            about + (wrong.empty() ? "" : ": " + wrong));
    }
    return right;
}

void parseLoad(const std::string& text) {
    LoadOutput output;
    for (auto* const stream : {&output.out, &output.err}) {
        output.out.clear();
        output.err.clear();
        *stream = text;
        const auto load = parseLoadReport(output);
        if (stream == &output.out && load.report.tool)
            say("load report", "read", *load.report.tool);
    }
}

template <class Outcome>
void parsed(std::string_view about, const Outcome& outcome) {
    if (outcome.has_value()) say(about, "read");
}

void parse(const std::string& text, const std::string& file) {
    parseLoad(text);
    parsed("memory statistics", parseMemstats(text));
    (void)mayBeGo(text);
    // What these read is JSON; that of cAdvisor is not.
    (void)readCadvisor(text, {"ns", "pod", "", "app"});
    if (text.find_first_not_of(" \r\n\t") == std::string::npos ||
        (text[text.find_first_not_of(" \r\n\t")] != '{' && text.front() != '['))
        return;
    parsed("workload", readWorkload(text, file));
    parsed("list of pods", readPodList(text));
    parsed("pod", readPodStatus(text, "app"));
    parsed("statistics of a kubelet", forEachContainer(text, [](const auto&, const auto&) {}));
    parsed("autoscalers", readVerticalAutoscalers(text));
    (void)readSelectors({.services = text, .controllers = text});
    Results results;
    parsed("result documents", readDocuments(text, file, results));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        fmt::print(stderr, "usage: corpus FILE\n");
        return 2;
    }
    const std::string file = argv[1];
    std::ifstream in(file, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    lint(text, file);
    parse(text, file);
    return editEach(text, file) ? 0 : 1;
}

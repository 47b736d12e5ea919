#include <fmt/format.h>

#include <ostream>

#include "commands/land/landing.h"
#include "memfit/advice/wanted_settings.h"
#include "memfit/change/diff.h"
#include "memfit/change/edit.h"
#include "memfit/change/merge_patch.h"
#include "memfit/report/report.h"
#include "session/files.h"

namespace memfit::plugin {
namespace {

constexpr std::string_view standardInput = "-";

Result<ManifestEdit> edited(const Context& context, const Recommendation& recommendation,
                            const std::string& text, const std::string& shown) {
    const auto& target = recommendation.header.target;
    auto selector = workloadSelector(target);
    if (context.options.ns && !selector.name.empty()) selector.nameSpace = context.options.ns;
    const auto container = context.options.container.value_or(target.container.value_or(""));
    const auto& advised = recommendation.advised;
    const auto wanted = context.options.check ? wantedSettings(advised, recommendation.tolerance)
                                              : wantedSettings(advised);
    return editManifest(text, shown, selector, container, wanted);
}

void tellChanges(const Context& context, const std::string& shown,
                 const std::vector<ManifestChange>& changes) {
    const bool finding = context.options.check;
    if (context.options.quiet && !finding) return;
    for (const auto& change : changes) {
        context.streams.err << printable(fmt::format("{}{}:{}: {}", finding ? "check: " : "", shown,
                                                     change.line, change.what))
                            << "\n"
                            << std::flush;
    }
}

}  // namespace

Result<bool> landInManifest(const Context& context, const Recommendation& recommendation) {
    const auto& options = context.options;
    const auto& name = *options.edit;
    const bool filter = name == standardInput;
    const auto text = readText(name, "give the manifest that holds the workload");
    if (!text) return text.error();
    const std::string shown = filter ? "<stdin>" : name;
    const auto edit = edited(context, recommendation, *text, shown);
    if (!edit) return edit.error();
    for (const auto& note : edit->notes) {
        context.progress.note(fmt::format("note: {}: {}", shown, note));
    }
    // --check says what differs, whatever becomes of it.
    if (edit->refusal && !options.check) return *edit->refusal;
    const bool differs = !edit->changes.empty();
    if (options.diff) {
        const auto printed = printText(
            unifiedDiff(*text, edit->text, filter ? "manifest.yaml" : name), context.streams);
        if (!printed) return printed.error();
    } else if (!options.check && filter) {
        const auto printed = printText(edit->text, context.streams);
        if (!printed) return printed.error();
    } else if (!options.check && differs) {
        const auto written = replaceFile(name, edit->text);
        if (!written) return written.error();
    }
    tellChanges(context, shown, edit->changes);
    return differs;
}

Result<std::string> patchOf(const Context& context, const Recommendation& recommendation) {
    const auto& target = recommendation.header.target;
    const auto& options = context.options;
    if (target.type.empty() || target.name.value_or("").empty())
        return usageError("the documents do not say which workload was measured",
                          "edit its manifest instead: --edit FILE");
    const auto container = options.container.value_or(target.container.value_or(""));
    if (container.empty())
        return usageError("the documents do not say which container was measured",
                          "name it with --container");
    const auto kind = kindOfType(target.type);
    return mergePatchYaml(
        {apiVersionOfKind(kind), kind, options.ns.value_or(target.ns.value_or("")), *target.name},
        container, wantedSettings(recommendation.advised),
        target.sidecar && container == target.container);
}

}  // namespace memfit::plugin

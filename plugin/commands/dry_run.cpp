#include <fmt/format.h>

#include <tuple>

#include "commands/commands.h"
#include "commands/measure/experiment.h"
#include "text/redact.h"

namespace memfit::plugin {
namespace {

/// Rows of the plan that this command has: how often it would run the load at most.
std::string stages(CommandKind kind, const Options& options) {
    const auto most = worstCase(options);
    std::string text;
    int total = 0;
    const auto add = [&](std::string_view name, int trials) {
        if (trials == 0) return;
        text += fmt::format("  {:<9}at most {} trial{}\n", name, trials, trials == 1 ? "" : "s");
        total += trials;
    };
    if (kind == CommandKind::probe) add("probe", 1);
    if (kind != CommandKind::probe) add("squeeze", most.squeeze);
    if (kind == CommandKind::bench || kind == CommandKind::recommend) add("bench", most.bench);
    if (kind == CommandKind::recommend) add("confirm", most.confirm);
    return text + fmt::format(
                      "  {:<9}at most {} trials; one whose outcome says nothing about the "
                      "edge is repeated up to {} times\n",
                      "in all", total, retries);
}

/// What a trial is made of.
std::string whatStarts(const Options& options) {
    if (!options.target.empty()) {
        const auto workload = fmt::format("{}", fmt::join(options.target, "/"));
        if (options.inPlace) {
            return fmt::format(
                "would patch the live {} before each trial, and restore it:\n"
                "  memory limit and request, GOMEMLIMIT, GOGC\n"
                "would remove the revisions that the patches make\n",
                workload);
        }
        return fmt::format("would create for each trial a pod, a copy of:\n  {}\n", workload);
    }
    const auto* const how = options.enforcement == Enforcement::watchdog
                                ? "under the watchdog"
                                : "in a memory cgroup of its own";
    return fmt::format("would start for each trial, {}:\n  {}\n", how,
                       options.program.empty()
                           ? "the program of " + fmt::format("{}", fmt::join(options.files, ", "))
                           : shownCommand(options.program));
}

}  // namespace

Result<int> runDryRun(const Context& context) {
    const auto kind = context.kind;
    const auto& options = context.options;
    std::string text;
    const bool inCluster = !options.target.empty();
    const bool recommends = kind == CommandKind::recommend;
    const bool readsOnly = inCluster ? !options.load && (recommends || options.files.empty())
                                     : !options.local && recommends;
    if (recommends && meansMany(options)) {
        text = "would read the workloads and their pods; would create and change nothing\n";
    } else if (readsOnly) {
        text = inCluster
                   ? fmt::format("would read {} and its pods; would create and change nothing\n",
                                 fmt::join(options.target, "/"))
                   : fmt::format("would read {} and print the advice; would run nothing\n",
                                 fmt::join(options.files, ", "));
    } else {
        text = whatStarts(options);
        for (const auto& [when, flag, command] :
             {std::tuple("once, before the first trial", "setup", &options.setup),
              std::tuple("before each trial", "prepare", &options.prepare),
              std::tuple("as warm-up", "warmup", &options.warmup),
              std::tuple("as load", "load", &options.load),
              std::tuple("once, at the end", "cleanup", &options.cleanupCommand)}) {
            if (!*command) continue;
            const auto parsed = parseLoadCommand(**command, flag);
            if (!parsed) return parsed.error();
            text += fmt::format("would run {}:\n  {}\n", when, parsed->text);
        }
        text += "trials:\n" + stages(kind, options);
        if (options.budgetSeconds) {
            text += fmt::format(
                "  {:<9}a trial begins only if it would end within {} of the start of the first\n",
                "budget", budgetText(*options.budgetSeconds));
        }
    }
    const auto printed = printText(text, context.streams);
    if (!printed) return printed.error();
    return 0;
}

}  // namespace memfit::plugin

#include "cli/parse.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "cli/placeholders.h"
#include "cli/values.h"

namespace memfit::plugin {
namespace {

const CommandSpec* findCommand(std::string_view name) {
    for (const auto& spec : commandTable()) {
        if (spec.name == name) return &spec;
    }
    return nullptr;
}

Error unknownCommand(const std::string& word) {
    if (word.starts_with('-')) {
        return usageError(fmt::format("'{}' comes before the command", word),
                          "write the command first: kubectl memfit recommend [flags]");
    }
    std::vector<std::string_view> names;
    for (const auto& spec : commandTable()) names.push_back(spec.name);
    const auto near = nearest(word, names);
    return usageError(
        fmt::format("unknown command '{}'", word),
        near.empty() ? "see kubectl memfit --help" : fmt::format("did you mean '{}'?", near));
}

Error unknownFlag(const CommandSpec& command, const std::string& flag) {
    const std::string bare = flag.substr(0, flag.find('='));
    const auto first = bare.find_first_not_of('-');
    const std::string name = first == std::string::npos ? "" : bare.substr(first);
    std::vector<std::string_view> names;
    for (const auto& spec : optionTable()) {
        if ((spec.commands & bit(command.kind)) != 0) names.push_back(spec.name);
        if (spec.name == name && (spec.commands & bit(command.kind)) == 0) {
            return usageError(fmt::format("{} does not take --{}", command.name, name),
                              fmt::format("see kubectl memfit {} --help", command.name));
        }
    }
    const auto near = nearest(name, names);
    return usageError(fmt::format("unknown flag '{}' of {}", bare, command.name),
                      near.empty() ? fmt::format("see kubectl memfit {} --help", command.name)
                                   : fmt::format("did you mean '--{}'?", near));
}

/// The words of one command line, by flag name, before anything is made of them.
struct Raw {
    std::map<std::string_view, std::vector<std::string>> values;
    std::map<std::string_view, bool> switches;
    std::vector<std::string> positional;
    bool help = false;
};

Result<Raw> splitFlags(const CommandSpec& command, std::vector<std::string> words) {
    CLI::App app;
    app.set_help_flag();
    app.allow_extras(false);
    Raw raw;
    app.add_flag("-h,--help", raw.help);
    app.add_option("target", raw.positional);
    for (const auto& spec : optionTable()) {
        if ((spec.commands & bit(command.kind)) == 0) continue;
        const std::string names = spec.shortName.empty()
                                      ? fmt::format("--{}", spec.name)
                                      : fmt::format("-{},--{}", spec.shortName, spec.name);
        if (spec.placeholder.empty()) {
            app.add_flag(names, raw.switches[spec.name]);
        } else {
            app.add_option(names, raw.values[spec.name])
                ->expected(1)
                ->allow_extra_args(false)
                ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        }
    }
    std::reverse(words.begin(), words.end());  // CLI11 takes them last first
    try {
        app.parse(words);
    } catch (const CLI::ExtrasError&) {
        for (const auto& word : app.remaining()) {
            if (word.starts_with('-')) return unknownFlag(command, word);
        }
        return usageError("too many words");
    } catch (const CLI::ParseError& error) {
        return usageError(error.what(), fmt::format("see kubectl memfit {} --help", command.name));
    }
    return raw;
}

Result<Options> applyFlags(const Raw& raw) {
    Options options;
    for (const auto& spec : optionTable()) {
        if (const auto found = raw.switches.find(spec.name);
            found != raw.switches.end() && found->second) {
            if (auto applied = spec.apply(options, ""); !applied) return applied.error();
        }
        const auto found = raw.values.find(spec.name);
        if (found == raw.values.end()) continue;
        for (const auto& value : found->second) {
            auto applied = spec.apply(options, value);
            if (applied) continue;
            Error error = applied.error();
            error.kind = ErrorKind::usage;
            error.what = fmt::format("--{}: {}", spec.name, error.what);
            return error;
        }
    }
    return options;
}

/// Is there something to measure, or to read, and all that it takes?
Result<void> checkSources(const Command& command) {
    const auto& options = command.options;
    const auto name = specOf(command.kind).name;
    const bool readsFiles =
        command.kind == CommandKind::bench || command.kind == CommandKind::recommend;
    const bool readsLive =
        command.kind == CommandKind::probe || command.kind == CommandKind::recommend;
    const bool measured = !options.target.empty() || !options.program.empty();
    if (!options.files.empty()) {
        const bool runs = options.local || options.load.has_value();
        if (command.kind == CommandKind::recommend && runs && !measured) {
            return usageError(
                "--load with -f runs what the documents lack, so it needs the service",
                "name the TARGET, or write --local and the program, after `--`");
        }
        return {};  // what is left out here, the documents may hold
    }
    if (!options.local && options.target.empty() && !meansMany(options)) {
        return usageError(fmt::format("{} has nothing to measure", name),
                          fmt::format("name a workload (deploy/NAME), or use --local ... -- "
                                      "PROGRAM{}",
                                      readsFiles ? ", or -f FILE" : ""));
    }
    if (options.local && options.program.empty()) {
        return usageError("--local needs a program", "write it last, after `--`");
    }
    const bool mayLackLoad = command.kind == CommandKind::probe ||
                             (readsLive && (!options.target.empty() || meansMany(options)));
    if (!mayLackLoad && !options.load) {
        return usageError(fmt::format("{} needs a load", name),
                          "give one: --load 'hey -n 1000 -c 10 {url}/'");
    }
    return {};
}

/// Commands around trials have no use when no trial runs.
Result<void> checkAround(const Command& command) {
    const auto& options = command.options;
    if (!options.prepare && !options.setup && !options.cleanupCommand) return {};
    const bool mayOnlyRead =
        command.kind == CommandKind::probe || command.kind == CommandKind::recommend;
    const bool runs = options.local || (!options.target.empty() && options.load);
    if (mayOnlyRead && !runs) {
        return usageError("--setup, --prepare and --cleanup run around trials, but no trial runs",
                          "give a TARGET and a --load, or leave them out");
    }
    return {};
}

/// Many workloads at once are only read, not measured.
Result<void> checkMany(const Options& options) {
    if (!meansMany(options)) return {};
    const auto* const one = "name one workload: deploy/NAME";
    if (options.target.size() > 1 ||
        (!options.target.empty() && options.target.front().find('/') != std::string::npos)) {
        return usageError(fmt::format("'{}' is one workload, and --all, -A and -l mean many",
                                      fmt::join(options.target, " ")),
                          "leave out the name or the flag");
    }
    if (options.load || options.inPlace)
        return usageError("a load is run against one workload", one);
    if (!options.files.empty() || options.local) {
        return usageError("many workloads are judged from their cluster alone",
                          "leave out -f and --local");
    }
    if (options.edit || options.apply || options.output == OutputFormat::patch) {
        return usageError("a patch is made for one workload", one);
    }
    return {};
}

/// Flags that only make sense of trial pods, or only together.
Result<void> checkPodFlags(const Options& options) {
    if (!options.target.empty() &&
        (options.cpuMilli || options.enforcement != Enforcement::automatic)) {
        return usageError("--cpu and --enforcement are for programs of this machine",
                          "leave them out: a pod keeps its workload's own CPU limit");
    }
    if (options.via == Via::pod && !options.loadImage) {
        return usageError("--via pod needs an image that has the load command",
                          "add --load-image IMAGE");
    }
    if (options.loadImage && options.via != Via::pod && options.via != Via::automatic) {
        return usageError("--load-image runs the load in a pod of its own",
                          "leave out --via, or use --via pod");
    }
    if (options.inPlace && !options.load) {
        return usageError("--in-place changes the live workload to measure it under a load",
                          "give one: --load 'hey -n 1000 -c 10 {url}/'");
    }
    if (options.inPlace && options.parallel > 1) {
        return usageError("--in-place changes one workload, so its trials cannot run in parallel",
                          "leave out --parallel");
    }
    return {};
}

/// Checks of the flags that say where the advice goes.
Result<void> checkLanding(const Command& command) {
    const auto& options = command.options;
    if (!writes(command.kind, options.output)) {
        if (command.kind == CommandKind::cleanup)
            return usageError("cleanup prints text only", "leave out -o");
        if (options.output == OutputFormat::patch)
            return usageError(fmt::format("{} has no patch to print", specOf(command.kind).name),
                              "recommend -o patch does");
        return usageError(fmt::format("{} has no findings to print", specOf(command.kind).name),
                          "lint -o sarif does");
    }
    if (options.output == OutputFormat::patch && options.local) {
        return usageError("a program of this machine cannot be patched",
                          "give a manifest: --edit FILE");
    }
    if (options.output == OutputFormat::patch && options.edit) {
        return usageError("-o patch and --edit are two ways to deliver the same advice",
                          "choose one of them");
    }
    if (options.diff && !options.edit) {
        return usageError("--diff shows what --edit would change", "add --edit FILE");
    }
    if (options.apply && (options.target.empty() || options.check || options.edit)) {
        return usageError("--apply patches a live workload", options.target.empty()
                                                                 ? "name it: deploy/NAME"
                                                                 : "leave out --check and --edit");
    }
    if (options.edit == "-" &&
        std::find(options.files.begin(), options.files.end(), "-") != options.files.end()) {
        return usageError("standard input cannot be both the results and the manifest",
                          "give one of -f and --edit a file");
    }
    if (options.check && !options.currentLimit && options.target.empty() && !options.edit &&
        !meansMany(options)) {
        return usageError("--check needs to know what is set",
                          "add --limit QUANTITY or --edit FILE");
    }
    return {};
}

/// Checks that need more than one flag.
Result<void> checkTogether(const Command& command) {
    const auto& options = command.options;
    if (command.kind == CommandKind::cleanup) {
        if (options.target.empty() && options.program.empty()) return checkLanding(command);
        return usageError("cleanup takes no workload: it removes what runs have left",
                          "choose the namespace with -n");
    }
    if (command.kind == CommandKind::lint) {
        if (!options.target.empty() && options.program.empty()) return checkLanding(command);
        return usageError("lint has nothing to read",
                          "name files, - for standard input, or a workload (deploy/NAME)");
    }
    if (options.search.from && options.search.to && *options.search.from > *options.search.to) {
        return usageError(fmt::format("--from {} is above --to {}", formatMiB(*options.search.from),
                                      formatMiB(*options.search.to)),
                          "swap them");
    }
    if (!options.program.empty() && !options.local) {
        return usageError("a program after `--` is measured on this machine", "add --local");
    }
    if (options.local && !options.target.empty()) {
        return usageError(fmt::format("--local takes its program after `--`, not '{}'",
                                      fmt::join(options.target, " ")),
                          "write: --local [flags] -- PROGRAM [ARG...]");
    }
    if (options.local && options.parallel > 1) {
        return usageError("--parallel needs pods, which each have an address of their own",
                          "leave it out with --local");
    }
    if (command.kind == CommandKind::recommend) {
        if (auto checked = checkMany(options); !checked) return checked;
    }
    if (auto checked = checkSources(command); !checked) return checked;
    if (auto checked = checkPodFlags(options); !checked) return checked;
    if (auto checked = checkAround(command); !checked) return checked;
    if (auto checked = checkPlaceholders(options); !checked) return checked;
    return checkLanding(command);
}

}  // namespace

bool meansMany(const Options& options) {
    const bool typeAlone =
        options.target.size() == 1 && options.target.front().find('/') == std::string::npos;
    return options.all || options.allNamespaces || options.selector || typeAlone;
}

Result<Request> parse(const std::vector<std::string>& arguments) {
    if (arguments.empty()) return Request{Notice{overviewHelp()}};
    const auto& first = arguments.front();
    if (first == "--help" || first == "-h") return Request{Notice{overviewHelp()}};
    if (first == "--version" || first == "version") return Request{Notice{versionText()}};
    if (first == "help") {
        if (arguments.size() == 1) return Request{Notice{overviewHelp()}};
        const auto* const spec = findCommand(arguments[1]);
        if (spec == nullptr) return unknownCommand(arguments[1]);
        return Request{Notice{commandHelp(*spec)}};
    }
    const auto* const spec = findCommand(first);
    if (spec == nullptr) return unknownCommand(first);

    const auto dashes = std::find(arguments.begin() + 1, arguments.end(), "--");
    auto raw = splitFlags(*spec, {arguments.begin() + 1, dashes});
    if (!raw) return raw.error();
    if (raw->help) return Request{Notice{commandHelp(*spec)}};

    auto options = applyFlags(*raw);
    if (!options) return options.error();
    Command command{spec->kind, *std::move(options)};
    command.options.target = std::move(raw->positional);
    if (dashes != arguments.end()) command.options.program.assign(dashes + 1, arguments.end());
    if (command.options.loadImage && command.options.via == Via::automatic) {
        command.options.via = Via::pod;
    }
    if (auto checked = checkTogether(command); !checked) return checked.error();
    return Request{std::move(command)};
}

}  // namespace memfit::plugin

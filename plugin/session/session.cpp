#include "session/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <chrono>
#include <tuple>

#include "cli/placeholders.h"
#include "memfit/units/quantity.h"
#include "session/cluster.h"
#include "session/side_plan.h"
#include "testbed/local/local.h"
#include "testbed/pod/pod_load_host.h"
#include "text/redact.h"
#include "version.h"

namespace memfit::plugin {
namespace {

Budget budgetOf(const Options& options) {
    if (!options.budgetSeconds) return {};
    return {*options.budgetSeconds, [] {
                const auto now = std::chrono::steady_clock::now().time_since_epoch();
                return std::chrono::duration<double>(now).count();
            }};
}

Timestamp now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
}

bool holdsRedacted(const std::string& text) {
    return text.find(redacted) != std::string::npos;
}

/// What the documents say was measured, for what the command line leaves out. A value that was
/// redacted when the document was written cannot be run again.
Result<void> completeProgram(Options& options, const Header* header) {
    if (header == nullptr || header->target.command.empty()) {
        return usageError("the documents name no program of this machine",
                          "add --local, and the program after `--`");
    }
    options.program = header->target.command;
    if (!options.port && header->target.port) {
        options.port = static_cast<int>(*header->target.port);
    }
    if (!options.cpuMilli && header->environment.cpuLimit) {
        const auto cpu = parseMilliCpu(*header->environment.cpuLimit);
        if (cpu) options.cpuMilli = *cpu;
    }
    if (std::any_of(options.program.begin(), options.program.end(), holdsRedacted)) {
        return usageError("the documents hold the program's arguments with a secret taken out",
                          "add --local, and the whole program after `--`");
    }
    return {};
}

/// The workload of the documents, in their namespace; in another context than theirs nothing is
/// started that the user did not name.
void completeWorkload(Options& options, const Target& target) {
    options.target = {target.type, *target.name};
    if (!options.ns) options.ns = target.ns;
    if (!options.container) options.container = target.container;
    const bool named =
        std::any_of(options.connectionFlags.begin(), options.connectionFlags.end(),
                    [](const std::string& flag) { return flag.starts_with("--context="); });
    if (target.context && !named) options.connectionFlags.push_back("--context=" + *target.context);
}

Result<Options> completed(const Options& given, const Results& inputs) {
    Options options = given;
    const auto* const header = inputs.empty() ? nullptr : &inputs.firstHeader();
    if (!options.local && options.target.empty() && header != nullptr &&
        header->target.type != "process" && header->target.name) {
        completeWorkload(options, header->target);
    } else if (options.target.empty() && options.program.empty()) {
        if (auto done = completeProgram(options, header); !done) return done.error();
    }
    if (header != nullptr) {
        const auto& load = header->load;
        for (const auto& [flag, known, field] :
             {std::tuple("load", &load.command, &options.load),
              std::tuple("setup", &load.setup, &options.setup),
              std::tuple("prepare", &load.prepare, &options.prepare),
              std::tuple("cleanup", &load.cleanup, &options.cleanupCommand)}) {
            if (*field || !*known) continue;
            *field = *known;
            if (!holdsRedacted(**field)) continue;
            return usageError(
                fmt::format("the documents hold the {} command with a secret taken out", flag),
                fmt::format("give the whole of it with --{}", flag));
        }
    }
    if (auto checked = checkPlaceholders(options); !checked) return checked.error();
    return options;
}

/// The ready URL with its placeholders filled in: the address of the service, which is not known
/// before it listens, is what a bare path stands for.
std::string filledReadyUrl(std::string text) {
    constexpr std::string_view url = "{url}";
    constexpr std::string_view scheme = "http://";
    if (text.starts_with(url)) {
        text.erase(0, url.size());
        if (!text.starts_with('/')) text.insert(0, "/");
    } else if (text.starts_with(scheme)) {
        const auto slash = std::min(text.find('/', scheme.size()), text.size());
        if (text.substr(0, slash).ends_with(":{port}")) {
            text.erase(0, slash);
            if (text.empty()) text = "/";
        }
    }
    boost::algorithm::replace_all(text, "{host}", "127.0.0.1");
    return text;
}

LocalOptions localOptions(const Options& options) {
    LocalOptions local;
    local.command = options.program;
    local.port = options.port;
    if (options.readyUrl) local.readyUrl = filledReadyUrl(*options.readyUrl);
    local.env = {options.env.begin(), options.env.end()};
    local.unsetEnv = options.unsetEnv;
    local.statsPort = options.statsPort;
    local.statsPath = options.statsPath;
    local.cpuMilli = options.cpuMilli;
    local.ceiling = options.ceiling;
    local.keepEnv = options.keepEnv;
    local.forceWatchdog = options.enforcement == Enforcement::watchdog;
    return local;
}

Result<LoadPlan> loadPlan(const Context& context, const Options& options) {
    LoadPlan plan;
    plan.format = options.loadFormat;
    plan.timeoutSeconds = options.loadTimeoutSeconds;
    plan.readyTimeoutSeconds = options.readyTimeoutSeconds;
    plan.floor = options.floor;
    plan.keepEnv = options.keepEnv;
    if (options.load) {
        auto load = parseLoadCommand(*options.load);
        if (!load) return load.error();
        plan.load = *std::move(load);
    }
    if (options.warmup) {
        auto warmup = parseLoadCommand(*options.warmup, "warmup");
        if (!warmup) return warmup.error();
        plan.warmup = *std::move(warmup);
    }
    auto side = sidePlan(options);
    if (!side) return side.error();
    plan.freshFolder = wantsFolder(options, plan, *side);
    if (!side->empty()) {
        plan.side = std::make_shared<SideCommands>(
            context.loop, *std::move(side),
            [&progress = context.progress](const std::string& text) { progress.detail(text); },
            [&progress = context.progress](const std::string& text) { progress.note(text); });
    }
    return plan;
}

/// The user did not type these here, so say what runs.
void saySideCommands(const Context& context, const Options& options) {
    for (const auto& [flag, given, field] :
         {std::tuple("setup", &context.options.setup, &options.setup),
          std::tuple("prepare", &context.options.prepare, &options.prepare),
          std::tuple("cleanup", &context.options.cleanupCommand, &options.cleanupCommand)}) {
        if (*given || !*field) continue;
        context.progress.note(
            fmt::format("running the --{} that the documents name: {}", flag, **field));
    }
}

void sayWhatRuns(const Context& context, const Options& options) {
    saySideCommands(context, options);
    if (!options.target.empty()) {
        if (context.options.target.empty()) {
            context.progress.note("measuring the workload that the documents name: " +
                                  fmt::format("{}", fmt::join(options.target, "/")));
        }
        return;
    }
    if (context.options.program.empty()) {
        // The user did not type it here, so say what runs.
        context.progress.note("running the program that the documents name: " +
                              shownCommand(options.program));
    }
    context.progress.detail("program: " + shownCommand(options.program));
}

}  // namespace

Result<void> checkSameTarget(const Results& inputs, const Target& target) {
    const Target* other = nullptr;
    const auto look = [&](const auto& documents) {
        for (const auto& document : documents) {
            if (!document.header.target.sameAs(target)) other = &document.header.target;
        }
    };
    look(inputs.probes);
    look(inputs.squeezes);
    look(inputs.benches);
    if (other == nullptr) return {};
    const auto shown = [](const Target& one) {
        return one.command.empty() ? one.describe()
                                   : fmt::format("the program {}", shownCommand(one.command));
    };
    return usageError(
        fmt::format("the documents are of {}, not of {}", shown(*other), shown(target)),
        "give the results of this program, or leave out -f");
}

Result<std::unique_ptr<Session>> Session::open(const Context& context, const Results& inputs) {
    return open(context, inputs, nullptr);
}

Result<std::unique_ptr<Session>> Session::open(const Context& context, const Results& inputs,
                                               std::unique_ptr<ClusterTarget> cluster) {
    const auto options = completed(context.options, inputs);
    if (!options) return options.error();
    auto plan = loadPlan(context, *options);
    if (!plan) return plan.error();
    if (plan->load.words.empty() && context.kind != CommandKind::probe) {
        return usageError("neither the command line nor the documents have a load",
                          "give one: --load 'hey -n 1000 -c 10 {url}/'");
    }
    std::unique_ptr<Testbed> testbed;
    if (!options->target.empty()) {
        const Context completedContext{context.kind, *options,         context.streams,
                                       context.loop, context.progress, context.connect};
        if (!cluster) {
            auto opened = openCluster(completedContext, options->target);
            if (!opened) return opened.error();
            cluster = *std::move(opened);
        }
        auto pods = podTestbed(context, *options, *cluster);
        if (!pods) return pods.error();
        testbed = *std::move(pods);
        if (options->via == Via::pod) {
            plan->host = std::make_shared<PodLoadHost>(
                context.loop, cluster->api,
                PodLoadHost::Plan{cluster->context.ns, cluster->runId, *options->loadImage});
        }
    } else {
        auto local = openLocalTestbed(context.loop, localOptions(*options));
        if (!local) return local.error();
        testbed = *std::move(local);
    }
    if (auto same = checkSameTarget(inputs, testbed->target()); !same) return same.error();
    for (const auto& warning : testbed->warnings()) {
        context.progress.note("warning: " + warning.text);
    }
    sayWhatRuns(context, *options);
    if (!plan->load.text.empty()) context.progress.detail("load: " + plan->load.text);
    LoadInfo info;
    if (!plan->load.text.empty()) info.command = plan->load.text;
    const auto shown = [](const std::optional<std::string>& command) {
        return command ? std::optional(parseLoadCommand(*command)->text) : std::nullopt;
    };
    info.setup = shown(options->setup);
    info.prepare = shown(options->prepare);
    info.cleanup = shown(options->cleanupCommand);
    return std::unique_ptr<Session>(new Session(context, std::move(cluster), std::move(testbed),
                                                *std::move(plan), std::move(info)));
}

Session::Session(const Context& context, std::unique_ptr<ClusterTarget> cluster,
                 std::unique_ptr<Testbed> testbed, LoadPlan plan, LoadInfo loadInfo)
    : progress_(context.progress),
      side_(plan.side),
      cluster_(std::move(cluster)),
      testbed_(std::move(testbed)),
      loadInfo_(std::move(loadInfo)),
      runner_(context.loop, *testbed_, std::move(plan)),
      trials_(runner_, context.progress, budgetOf(context.options)),
      startedAt_(now()) {}

Session::~Session() {
    const auto& spent = trials_.spent();
    if (spent.trials == 0) return;
    const double whole = std::chrono::duration<double>(now() - startedAt_).count();
    const double aside = side_ ? side_->seconds() : 0;
    const double own = whole - spent.loadSeconds - spent.readySeconds - aside;
    const auto prepared =
        aside > 0 ? fmt::format("{:.1f} s of --setup and --prepare, ", aside) : std::string();
    progress_.detail(
        fmt::format("time: {:.1f} s in all for {} trials: {:.1f} s of load, {:.1f} s "
                    "waiting for readiness, {}{:.1f} s ({:.1f} %) memfit's own",
                    whole, spent.trials, spent.loadSeconds, spent.readySeconds, prepared, own,
                    own / std::max(whole, 0.001) * 100));
}

Header Session::header(const std::vector<std::string>& inputs,
                       const std::optional<Error>& stopped) const {
    Header header;
    header.target = testbed_->target();
    header.environment = testbed_->environment();
    header.environment.memfitVersion = version;
    header.environment.goVersion = trials_.goVersion();
    header.load = loadInfo_;
    if (header.load.command) {
        header.load.tool = trials_.loadTool();
        header.load.via = testbed_->via();
    }
    header.startedAt = startedAt_;
    header.finishedAt = now();
    header.partial = stopped && stopped->kind != ErrorKind::inconclusive;
    header.warnings = testbed_->warnings();
    header.warnings.insert(header.warnings.end(), trials_.warnings().begin(),
                           trials_.warnings().end());
    header.inputs = inputs;
    return header;
}

}  // namespace memfit::plugin

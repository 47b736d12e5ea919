#include "cli/placeholders.h"

#include <fmt/format.h>

#include <array>

namespace memfit::plugin {
namespace {

using Text = std::optional<std::string>;

bool holds(const Text& text, std::string_view word) {
    return text && text->find(word) != std::string::npos;
}

/// The program does not run while these do.
Result<void> checkAddress(std::string_view flag, const Text& command) {
    for (const std::string_view word : {"{url}", "{host}", "{port}"}) {
        if (!holds(command, word)) continue;
        return usageError(
            fmt::format("--{} runs while the program does not run, so it has no {}", flag, word),
            "send requests with --warmup");
    }
    return {};
}

Result<void> checkOnce(std::string_view flag, const Text& command) {
    if (!holds(command, "{dir}")) return {};
    return usageError(
        fmt::format("--{} runs once, but {{dir}} is a new folder for each trial", flag),
        "use {dir} in --prepare, or name a folder that stays");
}

}  // namespace

Result<void> checkPlaceholders(const Options& options) {
    for (const auto& [flag, command] :
         {std::pair("setup", &options.setup), std::pair("prepare", &options.prepare),
          std::pair("cleanup", &options.cleanupCommand)}) {
        if (auto checked = checkAddress(flag, *command); !checked) return checked;
    }
    if (auto checked = checkOnce("setup", options.setup); !checked) return checked;
    if (auto checked = checkOnce("cleanup", options.cleanupCommand); !checked) return checked;
    if (options.via == Via::pod && (holds(options.load, "{dir}") || holds(options.warmup, "{dir}")))
        return usageError("{dir} is a folder of this machine, but the load runs in a pod",
                          "name a path of that pod");
    if (options.target.empty()) return {};
    for (const auto& [name, value] : options.env) {
        if (value.find("{dir}") == std::string::npos) continue;
        return usageError(
            fmt::format("{{dir}} is a folder of this machine, but --env {} is of a pod", name),
            "name a path of the pod: each trial pod starts with empty ones");
    }
    return {};
}

}  // namespace memfit::plugin

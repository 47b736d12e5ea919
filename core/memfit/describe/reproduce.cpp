#include "memfit/describe/reproduce.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>
#include <vector>

#include "memfit/advice/command_line.h"
#include "memfit/units/quantity.h"

namespace memfit {
namespace {

using Floor = std::optional<std::string>;

std::string loadOf(const Header& header) {
    return header.load.command.value_or("COMMAND");
}

/// What `--gomemlimit` was, as far as the settings tell; nullopt: the limit, which is the default.
std::optional<std::string> gomemlimitRule(const std::vector<Settings>& all) {
    std::vector<Settings> set;
    std::ranges::copy_if(all, std::back_inserter(set), [](const Settings& settings) {
        return settings.limit && settings.gomemlimit && settings.mode == Mode::gomemlimit;
    });
    const auto isLimit = [](const Settings& one) { return one.gomemlimit == one.limit; };
    if (std::ranges::all_of(set, isLimit)) return std::nullopt;
    const auto& first = set.front();
    const auto sameBytes = [&](const Settings& one) { return one.gomemlimit == first.gomemlimit; };
    if (std::ranges::all_of(set, sameBytes)) return formatQuantity(*first.gomemlimit);
    const double share = static_cast<double>(*first.gomemlimit) / static_cast<double>(*first.limit);
    return fmt::format("{:.0f}%", std::round(share * 100));
}

std::vector<Settings> settingsOf(const std::vector<Trial>& trials) {
    std::vector<Settings> all;
    for (const auto& trial : trials) all.push_back(trial.settings);
    return all;
}

std::vector<Settings> settingsOf(const std::vector<BenchCell>& cells) {
    std::vector<Settings> all;
    for (const auto& cell : cells) all.push_back(cell.settings);
    return all;
}

/// What `--modes` was; nullopt: both, which is the default.
std::optional<std::string> modesRule(const std::vector<Settings>& all) {
    const auto limitedIn = [&](Mode mode) {
        return std::ranges::any_of(
            all, [&](const Settings& one) { return one.limit && one.mode == mode; });
    };
    if (limitedIn(Mode::plain) == limitedIn(Mode::gomemlimit)) return std::nullopt;
    return std::string(toString(limitedIn(Mode::plain) ? Mode::plain : Mode::gomemlimit));
}

/// Where the command's document goes: to standard output, or as JSON into a file.
enum class Output { asWished, file };

std::string finished(CommandLine line, const Header& header, const std::string& load,
                     const Floor& floor, Output output) {
    if (output == Output::file) line.flag("-o", "json");
    line.end(header, load, floor);
    return line.text();
}

std::string command(const ProbeResult& result, const Floor& /*floor*/, Output output) {
    const auto& header = result.header;
    // Without a load a probe looks at what runs.
    const bool loaded = header.load.command.has_value() || result.run.has_value();
    return finished({header.target, "probe"}, header, loaded ? loadOf(header) : std::string(),
                    std::nullopt, output);
}

std::string command(const SqueezeResult& result, const Floor& floor, Output output) {
    CommandLine line(result.header.target, "squeeze");
    if (result.mode != Mode::plain) line.flag("--mode", std::string(toString(result.mode)));
    line.flag("--gomemlimit", gomemlimitRule(settingsOf(result.trials)));
    return finished(std::move(line), result.header, loadOf(result.header), floor, output);
}

std::string command(const BenchResult& result, const Floor& floor, Output output) {
    CommandLine line(result.header.target, "bench");
    const auto settings = settingsOf(result.cells);
    line.flag("--limits", benchedLimits(result.cells));
    line.flag("--modes", modesRule(settings));
    line.flag("--gomemlimit", gomemlimitRule(settings));
    std::size_t runs = 0;
    for (const auto& cell : result.cells) runs = std::max(runs, cell.runs.size());
    if (runs > 0) line.flag("--runs", std::to_string(runs));
    return finished(std::move(line), result.header, loadOf(result.header), floor, output);
}

/// Commands that write a document into a file each, and the names of the files.
struct Steps {
    std::string text;
    std::vector<std::string> files;

    template <class Document>
    void add(const std::vector<Document>& documents, std::string_view name, const Floor& floor) {
        for (const auto& document : documents) {
            const auto number = &document - documents.data() + 1;
            files.push_back(documents.size() == 1 ? fmt::format("{}.json", name)
                                                  : fmt::format("{}-{}.json", name, number));
            text += fmt::format("{} > {}\n", command(document, floor, Output::file), files.back());
        }
    }
};

}  // namespace

std::string reproduce(const ProbeResult& result) {
    return command(result, std::nullopt, Output::asWished) + "\n";
}

std::string reproduce(const SqueezeResult& result) {
    return command(result, std::nullopt, Output::asWished) + "\n";
}

std::string reproduce(const BenchResult& result) {
    return command(result, std::nullopt, Output::asWished) + "\n";
}

std::string reproduce(const Recommendation& recommendation, const Results& results) {
    const auto& header = recommendation.header;
    Steps steps;
    steps.add(results.probes, "probe", std::nullopt);
    steps.add(results.squeezes, "squeeze", recommendation.floor);
    steps.add(results.benches, "bench", recommendation.floor);
    // The documents say all there is to know of a program of this machine.
    auto line = isLocal(header.target) && !steps.files.empty()
                    ? CommandLine({"kubectl-memfit", "recommend"})
                    : CommandLine(header.target, "recommend");
    addPolicy(line, recommendation.policy, recommendation.tolerance);
    if (steps.files.empty()) {
        const auto load = header.load.command.value_or("");
        return finished(std::move(line), header, load, recommendation.floor, Output::asWished) +
               "\n";
    }
    for (const auto& file : steps.files) line.flag("-f", file);
    line.flag("--floor", recommendation.floor);
    return steps.text + line.text() + "\n";
}

}  // namespace memfit

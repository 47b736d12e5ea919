#include "cli/complete.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/split.hpp>
#include <string_view>
#include <utility>

#include "cli/options.h"

namespace memfit::plugin {
namespace {

constexpr std::array types{"deploy", "sts", "ds", "rs", "pod"};

const CommandSpec* findCommand(std::string_view name) {
    const auto table = commandTable();
    const auto found = std::ranges::find(table, name, &CommandSpec::name);
    return found == table.end() ? nullptr : &*found;
}

/// The flag that `word` names, as `--name`, `-n` or the last of `-qn`; nullptr: none.
const OptionSpec* findOption(const CommandSpec& command, std::string_view word) {
    const bool isLong = word.starts_with("--");
    if (!isLong && (word.size() < 2 || word.front() != '-')) return nullptr;
    const auto name = isLong ? word.substr(2) : word.substr(word.size() - 1);
    for (const auto& spec : optionTable()) {
        if ((spec.commands & bit(command.kind)) == 0) continue;
        if ((isLong ? spec.name : spec.shortName) == name) return &spec;
    }
    return nullptr;
}

void add(Completion& completion, std::string text, std::string_view description,
         std::string_view typed) {
    if (text.starts_with(typed)) {
        completion.candidates.push_back({std::move(text), std::string(description)});
    }
}

Completion commands(std::string_view typed) {
    Completion completion;
    for (const auto& spec : commandTable()) {
        add(completion, std::string(spec.name), spec.summary, typed);
    }
    add(completion, "help", "print the help of a command", typed);
    if (typed.starts_with('-')) {
        add(completion, "--help", "print help", typed);
        add(completion, "--version", "print the version", typed);
    }
    return completion;
}

Completion flags(const CommandSpec& command, std::string_view typed) {
    Completion completion;
    for (const auto& spec : optionTable()) {
        if ((spec.commands & bit(command.kind)) == 0) continue;
        add(completion, fmt::format("--{}", spec.name), spec.help, typed);
    }
    add(completion, "--help", "print this help", typed);
    return completion;
}

/// Whether the command takes the choice: some formats are of one command only.
bool offers(const CommandSpec& command, const OptionSpec& spec, std::string_view choice) {
    if (spec.name != "output") return true;
    const auto format = outputFormat(choice);
    return format && writes(command.kind, *format);
}

/// The value of a flag; `before` is what stands before it in the same word: `--output=`.
Completion values(const CommandSpec& command, const OptionSpec& spec, std::string_view typed,
                  const std::string& before) {
    Completion completion;
    completion.before = before;
    if (!spec.choices.empty()) {
        std::vector<std::string> choices;
        boost::algorithm::split(choices, spec.choices, [](char c) { return c == '|'; });
        for (auto& choice : choices) {
            if (choice.starts_with(typed) && offers(command, spec, choice))
                completion.candidates.push_back({before + choice, ""});
        }
    }
    if (spec.name == "context") completion.live = Completion::Live::contexts;
    if (spec.name == "namespace") completion.live = Completion::Live::namespaces;
    completion.files = spec.placeholder == "FILE" || spec.placeholder == "FOLDER";
    return completion;
}

Completion targets(const CommandSpec& command, std::string_view typed, bool first) {
    Completion completion;
    completion.files = command.kind == CommandKind::lint;
    if (command.kind == CommandKind::cleanup || (!first && !completion.files)) return completion;
    const auto slash = typed.find('/');
    if (slash == std::string_view::npos) {
        for (const auto* const type : types) {
            add(completion, std::string(type) + "/", "", typed);
        }
        completion.noSpace = !completion.candidates.empty();
        return completion;
    }
    completion.live = Completion::Live::workloads;
    completion.type = typed.substr(0, slash);
    completion.before = typed.substr(0, slash + 1);
    return completion;
}

/// What is known of the words before the cursor.
struct Before {
    bool positional = false;           ///< one of them is no flag and no value
    const OptionSpec* open = nullptr;  ///< a flag that waits for its value
};

Before readBefore(const CommandSpec& command, const std::vector<std::string>& words) {
    Before before;
    for (std::size_t i = 1; i + 1 < words.size(); ++i) {
        if (std::exchange(before.open, nullptr) != nullptr) continue;
        const auto& word = words[i];
        if (!word.starts_with('-') || word == "-") {
            before.positional = true;
            continue;
        }
        const auto* const spec = findOption(command, word);
        if (spec != nullptr && !spec->placeholder.empty()) before.open = spec;
    }
    return before;
}

}  // namespace

Completion complete(const std::vector<std::string>& words) {
    if (words.size() <= 1) return commands(words.empty() ? "" : words.front());
    const auto& typed = words.back();
    if (words.front() == "help" && words.size() == 2) {
        auto completion = commands(typed);
        std::erase_if(completion.candidates,
                      [](const Candidate& each) { return findCommand(each.text) == nullptr; });
        return completion;
    }
    const auto* const command = findCommand(words.front());
    if (command == nullptr) return {};
    if (std::find(words.begin(), words.end() - 1, "--") != words.end() - 1) {
        Completion program;
        program.files = true;
        return program;
    }
    const auto before = readBefore(*command, words);
    if (before.open != nullptr) return values(*command, *before.open, typed, "");
    if (const auto equals = typed.find('=');
        typed.starts_with("--") && equals != std::string::npos) {
        const auto* const spec = findOption(*command, typed.substr(0, equals));
        if (spec == nullptr || spec->placeholder.empty()) return {};
        return values(*command, *spec, std::string_view(typed).substr(equals + 1),
                      typed.substr(0, equals + 1));
    }
    if (typed.starts_with('-')) return flags(*command, typed);
    return targets(*command, typed, !before.positional);
}

TypedConnection typedConnection(const std::vector<std::string>& words) {
    TypedConnection connection;
    const auto* const command = words.empty() ? nullptr : findCommand(words.front());
    if (command == nullptr) return connection;
    Options options;
    const auto apply = [&](const OptionSpec& spec, const std::string& value) {
        const auto kubectls = spec.group.starts_with("Connection");
        if (kubectls) (void)spec.apply(options, value);
    };
    for (std::size_t i = 1; i + 1 < words.size(); ++i) {
        const auto& word = words[i];
        if (word == "--") break;
        const auto equals = word.find('=');
        const auto* const spec = findOption(*command, word.substr(0, equals));
        if (spec == nullptr) continue;
        if (spec->placeholder.empty()) {
            apply(*spec, "");
        } else if (equals != std::string::npos) {
            apply(*spec, word.substr(equals + 1));
        } else if (i + 2 < words.size()) {
            apply(*spec, words[++i]);
        }
    }
    connection.flags = options.connectionFlags;
    connection.ns = options.ns.value_or("");
    return connection;
}

}  // namespace memfit::plugin

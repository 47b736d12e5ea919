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

/// The flag of the command that has this name, or this letter; nullptr: none.
const OptionSpec* findOption(const CommandSpec& command, std::string_view OptionSpec::* kind,
                             std::string_view name) {
    for (const auto& spec : optionTable()) {
        if ((spec.commands & bit(command.kind)) != 0 && spec.*kind == name) return &spec;
    }
    return nullptr;
}

/// A word that is a flag.
struct TypedFlag {
    const OptionSpec* spec = nullptr;  ///< of switches in one word, `-qv`, the last
    std::size_t valueAt = 0;           ///< where its value begins in the word; 0: not in this word

    [[nodiscard]] bool takesValue() const { return spec != nullptr && !spec->placeholder.empty(); }
};

/// `--name`, `--name=VALUE`, `-n`, `-nVALUE`, and `-qn` after a switch; none is found in other
/// words.
TypedFlag typedFlag(const CommandSpec& command, std::string_view word) {
    if (word.starts_with("--")) {
        const auto equals = word.find('=');
        const auto* const spec =
            findOption(command, &OptionSpec::name, word.substr(0, equals).substr(2));
        return {spec, equals == std::string_view::npos ? 0 : equals + 1};
    }
    TypedFlag flag;
    for (std::size_t i = 1; word.starts_with('-') && i < word.size(); ++i) {
        flag.spec = findOption(command, &OptionSpec::shortName, word.substr(i, 1));
        if (flag.spec == nullptr) break;
        if (flag.takesValue()) return {flag.spec, i + 1 < word.size() ? i + 1 : 0};
    }
    return flag;
}

std::vector<std::string> splitAt(std::string_view text, char separator) {
    std::vector<std::string> words;
    boost::algorithm::split(words, text, [&](char c) { return c == separator; });
    return words;
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

/// Whether the command accepts the choice: some formats belong to one command only.
bool offers(const CommandSpec& command, const OptionSpec& spec, std::string_view choice) {
    if (spec.name != "output") return true;
    const auto format = outputFormat(choice);
    return format && writes(command.kind, *format);
}

/// The value of a flag; `before` is what stands before it in the same word: `--output=`. A value of
/// a list is what follows its last comma, and is none of those that it has.
Completion values(const CommandSpec& command, const OptionSpec& spec, std::string_view typed,
                  std::string before, const std::vector<std::string>& target) {
    Completion completion;
    std::vector<std::string> taken;
    if (spec.placeholder == "LIST") {
        const auto last = typed.rfind(',') + 1;
        taken = splitAt(typed.substr(0, last), ',');
        before += typed.substr(0, last);
        typed.remove_prefix(last);
    }
    for (const auto& choice : splitAt(spec.choices.empty() ? spec.offered : spec.choices, '|')) {
        if (choice.empty() || !choice.starts_with(typed) || !offers(command, spec, choice))
            continue;
        if (std::ranges::find(taken, choice) != taken.end()) continue;
        completion.candidates.push_back({before + choice, ""});
    }
    completion.live = spec.names;
    if (spec.names == LiveNames::containers) completion.of = target;
    completion.files = spec.placeholder == "FILE" || spec.placeholder == "FOLDER";
    completion.before = std::move(before);
    return completion;
}

/// The types of workloads that a list like `deploy,` can go on with.
Completion moreTypes(std::string_view typed) {
    Completion completion;
    const auto last = typed.rfind(',') + 1;
    const auto taken = splitAt(typed.substr(0, last), ',');
    for (const auto* const type : types) {
        if (std::ranges::find(taken, type) != taken.end()) continue;
        add(completion, std::string(typed.substr(0, last)) + type, "", typed);
    }
    return completion;
}

Completion workloads(std::string_view type, std::string before) {
    Completion completion;
    completion.live = LiveNames::workloads;
    completion.of = {std::string(type)};
    completion.before = std::move(before);
    return completion;
}

/// `TYPE/NAME`, `TYPE NAME`, of recommend also `TYPE,TYPE`; `target`: the words of it so far.
Completion targets(const CommandSpec& command, std::string_view typed,
                   const std::vector<std::string>& target) {
    if (command.kind == CommandKind::cleanup || target.size() > 1) return {};
    if (target.size() == 1) {
        const auto& type = target.front();
        return type.find_first_of("/,") == std::string::npos ? workloads(type, "") : Completion{};
    }
    if (const auto slash = typed.find('/'); slash != std::string_view::npos) {
        return workloads(typed.substr(0, slash), std::string(typed.substr(0, slash + 1)));
    }
    if (command.kind == CommandKind::recommend && typed.find(',') != std::string_view::npos) {
        return moreTypes(typed);
    }
    Completion completion;
    for (const auto* const type : types) {
        add(completion, std::string(type) + "/", "", typed);
    }
    completion.noSpace = !completion.candidates.empty();
    return completion;
}

/// What the words before the cursor tell.
struct Before {
    std::vector<std::string> target;   ///< those that are neither a flag nor a value
    const OptionSpec* open = nullptr;  ///< a flag that waits for its value
};

Before readBefore(const CommandSpec& command, const std::vector<std::string>& words) {
    Before before;
    for (std::size_t i = 1; i + 1 < words.size(); ++i) {
        if (std::exchange(before.open, nullptr) != nullptr) continue;
        const auto& word = words[i];
        if (!word.starts_with('-') || word == "-") {
            before.target.push_back(word);
            continue;
        }
        const auto flag = typedFlag(command, word);
        if (flag.takesValue() && flag.valueAt == 0) before.open = flag.spec;
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
    if (before.open != nullptr) return values(*command, *before.open, typed, "", before.target);
    if (const auto flag = typedFlag(*command, typed); flag.takesValue() && flag.valueAt > 0) {
        auto completion = values(*command, *flag.spec, std::string_view(typed).substr(flag.valueAt),
                                 typed.substr(0, flag.valueAt), before.target);
        // No shell knows where a path begins after `-f`.
        if (!typed.starts_with("--")) completion.files = false;
        return completion;
    }
    if (typed.starts_with('-')) return flags(*command, typed);
    auto completion = targets(*command, typed, before.target);
    completion.files = command->kind == CommandKind::lint;
    return completion;
}

TypedConnection typedConnection(const std::vector<std::string>& words) {
    TypedConnection connection;
    const auto* const command = words.empty() ? nullptr : findCommand(words.front());
    if (command == nullptr) return connection;
    Options options;
    for (std::size_t i = 1; i + 1 < words.size(); ++i) {
        const auto& word = words[i];
        if (word == "--") break;
        const auto flag = typedFlag(*command, word);
        std::string value;
        if (flag.takesValue()) {
            if (flag.valueAt == 0 && i + 2 >= words.size()) break;
            value = flag.valueAt > 0 ? word.substr(flag.valueAt) : words[++i];
        }
        const bool kubectls = flag.spec != nullptr && flag.spec->group.starts_with("Connection");
        if (kubectls) (void)flag.spec->apply(options, value);
    }
    connection.flags = options.connectionFlags;
    connection.ns = options.ns.value_or("");
    return connection;
}

}  // namespace memfit::plugin

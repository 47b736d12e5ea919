#include "text/redact.h"

#include <algorithm>
#include <array>
#include <boost/regex.hpp>
#include <filesystem>
#include <optional>
#include <string_view>

#include "text/shell_words.h"

namespace memfit::plugin {

namespace {

/// A variable or query parameter whose value is a secret.
std::string secretName() {
    return R"re([a-z0-9_]{0,40}(?:token|secret|passw(?:or)?d|api_?key|access_?key|private_?key))re";
}

/// `NAME=VALUE` as one word: all of the value is the secret, spaces too.
std::optional<std::string> redactedAssignment(const std::string& word) {
    static const boost::regex pattern("(" + secretName() + "=).*",
                                      boost::regex::perl | boost::regex::icase);
    boost::smatch match;
    if (!boost::regex_match(word, match, pattern)) return std::nullopt;
    return match[1].str() + std::string(redacted);
}

struct Rule {
    boost::regex pattern;
    std::string replacement;
};

/// Quantifiers are bounded, so that a long text costs no more than its length.
const std::vector<Rule>& rules() {
    const std::string kept = "$1" + std::string(redacted);
    const auto flags = boost::regex::perl | boost::regex::icase;
    static const std::string value = R"re((?:"[^"]*"|'[^']*'|[^\s"'&]+))re";
    static const std::vector<Rule> all{
        {boost::regex(R"re(((?:(?:proxy-)?authorization|(?:set-)?cookie|)re"
                      R"re([a-z0-9-]{0,40}(?:api-?key|token|secret)[a-z0-9-]{0,40})\s*:\s*)re"
                      R"re()[^"'\r\n]+)re",
                      flags),
         kept},
        {boost::regex(
             R"re((--?(?:token|password|passwd|secret|api-key|access-token)[= ]))re" + value,
             flags),
         kept},
        {boost::regex(R"re(((?:(?:proxy-)?authorization|(?:set-)?cookie)\s*=\s*)[^"'\r\n]+)re",
                      flags),
         kept},
        {boost::regex(R"re((\b[a-z][a-z0-9+.-]{0,20}://)[^/\s"'?#]{1,500}(?=@))re", flags), kept},
        {boost::regex(R"re((\b)re" + secretName() + "=)" + value, flags), kept},
    };
    return all;
}

/// Options of load tools whose next word is a secret, besides the long ones that tell by name.
bool takesSecret(std::string_view tool, std::string_view option) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> known{{
        {"hey", "-a"},
        {"ab", "-A"},
        {"ab", "-P"},
        {"ab", "-C"},
        {"curl", "-u"},
        {"curl", "--user"},
        {"curl", "-b"},
        {"oha", "-a"},
        {"fortio", "-user"},
    }};
    static constexpr std::array<std::string_view, 7> always{
        "--token", "--password", "--secret", "--api-key", "--access-token", "--cookie", "-token"};
    static const boost::regex named("--?[a-z0-9-]{0,40}(?:token|secret|passw(?:or)?d|api-?key)",
                                    boost::regex::perl | boost::regex::icase);
    return std::ranges::find(always, option) != always.end() ||
           std::ranges::find(known, std::pair(tool, option)) != known.end() ||
           boost::regex_match(option.begin(), option.end(), named);
}

/// A word that is a header as a whole (`-HCookie: a="b"`), or a short option with its secret
/// attached (`-a=user:X`, `-Auser:X`), with the secret taken out.
std::optional<std::string> redactedWhole(std::string_view tool, const std::string& word) {
    static const boost::regex header(
        "((?:-H)?(?:(?:proxy-)?authorization|(?:set-)?cookie)\\s*[:=]\\s*).*",
        boost::regex::perl | boost::regex::icase);
    boost::smatch found;
    if (boost::regex_match(word, found, header)) return found[1].str() + std::string(redacted);
    const auto equals = word.find('=');
    if (equals != std::string::npos &&
        takesSecret(tool, std::string_view(word).substr(0, equals))) {
        return word.substr(0, equals + 1) + std::string(redacted);
    }
    const bool attached =
        word.size() > 2 && word[1] != '-' && takesSecret(tool, std::string_view(word).substr(0, 2));
    return attached ? std::optional(word.substr(0, 2) + std::string(redacted)) : std::nullopt;
}

/// The load tool among the words: `timeout 60 hey ...` runs hey.
std::string toolOf(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        const std::string name = std::filesystem::path(word).filename().string();
        for (const std::string_view known : {"hey", "ab", "curl", "oha", "fortio"}) {
            if (name == known) return name;
        }
    }
    return {};
}

bool plainInShell(char c) {
    constexpr std::string_view harmless = "-_./:=,@%+{}";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           harmless.find(c) != std::string_view::npos;
}

std::string quoteForShell(const std::string& word) {
    if (!word.empty() && std::ranges::all_of(word, plainInShell)) return word;
    std::string quoted = "'";
    for (const char c : word) {
        if (c == '\'') {
            quoted += "'\\''";
        } else {
            quoted += c;
        }
    }
    return quoted + "'";
}

/// How deep a script may stand in a script and still be shown.
constexpr int deepestScript = 4;

/// `shown` in the place of a word of a script, in the quotes that the word had.
std::string quotedLike(std::string_view word, const std::string& shown) {
    const char first = word.front();
    const bool quoted = word.size() > 1 && (first == '"' || first == '\'') && word.back() == first;
    if (quoted && shown.find(first) == std::string::npos) return first + shown + first;
    return shown.find_first_of(" \t\n\"'") == std::string::npos ? shown : quoteForShell(shown);
}

std::vector<std::string> redactCommand(const std::vector<std::string>& words, int depth);

/// Each command of the script is one whose options are known.
std::string redactScript(std::string_view script, int depth) {
    if (depth > deepestScript) return std::string(redacted);
    const std::vector<ShellWord> all = shellWords(script);
    std::string result;
    std::size_t copied = 0;
    for (auto first = all.begin(); first != all.end();) {
        const auto last = std::find_if(std::next(first), all.end(),
                                       [](const ShellWord& word) { return word.startsCommand; });
        std::vector<std::string> values;
        std::transform(first, last, std::back_inserter(values),
                       [](const ShellWord& word) { return word.value; });
        const std::vector<std::string> shown = redactCommand(values, depth);
        for (std::size_t i = 0; i < shown.size(); ++i, ++first) {
            if (shown[i] == values[i]) continue;
            result += script.substr(copied, first->begin - copied);
            result += quotedLike(script.substr(first->begin, first->end - first->begin), shown[i]);
            copied = first->end;
        }
    }
    result += script.substr(copied);
    return redactText(result);
}

/// A word with a blank in it may be a script.
std::string redactWord(const std::string& word, int depth) {
    const bool oneWord = word.find_first_of(" \t\n") == std::string::npos;
    return oneWord ? redactText(word) : redactScript(word, depth + 1);
}

std::vector<std::string> redactCommand(const std::vector<std::string>& words, int depth) {
    std::vector<std::string> result;
    result.reserve(words.size());
    const std::string tool = toolOf(words);
    bool secretNext = false;
    for (const std::string& word : words) {
        auto known = redactedWhole(tool, word);
        if (!known) known = redactedAssignment(word);
        result.push_back(secretNext ? std::string(redacted)
                         : known    ? *known
                                    : redactWord(word, depth));
        secretNext = !secretNext && takesSecret(tool, word);
    }
    return result;
}

}  // namespace

std::string redactText(std::string_view text) {
    std::string result(text);
    try {
        for (const Rule& rule : rules()) {
            result = boost::regex_replace(result, rule.pattern, rule.replacement);
        }
    } catch (const std::exception&) {
        // A text too odd to be searched is not shown at all.
        return std::string(redacted);
    }
    return result;
}

std::vector<std::string> redactWords(const std::vector<std::string>& words) {
    return redactCommand(words, 0);
}

std::string shownCommand(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : redactWords(words)) {
        if (!text.empty()) text += ' ';
        text += quoteForShell(word);
    }
    return text;
}

}  // namespace memfit::plugin

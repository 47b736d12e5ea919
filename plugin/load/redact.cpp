#include "load/redact.h"

#include <algorithm>
#include <array>
#include <boost/regex.hpp>
#include <filesystem>
#include <string_view>

namespace memfit::plugin {

namespace {

struct Rule {
    boost::regex pattern;
    std::string replacement;
};

const std::vector<Rule>& rules() {
    const std::string kept = "$1" + std::string(redacted);
    const auto flags = boost::regex::perl | boost::regex::icase;
    static const std::vector<Rule> all{
        {boost::regex(R"re(((?:(?:proxy-)?authorization|(?:set-)?cookie|)re"
                      R"re([a-z0-9-]*(?:api-?key|token|secret)[a-z0-9-]*)\s*:\s*)[^"'\r\n]+)re",
                      flags),
         kept},
        {boost::regex(R"re((--?(?:token|password|passwd|secret|api-key|access-token)[= ])[^\s"']+)re", flags), kept},
        {boost::regex(R"re(([a-z][a-z0-9+.-]*://)[^/@\s"']+(?=@))re", flags), kept},
        {boost::regex(R"re((\b[a-z0-9_]*(?:token|secret|passw(?:or)?d|api_?key|access_?key|private_?key)=)[^\s"'&]+)re",
                      flags),
         kept},
    };
    return all;
}

/// Options of load tools whose next word is a secret, besides the long ones that tell by name.
bool takesSecret(std::string_view tool, std::string_view option) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> known{{
        {"hey", "-a"}, {"ab", "-A"}, {"ab", "-P"}, {"ab", "-C"}, {"curl", "-u"}, {"curl", "--user"},
        {"curl", "-b"}, {"oha", "-a"},
    }};
    static constexpr std::array<std::string_view, 7> always{
        "--token", "--password", "--secret", "--api-key", "--access-token", "--cookie", "-token"};
    return std::ranges::find(always, option) != always.end() ||
           std::ranges::find(known, std::pair(tool, option)) != known.end();
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
    std::vector<std::string> result;
    result.reserve(words.size());
    const std::string tool =
        words.empty() ? std::string() : std::filesystem::path(words.front()).filename().string();
    bool secretNext = false;
    for (const std::string& word : words) {
        result.push_back(secretNext ? std::string(redacted) : redactText(word));
        secretNext = !secretNext && takesSecret(tool, word);
    }
    return result;
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

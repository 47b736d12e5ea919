#include "load/load_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/replace.hpp>
#include <optional>
#include <string_view>

#include "text/redact.h"

namespace memfit::plugin {

namespace {

/// Takes words off a text as POSIX sh does (2.2 Quoting), without any expansion.
class WordSplitter {
public:
    WordSplitter(std::string_view text, std::string_view flag) : text_(text), flag_(flag) {}

    Result<std::vector<std::string>> split() {
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c == '\'') {
                if (!takeSingleQuoted()) return unclosed('\'');
            } else if (c == '"') {
                if (!takeDoubleQuoted()) return unclosed('"');
            } else if (c == '\\') {
                if (at_ == text_.size()) {
                    return usageError(fmt::format("{} command ends in a backslash", flag_),
                                      "remove it");
                }
                quoted_ = true;
                takeEscaped();
            } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
                finishWord();
            } else {
                word() += c;
            }
        }
        finishWord();
        if (operator_) {
            return usageError(
                fmt::format("{} command holds the shell operator {}, but no shell runs it", flag_,
                            *operator_),
                fmt::format("write --{} \"sh -c '…'\" if you want one", flag_));
        }
        return words_;
    }

private:
    [[nodiscard]] Error unclosed(char quote) const {
        return usageError(fmt::format("{} command has an unclosed {}", flag_, quote),
                          "close the quote");
    }

    std::string& word() {
        if (!word_) word_.emplace();
        return *word_;
    }

    void takeEscaped() {
        const char c = text_[at_++];
        if (c != '\n') word() += c;
    }

    bool takeSingleQuoted() {
        const std::size_t end = text_.find('\'', at_);
        if (end == std::string_view::npos) return false;
        word() += text_.substr(at_, end - at_);
        quoted_ = true;
        at_ = end + 1;
        return true;
    }

    bool takeDoubleQuoted() {
        constexpr std::string_view escapable = "$`\"\\\n";
        std::string& current = word();
        quoted_ = true;
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c == '"') return true;
            const bool escape = c == '\\' && at_ < text_.size() &&
                                escapable.find(text_[at_]) != std::string_view::npos;
            if (escape) {
                takeEscaped();
            } else {
                current += c;
            }
        }
        return false;
    }

    void finishWord() {
        static constexpr std::array<std::string_view, 10> operators{"|", "||", "&", "&&", ";",
                                                                    ">", ">>", "<", "2>", "2>&1"};
        if (word_) {
            const bool isOperator = std::ranges::find(operators, *word_) != operators.end();
            if (isOperator && !quoted_ && !operator_) operator_ = *word_;
            words_.push_back(std::move(*word_));
        }
        word_.reset();
        quoted_ = false;
    }

    std::string_view text_;
    std::string_view flag_;
    std::size_t at_ = 0;
    std::optional<std::string> word_, operator_;
    bool quoted_ = false;
    std::vector<std::string> words_;
};

}  // namespace

Result<LoadCommand> parseLoadCommand(const std::string& text, std::string_view flag) {
    auto words = WordSplitter(text, flag).split();
    if (!words) return words.error();
    if (words->empty() || words->front().empty()) {
        return usageError(fmt::format("{} command is empty", flag),
                          flag == "load" ? "write it like --load 'hey -n 1000 {url}'"
                                         : fmt::format("name a program, or leave out --{}", flag));
    }
    std::string shown = shownCommand(*words);
    return LoadCommand{std::move(*words), std::move(shown)};
}

std::vector<std::string> fillIn(const LoadCommand& command, const Endpoint& service) {
    std::vector<std::string> words = command.words;
    for (std::string& word : words) {
        boost::algorithm::replace_all(word, "{url}", service.url());
        boost::algorithm::replace_all(word, "{host}", service.host);
        boost::algorithm::replace_all(word, "{port}", std::to_string(service.port));
    }
    return words;
}

bool usesFolder(const std::vector<std::string>& words) {
    return std::ranges::any_of(
        words, [](const std::string& word) { return word.find(folderWord) != std::string::npos; });
}

std::vector<std::string> withFolder(std::vector<std::string> words, const std::string& folder) {
    for (std::string& word : words) boost::algorithm::replace_all(word, folderWord, folder);
    return words;
}

}  // namespace memfit::plugin

#include "text/shell_words.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace memfit::plugin {

namespace {

class ScriptReader {
public:
    explicit ScriptReader(std::string_view script) : script_(script) {}

    std::vector<ShellWord> read() {
        while (at_ < script_.size()) {
            const char c = script_[at_];
            if (blanks.find(c) != std::string_view::npos) {
                finishWord();
                ++at_;
            } else if (commandEnds.find(c) != std::string_view::npos) {
                finishWord();
                newCommand_ = true;
                ++at_;
            } else {
                takePart(c);
            }
        }
        finishWord();
        return std::move(words_);
    }

private:
    static constexpr std::string_view blanks = " \t\r<>";
    static constexpr std::string_view commandEnds = "|&;()`\n";

    void takePart(char c) {
        if (!word_) word_.emplace(ShellWord{at_, at_, {}, std::exchange(newCommand_, false)});
        ++at_;
        if (c == '\'' || c == '"') {
            takeQuoted(c);
        } else if (c == '\\' && at_ < script_.size()) {
            word_->value += script_[at_++];
        } else {
            word_->value += c;
        }
    }

    void takeQuoted(char quote) {
        while (at_ < script_.size()) {
            char c = script_[at_++];
            if (c == quote) return;
            if (quote == '"' && c == '\\' && at_ < script_.size()) c = script_[at_++];
            word_->value += c;
        }
    }

    void finishWord() {
        if (!word_) return;
        word_->end = at_;
        words_.push_back(*std::exchange(word_, std::nullopt));
    }

    std::string_view script_;
    std::size_t at_ = 0;
    std::optional<ShellWord> word_;
    bool newCommand_ = true;
    std::vector<ShellWord> words_;
};

}  // namespace

std::vector<ShellWord> shellWords(std::string_view script) {
    return ScriptReader(script).read();
}

}  // namespace memfit::plugin

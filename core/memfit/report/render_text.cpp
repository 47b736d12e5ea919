#include <fmt/format.h>

#include <algorithm>

#include "memfit/report/lines.h"
#include "memfit/report/report.h"

namespace memfit {
namespace {

std::string_view colorOf(Tone tone) {
    switch (tone) {
        case Tone::normal:
            return "";
        case Tone::strong:
            return "\x1b[1m";
        case Tone::good:
            return "\x1b[32m";
        case Tone::bad:
            return "\x1b[31m";
        case Tone::faint:
            return "\x1b[2m";
    }
    return "";
}

class TextRenderer {
public:
    explicit TextRenderer(const TextStyle& style) : style_(style) {}

    void operator()(const Heading& heading) {
        separate();
        out_ += painted(printable(heading.text), Tone::strong) + "\n";
    }

    void operator()(const Paragraph& paragraph) {
        startLine(0);
        for (const auto& span : paragraph.spans) addWords(span.text, span.tone);
        out_ += "\n";
    }

    void operator()(const Bullets& bullets) {
        for (const auto& item : bullets.items) {
            startLine(4);
            out_ += "  - ";
            column_ = 4;
            addWords(item.text, item.tone);
            if (!item.code.empty()) addWords("[" + item.code + "]", Tone::faint);
            out_ += "\n";
        }
    }

    void operator()(const Table& table) {
        std::vector<std::size_t> widths;
        for (const auto& column : table.columns) widths.push_back(displayWidth(column.title));
        for (const auto& row : table.rows) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                widths[i] = std::max(widths[i], displayWidth(row[i].text));
            }
        }
        std::vector<Span> titles;
        for (const auto& column : table.columns) titles.push_back({column.title, Tone::faint});
        addRow(table, titles, widths);
        for (const auto& row : table.rows) addRow(table, row, widths);
    }

    void operator()(const Chart& /*chart*/) {}
    void operator()(const Bars& /*bars*/) {}

    void operator()(const Details& details) {
        if (!details.onTerminal) return;
        (*this)(Heading{details.title});
        for (const auto& block : details.blocks) std::visit(*this, block);
    }

    void operator()(const Code& code) {
        for (const auto line : lines(code.text)) out_ += fmt::format("    {}\n", printable(line));
    }

    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    void separate() {
        if (!out_.empty()) out_ += "\n";
    }

    [[nodiscard]] std::string painted(std::string text, Tone tone) const {
        if (!style_.color || tone == Tone::normal || text.empty()) return text;
        return fmt::format("{}{}\x1b[0m", colorOf(tone), text);
    }

    void startLine(std::size_t indent) {
        indent_ = indent;
        column_ = 0;
    }

    void addWords(std::string_view text, Tone tone) {
        const std::string clean = printable(text);
        std::string_view rest = clean;
        while (!rest.empty()) {
            const auto end = std::min(rest.find(' '), rest.size());
            const auto word = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            if (word.empty()) continue;
            const auto width = displayWidth(word);
            if (column_ > indent_ && column_ + 1 + width > style_.width) {
                out_ += "\n" + std::string(indent_, ' ');
                column_ = indent_;
            } else if (column_ > indent_) {
                out_ += ' ';
                ++column_;
            }
            out_ += painted(std::string(word), tone);
            column_ += width;
        }
    }

    void addRow(const Table& table, const std::vector<Span>& row,
                const std::vector<std::size_t>& widths) {
        std::string line;
        std::size_t pending = 2;  // spaces owed before the next text, so that no line ends in any
        for (std::size_t i = 0; i < row.size(); ++i) {
            const auto text = printable(row[i].text);
            const auto gap = widths[i] - displayWidth(text);
            const bool right = table.columns[i].align == Align::right;
            if (!text.empty()) {
                line += std::string(pending + (right ? gap : 0), ' ');
                line += painted(text, row[i].tone);
                pending = right ? 0 : gap;
            } else {
                pending += widths[i];
            }
            pending += 2;
        }
        out_ += line + "\n";
    }

    TextStyle style_;
    std::string out_;
    std::size_t indent_ = 0;
    std::size_t column_ = 0;
};

}  // namespace

std::string renderText(const Report& report, const TextStyle& style) {
    TextRenderer renderer(style);
    for (const auto& block : report) std::visit(renderer, block);
    return renderer.take();
}

}  // namespace memfit

#include <fmt/format.h>

#include <algorithm>

#include "memfit/report/chart_svg.h"
#include "memfit/report/lines.h"
#include "memfit/report/report.h"
#include "memfit/report/report_order.h"

namespace memfit {
namespace {

bool isWordCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// A zero-width space behind each `@` that would call somebody to the comment. GitHub looks for
/// mentions in what is shown, where an entity or a backslash is gone.
std::string withoutMentions(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        out += text[i];
        const bool begins = i == 0 || !isWordCharacter(text[i - 1]);
        if (text[i] == '@' && begins) out += "\xE2\x80\x8B";
    }
    return out;
}

/// Markdown's own characters from text that is not ours must not format anything.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : withoutMentions(printable(text))) {
        if (std::string_view("\\`*_[]<>|#&~").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

/// Backticks cannot be escaped in code, so there are none.
std::string inlineCode(std::string_view text) {
    auto out = printable(text);
    std::erase(out, '`');
    return out.empty() ? out : fmt::format("`{}`", out);
}

/// More backticks than anywhere in `text`, so that nothing in it ends the block.
std::string fenceFor(std::string_view text) {
    std::size_t longest = 2, run = 0;
    for (const char c : text) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    std::string fence(longest + 1, '`');
    return fence;
}

std::string emphasized(const Span& span) {
    if (span.text.empty()) return {};
    if (span.tone == Tone::strong) return fmt::format("**{}**", escaped(span.text));
    return escaped(span.text);
}

class MarkdownRenderer {
public:
    explicit MarkdownRenderer(std::size_t mostRows) : mostRows_(mostRows) {}

    void operator()(const Heading& heading) {
        separate();
        out_ += fmt::format("### {}\n", escaped(heading.text));
    }

    void operator()(const Paragraph& paragraph) {
        separate();
        bool first = true;
        for (const auto& span : paragraph.spans) {
            if (!first) out_ += ' ';
            out_ += emphasized(span);
            first = false;
        }
        out_ += "\n";
    }

    void operator()(const Bullets& bullets) {
        if (bullets.items.empty()) return;
        separate();
        for (const auto& item : bullets.items) {
            out_ += fmt::format("- {}", escaped(item.text));
            if (const auto code = inlineCode(item.code); !code.empty())
                out_ += fmt::format(" ({})", code);
            out_ += "\n";
        }
    }

    void operator()(const Table& table) {
        separate();
        out_ += "|";
        for (const auto& column : table.columns)
            out_ += fmt::format(" {} |", escaped(column.title));
        out_ += "\n|";
        for (const auto& column : table.columns) {
            out_ += column.align == Align::right ? " ---: |" : " --- |";
        }
        out_ += "\n";
        const auto shown = std::min(table.rows.size(), mostRows_);
        for (std::size_t i = 0; i < shown; ++i) {
            out_ += "|";
            for (const auto& span : table.rows[i]) out_ += fmt::format(" {} |", emphasized(span));
            out_ += "\n";
        }
        if (shown < table.rows.size())
            out_ += fmt::format("\nand {} more rows; `-o json` has them all\n",
                                table.rows.size() - shown);
    }

    void operator()(const Code& code) {
        separate();
        const auto fence = fenceFor(code.text);
        out_ += fence + "\n";
        for (const auto line : lines(code.text)) out_ += printable(line) + "\n";
        out_ += fence + "\n";
    }

    void operator()(const Chart& /*chart*/) {}
    void operator()(const Bars& /*bars*/) {}

    // GitHub reads markdown within only after an empty line.
    void operator()(const Details& details) {
        MarkdownRenderer inside(mostRows_);
        for (const auto& block : details.blocks) std::visit(inside, block);
        const auto text = inside.take();
        if (text.empty()) return;
        separate();
        out_ += fmt::format("<details>\n<summary>{}</summary>\n\n{}\n</details>\n",
                            withoutMentions(htmlEscaped(details.title)), text);
    }

    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    void separate() {
        if (!out_.empty()) out_ += "\n";
    }

    std::size_t mostRows_;
    std::string out_;
};

}  // namespace

std::string renderMarkdown(const Report& report) {
    // The longest comment that GitHub accepts. GitHub counts characters, so counting bytes is on
    // the safe side.
    constexpr std::size_t most = 65536;
    const auto ordered = recommendationFirst(report);
    const auto render = [&](std::size_t mostRows) {
        MarkdownRenderer renderer(mostRows);
        for (const auto& block : ordered) std::visit(renderer, block);
        return renderer.take();
    };
    auto text = render(most);
    for (std::size_t rows = most / 2; text.size() > most && rows > 0; rows /= 2)
        text = render(rows);
    return text;
}

}  // namespace memfit

#include <fmt/format.h>

#include "memfit/report/report.h"

namespace memfit {
namespace {

/// Markdown's own characters from text that is not ours must not format anything.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : printable(text)) {
        if (std::string_view("\\`*_[]<>|#").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

std::string emphasized(const Span& span) {
    if (span.text.empty()) return {};
    if (span.tone == Tone::strong) return fmt::format("**{}**", escaped(span.text));
    return escaped(span.text);
}

class MarkdownRenderer {
public:
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
            if (!item.code.empty()) out_ += fmt::format(" (`{}`)", item.code);
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
        for (const auto& row : table.rows) {
            out_ += "|";
            for (const auto& span : row) out_ += fmt::format(" {} |", emphasized(span));
            out_ += "\n";
        }
    }

    void operator()(const Code& code) {
        separate();
        out_ += fmt::format("```\n{}{}```\n", code.text, code.text.ends_with('\n') ? "" : "\n");
    }

    void operator()(const Chart& /*chart*/) {}

    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    void separate() {
        if (!out_.empty()) out_ += "\n";
    }

    std::string out_;
};

}  // namespace

std::string renderMarkdown(const Report& report) {
    MarkdownRenderer renderer;
    for (const auto& block : report) std::visit(renderer, block);
    return renderer.take();
}

}  // namespace memfit

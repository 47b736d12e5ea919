#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace memfit {

/// What a piece of text means; each renderer decides how that looks.
enum class Tone { normal, strong, good, bad, faint };

struct Span {
    std::string text;
    Tone tone = Tone::normal;

    friend bool operator==(const Span&, const Span&) = default;
};

enum class Align { left, right };

struct Heading {
    std::string text;
};

/// One line of prose; renderers wrap it.
struct Paragraph {
    std::vector<Span> spans;
};

/// Sentences, each with a stable code that a reader may look up.
struct Bullets {
    struct Item {
        std::string text;
        std::string code;  ///< may be empty
        Tone tone = Tone::normal;
    };
    std::vector<Item> items;
};

struct TableColumn {
    std::string title;
    Align align = Align::left;
};

struct Table {
    std::vector<TableColumn> columns;
    std::vector<std::vector<Span>> rows;  ///< each as long as `columns`
};

/// Takes out the columns whose every cell is empty.
void dropEmptyColumns(Table& table);

/// Lines to be copied as they are: commands, YAML.
struct Code {
    std::string text;
};

/// One figure of a chart, with its interval where it has one.
struct ChartPoint {
    double x = 0;
    double y = 0;
    std::optional<double> low = std::nullopt;
    std::optional<double> high = std::nullopt;
};

struct ChartSeries {
    enum class Mark { line, dots, both };

    std::string name;
    Mark mark = Mark::both;
    std::vector<ChartPoint> points;  ///< intervals of a line are an area around it
    /// Colour, dashes and shape of the marks; nullopt: those of its place among the series.
    std::optional<std::size_t> style = std::nullopt;
};

/// One value of x, and what it is.
struct ChartLine {
    double x = 0;
    std::string name;
};

/// A figure; shown by HTML only, what it says stands in a table too.
struct Chart {
    std::string title;
    std::string description;  ///< what it shows, for those who do not see it
    std::string xTitle;
    std::string yTitle;
    std::vector<ChartSeries> series;
    std::optional<std::pair<double, double>> band = std::nullopt;  ///< an interval on x
    std::optional<ChartLine> marked = std::nullopt;                ///< the chosen x
    std::optional<ChartLine> alsoMarked = std::nullopt;            ///< another x worth knowing
    /// x is memory in MiB: where the largest is above eight times the smallest, powers of two are
    /// equally far apart.
    bool sizes = false;
};

/// Shares of a whole, a bar each; shown by HTML only, what it says stands in words too.
struct Bars {
    struct Bar {
        std::string name;
        std::string value;  ///< as people read it
        double share = 0;   ///< of the whole, >= 0; above 1 it runs over
    };
    std::string title;
    std::string whole;  ///< what a share of 1 is
    std::vector<Bar> bars;
};

struct Details;
using Block = std::variant<Heading, Paragraph, Bullets, Table, Code, Chart, Bars, Details>;

/// A part behind a heading of its own that not everybody reads: markdown folds it away.
struct Details {
    std::string title;
    std::vector<Block> blocks;
    bool onTerminal = true;  ///< false: of pages only, text leaves it out
};

/// A result as people read it, before it is text: built once, rendered by dumb renderers.
using Report = std::vector<Block>;

struct TextStyle {
    bool color = false;       ///< ANSI colours
    std::size_t width = 100;  ///< columns that prose is wrapped to
};

[[nodiscard]] std::string renderText(const Report& report, const TextStyle& style);

/// GitHub-flavoured Markdown, the recommendation first; text from outside is escaped, and an `@` in
/// it mentions nobody. Tables are cut, and say so, where the whole would be more than a comment of
/// a pull request takes.
[[nodiscard]] std::string renderMarkdown(const Report& report);

/// One page that needs nothing else: no script, no network; light and dark, for screens and paper.
/// The recommendation comes first. `json`: the document, embedded for download. Text from outside
/// is escaped.
[[nodiscard]] std::string renderHtml(const Report& report, std::string_view json);

/// A bar of eighth blocks, `value` of `full` at `width` characters; empty for nothing. full > 0.
[[nodiscard]] std::string bar(double value, double full, std::size_t width);

/// Characters that `text` takes on a terminal (code points; no control sequences, no wide ones).
[[nodiscard]] std::size_t displayWidth(std::string_view text);

/// `text` with control characters (escape sequences of a hostile program) made visible as `?`,
/// each: C0, DEL, C1, and those that turn the direction of writing (U+202A to U+202E, U+2066 to
/// U+2069), by which text can pose as another.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace memfit

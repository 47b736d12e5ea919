#pragma once

#include <cstddef>
#include <string>

#include "memfit/report/report.h"

namespace memfit {

/// `text` for HTML and for attributes in double quotes, control characters made visible.
[[nodiscard]] std::string htmlEscaped(std::string_view text);

/// The chart as an SVG element with a title and a description. Series are told apart by colour,
/// shape and dash; colours are classes s0 to s3 of the page.
[[nodiscard]] std::string chartSvg(const Chart& chart);

/// A piece of the line of series number `place` of a chart, with its dash and its mark, for
/// legends.
[[nodiscard]] std::string seriesSample(const ChartSeries& series, std::size_t place);

/// The same of the line at the chosen x, or at the other one that is marked.
[[nodiscard]] std::string lineSample(bool chosen);

/// The bars as an SVG element, one below the other, each to the same scale.
[[nodiscard]] std::string barsSvg(const Bars& bars);

}  // namespace memfit

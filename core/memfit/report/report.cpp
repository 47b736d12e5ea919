#include "memfit/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "memfit/report/lines.h"
#include "memfit/report/report_order.h"

namespace memfit {
namespace {

/// Bytes of the control character that `text` begins with, in UTF-8; 0: there is none.
std::size_t hiddenPrefix(std::string_view text) {
    const auto byte = [&text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
    if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) return 2;
    if (byte(0) != 0xE2) return 0;
    const bool embedding = byte(1) == 0x80 && byte(2) >= 0xAA && byte(2) <= 0xAE;
    const bool isolate = byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9;
    return embedding || isolate ? 3 : 0;
}

}  // namespace

std::string bar(double value, double full, std::size_t width) {
    static constexpr std::array<std::string_view, 8> eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (!(value > 0) || !(full > 0)) return {};
    const double share = std::min(value / full, 1.0);
    const auto units =
        static_cast<std::size_t>(std::lround(share * 8 * static_cast<double>(width)));
    std::string out;
    for (std::size_t i = 0; i < units / 8; ++i) out += "█";
    out += eighths.at(units % 8);
    return out;
}

void dropEmptyColumns(Table& table) {
    for (auto column = std::ssize(table.columns) - 1; column >= 0; --column) {
        const bool empty = std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
            return row[static_cast<std::size_t>(column)].text.empty();
        });
        if (!empty) continue;
        table.columns.erase(table.columns.begin() + column);
        for (auto& row : table.rows) row.erase(row.begin() + column);
    }
}

std::size_t displayWidth(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // not a UTF-8 continuation byte
    }));
}

std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> all;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        all.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return all;
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto hidden = hiddenPrefix(text);
        out += hidden > 0 ? '?' : text.front();
        text.remove_prefix(std::max(hidden, std::size_t{1}));
    }
    return out;
}

Report recommendationFirst(Report report) {
    const auto found = std::ranges::find_if(report, [](const Block& block) {
        const auto* const heading = std::get_if<Heading>(&block);
        return heading != nullptr && heading->text.starts_with("Recommended");
    });
    std::ranges::rotate(report, found == report.end() ? report.begin() : found);
    return report;
}

}  // namespace memfit

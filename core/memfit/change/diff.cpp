#include "memfit/change/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace memfit {

namespace {

using Lines = std::vector<std::string_view>;

constexpr std::size_t context = 3;
constexpr std::ptrdiff_t maxChanges = 1000;

// Lines [beforeBegin, beforeEnd) of one text became [afterBegin, afterEnd) of the other.
struct Change {
    std::size_t beforeBegin = 0;
    std::size_t beforeEnd = 0;
    std::size_t afterBegin = 0;
    std::size_t afterEnd = 0;
};

// Each with its line break.
Lines linesOf(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const std::size_t newline = text.find('\n');
        const std::size_t length = newline == std::string_view::npos ? text.size() : newline + 1;
        lines.push_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    return lines;
}

// Myers' greedy search: `trace[d][k + d]` is how far into `before` d changes lead on the diagonal k
// = x - y.
class Search {
public:
    Search(const Lines& before, const Lines& after, const Change& range)
        : before_(before),
          after_(after),
          range_(range),
          width_(static_cast<std::ptrdiff_t>(range.beforeEnd - range.beforeBegin)),
          height_(static_cast<std::ptrdiff_t>(range.afterEnd - range.afterBegin)) {}

    [[nodiscard]] std::vector<Change> changes() {
        for (std::ptrdiff_t d = 0; d <= maxChanges; ++d) {
            if (advance(d)) return walkBack(d);
        }
        return {range_};
    }

private:
    [[nodiscard]] std::ptrdiff_t reached(std::ptrdiff_t d, std::ptrdiff_t k) const {
        if (d < 0 || k < -d || k > d) return -1;
        return trace_[static_cast<std::size_t>(d)][static_cast<std::size_t>(k + d)];
    }

    // Whether the d-th step onto diagonal k inserts a line (comes from k + 1).
    [[nodiscard]] bool inserts(std::ptrdiff_t d, std::ptrdiff_t k) const {
        return k == -d || (k != d && reached(d - 1, k - 1) < reached(d - 1, k + 1));
    }

    [[nodiscard]] std::ptrdiff_t start(std::ptrdiff_t d, std::ptrdiff_t k) const {
        if (d == 0) return 0;
        return inserts(d, k) ? reached(d - 1, k + 1) : reached(d - 1, k - 1) + 1;
    }

    [[nodiscard]] bool equal(std::ptrdiff_t x, std::ptrdiff_t y) const {
        return x < width_ && y < height_ && y >= 0 &&
               before_[range_.beforeBegin + static_cast<std::size_t>(x)] ==
                   after_[range_.afterBegin + static_cast<std::size_t>(y)];
    }

    bool advance(std::ptrdiff_t d) {
        trace_.emplace_back(static_cast<std::size_t>(2 * d + 1), -1);
        for (std::ptrdiff_t k = -d; k <= d; k += 2) {
            std::ptrdiff_t x = start(d, k);
            while (equal(x, x - k)) ++x;
            trace_.back()[static_cast<std::size_t>(k + d)] = x;
            if (x >= width_ && x - k >= height_) return true;
        }
        return false;
    }

    [[nodiscard]] std::vector<Change> walkBack(std::ptrdiff_t d) const {
        std::vector<Change> steps;
        std::ptrdiff_t k = width_ - height_;
        for (; d > 0; --d) {
            const bool inserted = inserts(d, k);
            const std::ptrdiff_t x = start(d, k);
            const auto beforeAt = range_.beforeBegin + static_cast<std::size_t>(x);
            const auto afterAt = range_.afterBegin + static_cast<std::size_t>(x - k);
            steps.push_back(inserted ? Change{beforeAt, beforeAt, afterAt - 1, afterAt}
                                     : Change{beforeAt - 1, beforeAt, afterAt, afterAt});
            k += inserted ? 1 : -1;
        }
        std::ranges::reverse(steps);
        return joined(steps);
    }

    [[nodiscard]] static std::vector<Change> joined(const std::vector<Change>& steps) {
        std::vector<Change> changes;
        for (const Change& step : steps) {
            const bool touches = !changes.empty() && changes.back().beforeEnd == step.beforeBegin &&
                                 changes.back().afterEnd == step.afterBegin;
            if (!touches) {
                changes.push_back(step);
                continue;
            }
            changes.back().beforeEnd = step.beforeEnd;
            changes.back().afterEnd = step.afterEnd;
        }
        return changes;
    }

    const Lines& before_;
    const Lines& after_;
    Change range_;
    std::ptrdiff_t width_;
    std::ptrdiff_t height_;
    std::vector<std::vector<std::ptrdiff_t>> trace_;
};

void appendLines(std::string& out, char sign, const Lines& lines, std::size_t begin,
                 std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
        out += sign;
        out += lines[i];
        if (!lines[i].ends_with('\n')) out += "\n\\ No newline at end of file\n";
    }
}

// `12,3` or `12`; an empty range names the line before it.
std::string rangeText(std::size_t begin, std::size_t end) {
    if (end - begin == 1) return fmt::format("{}", end);
    return fmt::format("{},{}", begin == end ? begin : begin + 1, end - begin);
}

class Writer {
public:
    Writer(const Lines& before, const Lines& after) : before_(before), after_(after) {}

    // `changes` from `first` up to `last`, close enough together for one hunk.
    void hunk(std::string& out, const Change* first, const Change* last) const {
        const std::size_t lead = std::min(context, first->beforeBegin);
        const std::size_t tail = std::min(context, before_.size() - last->beforeEnd);
        std::size_t at = first->beforeBegin - lead;
        out += fmt::format("@@ -{} +{} @@\n", rangeText(at, last->beforeEnd + tail),
                           rangeText(first->afterBegin - lead, last->afterEnd + tail));
        for (const Change* change = first; change <= last; ++change) {
            appendLines(out, ' ', before_, at, change->beforeBegin);
            appendLines(out, '-', before_, change->beforeBegin, change->beforeEnd);
            appendLines(out, '+', after_, change->afterBegin, change->afterEnd);
            at = change->beforeEnd;
        }
        appendLines(out, ' ', before_, at, at + tail);
    }

private:
    const Lines& before_;
    const Lines& after_;
};

}  // namespace

std::string unifiedDiff(std::string_view before, std::string_view after,
                        std::string_view fileName) {
    if (before == after) return {};
    const Lines old = linesOf(before);
    const Lines now = linesOf(after);
    Change range{0, old.size(), 0, now.size()};
    while (range.beforeBegin < range.beforeEnd && range.afterBegin < range.afterEnd &&
           old[range.beforeBegin] == now[range.afterBegin]) {
        ++range.beforeBegin;
        ++range.afterBegin;
    }
    while (range.beforeBegin < range.beforeEnd && range.afterBegin < range.afterEnd &&
           old[range.beforeEnd - 1] == now[range.afterEnd - 1]) {
        --range.beforeEnd;
        --range.afterEnd;
    }
    const auto changes = Search(old, now, range).changes();
    std::string out = fmt::format("--- {}\n+++ {}\n", fileName, fileName);
    for (std::size_t first = 0; first < changes.size();) {
        std::size_t last = first;
        while (last + 1 < changes.size() &&
               changes[last + 1].beforeBegin - changes[last].beforeEnd <= 2 * context) {
            ++last;
        }
        Writer(old, now).hunk(out, &changes[first], &changes[last]);
        first = last + 1;
    }
    return out;
}

}  // namespace memfit

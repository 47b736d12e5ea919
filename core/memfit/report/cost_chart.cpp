#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "memfit/bench/law_fit.h"
#include "memfit/bench/price_rounds.h"
#include "memfit/report/charts.h"
#include "memfit/trial/statistics.h"

namespace memfit {
namespace {

using ChartMark = ChartSeries::Mark;
using Costs = std::vector<double>;  ///< on the log scale, draw by draw

constexpr std::size_t plainStyle = 0;
constexpr std::size_t gomemlimitStyle = 1;
constexpr std::size_t unlimitedStyle = 2;

double mebi(Bytes bytes) {
    return static_cast<double>(bytes) / static_cast<double>(MiB);
}

/// What the chart shows of a run.
struct CostUnit {
    std::optional<double> PriceRun::* figure;
    std::optional<double> (PriceModel::*seconds)(double) const;
    double scale = 1;  ///< units in a second
    std::string title, yTitle;
};

CostUnit unitOf(const PriceModel& model) {
    constexpr double milli = 1000;
    const bool counted = std::ranges::all_of(model.cells(), [](const PriceCell& cell) {
        return std::ranges::all_of(cell.runs,
                                   [](const PriceRun& run) { return run.requests.has_value(); });
    });
    CostUnit unit;
    unit.title = counted ? "Cost of a request" : "Cost of a load";
    const bool byClock = model.figure() == CostFigure::clock;
    unit.figure = byClock ? &PriceRun::clockSeconds : &PriceRun::cpuSeconds;
    unit.seconds = byClock ? &PriceModel::clockSeconds : &PriceModel::cpuSeconds;
    // Numbers of few digits: the axis has room for four.
    constexpr double tenthOfMilli = 1e-4;
    const double typical = (model.*unit.seconds)(model.logCost(0, 0)).value_or(1);
    const bool tiny = counted && typical < tenthOfMilli;
    unit.scale = tiny ? milli * milli : counted ? milli : 1;
    unit.yTitle = tiny ? "µs" : counted ? "ms" : "seconds";
    unit.yTitle += byClock ? " by the clock" : " of CPU";
    return unit;
}

/// The model as a chart draws it. Draws differ in what they call a cost of 0; they are moved to
/// agree on the average of all runs, which is what the runs know best.
class DrawnModel {
public:
    explicit DrawnModel(const PriceModel& model)
        : model_(model), unit_(unitOf(model)), shifts_(model.draws()) {
        double weight = 0;
        double sum = 0;
        for (std::size_t i = 0; i < model.cells().size(); ++i) {
            const auto runs = static_cast<double>(model.cells()[i].runs.size());
            weight += runs;
            for (std::size_t d = 0; d < shifts_.size(); ++d)
                shifts_[d] -= runs * model.logCost(d, i);
        }
        for (auto& shift : shifts_) {
            shift /= weight;
            sum += shift;
        }
        for (auto& shift : shifts_) shift -= sum / static_cast<double>(shifts_.size());
    }

    [[nodiscard]] const CostUnit& unit() const { return unit_; }

    /// Expected cost of a cell.
    [[nodiscard]] std::optional<ChartPoint> cell(double x, std::size_t cell) const {
        Costs costs;
        for (std::size_t d = 0; d < shifts_.size(); ++d) costs.push_back(model_.logCost(d, cell));
        return point(x, std::move(costs));
    }

    /// Expected cost at a GOMEMLIMIT, by the law.
    [[nodiscard]] std::optional<ChartPoint> law(double x, double gomemlimit) const {
        Costs costs;
        for (const auto& draw : model_.lawDraws()) costs.push_back(draw.logCost(gomemlimit));
        return point(x, std::move(costs));
    }

private:
    /// nullopt where some draw has no finite cost.
    [[nodiscard]] std::optional<ChartPoint> point(double x, Costs costs) const {
        for (std::size_t d = 0; d < costs.size(); ++d) costs[d] += shifts_[d];
        if (!std::ranges::all_of(costs, [](double cost) { return std::isfinite(cost); }))
            return std::nullopt;
        const auto at = [&](double share) {
            return (model_.*unit_.seconds)(quantile(costs, share).value_or(0)).value_or(0) *
                   unit_.scale;
        };
        return ChartPoint{x, at(0.5), at(0.025), at(0.975)};
    }

    const PriceModel& model_;
    CostUnit unit_;
    Costs shifts_;
};

/// Medians of the runs, a point a cell.
ChartSeries measured(const PriceModel& model, Mode mode, const CostUnit& unit) {
    const bool plain = mode == Mode::plain;
    ChartSeries series{plain ? "plain, measured" : "GOMEMLIMIT, measured",
                       ChartMark::dots,
                       {},
                       plain ? plainStyle : gomemlimitStyle};
    for (const auto& cell : model.cells()) {
        if (cell.settings.mode != mode || !cell.settings.limit) continue;
        std::vector<double> values;
        for (const auto& run : cell.runs)
            if (run.*unit.figure) values.push_back(*(run.*unit.figure) * unit.scale);
        if (const auto value = estimate(values))
            series.points.push_back(
                {mebi(*cell.settings.limit), value->median, value->low, value->high});
    }
    return series;
}

/// The smallest and the largest limit of the cells of a mode (of all: nullopt), in MiB.
std::optional<std::pair<double, double>> spanOf(const PriceModel& model, std::optional<Mode> mode) {
    std::optional<std::pair<double, double>> span;
    for (const auto& cell : model.cells()) {
        if (!cell.settings.limit || (mode && cell.settings.mode != *mode)) continue;
        const double x = mebi(*cell.settings.limit);
        span =
            span ? std::pair(std::min(span->first, x), std::max(span->second, x)) : std::pair(x, x);
    }
    return span;
}

/// One cost over the whole width.
ChartSeries level(const DrawnModel& drawn, std::size_t cell, std::pair<double, double> width,
                  std::string name, std::size_t style) {
    ChartSeries series{std::move(name), ChartMark::line, {}, style};
    for (const double x : {width.first, width.second})
        if (auto point = drawn.cell(x, cell)) {
            point->low = point->high = std::nullopt;
            series.points.push_back(*point);
        }
    return series;
}

/// The model at the cells of a mode, with its band under GOMEMLIMIT.
ChartSeries curve(const PriceModel& model, const DrawnModel& drawn, Mode mode) {
    const bool plain = mode == Mode::plain;
    ChartSeries series{plain ? "plain, by the model" : "GOMEMLIMIT, by the model",
                       ChartMark::line,
                       {},
                       plain ? plainStyle : gomemlimitStyle};
    for (std::size_t i = 0; i < model.cells().size(); ++i) {
        const auto& settings = model.cells()[i].settings;
        if (settings.mode != mode || !settings.limit) continue;
        auto point = drawn.cell(mebi(*settings.limit), i);
        if (!point) continue;
        if (plain) point->low = point->high = std::nullopt;
        series.points.push_back(*point);
    }
    std::ranges::sort(series.points, {}, &ChartPoint::x);
    return series;
}

/// The law over the limits with GOMEMLIMIT, `share` of each.
ChartSeries lawCurve(const DrawnModel& drawn, std::pair<double, double> over, double share) {
    constexpr int steps = 60;
    ChartSeries series{"GOMEMLIMIT, by the law", ChartMark::line, {}, gomemlimitStyle};
    for (int i = 0; i <= steps; ++i) {
        const double x =
            over.first * std::pow(over.second / over.first, static_cast<double>(i) / steps);
        if (const auto point = drawn.law(x, x * static_cast<double>(MiB) * share))
            series.points.push_back(*point);
    }
    return series;
}

/// Without repeats nothing but the law tells noise from a difference.
bool worthShowing(const PriceModel& model) {
    constexpr std::ptrdiff_t fewest = 2;
    return model.law() == LawState::holds ||
           std::ranges::count_if(model.cells(), [](const PriceCell& cell) {
               return cell.runs.size() >= 2;
           }) >= fewest;
}

void addModel(Chart& chart, const PriceModel& model, const DrawnModel& drawn,
              std::pair<double, double> width) {
    const auto first = [&](auto matches) -> std::optional<std::size_t> {
        const auto found = std::ranges::find_if(
            model.cells(), [&](const PriceCell& cell) { return matches(cell.settings); });
        if (found == model.cells().end()) return std::nullopt;
        return static_cast<std::size_t>(found - model.cells().begin());
    };
    const auto isPlain = [](const Settings& settings) { return settings.mode == Mode::plain; };
    const auto isUnlimited = [&](const Settings& settings) {
        return isPlain(settings) && !settings.limit;
    };
    const auto over = spanOf(model, Mode::gomemlimit);
    const auto share = model.gomemlimitShare();
    const bool lawful = model.law() == LawState::holds && over && over->first > 0 && share;
    if (lawful) {
        chart.series.push_back(lawCurve(drawn, *over, *share));
        if (const auto cell = first(isPlain))
            chart.series.push_back(level(drawn, *cell, width,
                                         "plain, by the law: the same at every limit", plainStyle));
        return;
    }
    for (const auto mode : {Mode::gomemlimit, Mode::plain})
        chart.series.push_back(curve(model, drawn, mode));
    if (const auto cell = first(isUnlimited))
        chart.series.push_back(
            level(drawn, *cell, width, "no limit, plain, by the model", unlimitedStyle));
}

}  // namespace

std::optional<Chart> costChart(const BenchResult& result, std::optional<ChartLine> marked) {
    const auto model = PriceModel::fit(priceCells(result.cells).cells,
                                       result.header.environment.firstUseSecondsPerMiB);
    if (!model || model->cells().size() < 2 || !worthShowing(*model)) return std::nullopt;
    auto width = spanOf(*model, std::nullopt);
    if (!width) return std::nullopt;
    if (marked) {
        width->first = std::min(width->first, marked->x);
        width->second = std::max(width->second, marked->x);
    }
    const DrawnModel drawn(*model);
    Chart chart;
    chart.title = drawn.unit().title;
    chart.description =
        "Points are medians of the runs with their 95 % intervals. Lines are what the model of all "
        "runs expects, shaded its 95 % interval with GOMEMLIMIT.";
    chart.xTitle = "limit, MiB";
    chart.yTitle = drawn.unit().yTitle;
    chart.sizes = true;
    chart.marked = std::move(marked);
    addModel(chart, *model, drawn, *width);
    for (const auto mode : {Mode::plain, Mode::gomemlimit})
        chart.series.push_back(measured(*model, mode, drawn.unit()));
    // Documents are not asked whether their figures make sense.
    for (auto& series : chart.series)
        std::erase_if(series.points, [](const ChartPoint& point) {
            return !std::isfinite(point.y) || !std::isfinite(point.low.value_or(0)) ||
                   !std::isfinite(point.high.value_or(0));
        });
    std::erase_if(chart.series, [](const ChartSeries& series) { return series.points.empty(); });
    return chart;
}

}  // namespace memfit

#include <algorithm>

#include "memfit/observe/load/json.h"
#include "memfit/observe/load/text.h"
#include "memfit/observe/load/tool.h"

namespace memfit::load {

namespace {

/// siege's figures; `transactions` were answered with a status below 500.
struct Figures {
    std::optional<std::int64_t> transactions, successful, failed;
    std::optional<double> elapsed, rate;
    std::optional<std::int64_t> bytes;
};

/// Printed with two decimals of a MiB: zero is anything below 5 KiB.
std::optional<std::int64_t> bytesOf(std::optional<double> mebibytes) {
    return mebibytes > 0.0 ? toBytes(mebibytes, static_cast<double>(MiB)) : std::nullopt;
}

/// Some versions print 0 hits beside successes: the answers without success are then not known, and
/// siege's rate, which is hits by time, is 0.
void fillWithoutHits(std::int64_t successful, std::int64_t failed, ParsedLoad& into) {
    into.report.requests = addCounts(successful, failed);
    into.report.errors = failed;
    setRateOver(into.report, into.report.totalSeconds);
    into.warnings.emplace_back(
        "siege prints no hits here: requests are its successes and failures, and answers without "
        "success are not known");
}

void fill(const Figures& figures, ParsedLoad& into) {
    LoadReport& report = into.report;
    report.totalSeconds = toSeconds(figures.elapsed);
    report.bytes = figures.bytes;
    if (!figures.transactions || !figures.successful || !figures.failed) return;
    StatusCounts counts;
    counts.success = std::min(*figures.successful, *figures.transactions);
    counts.other = *figures.transactions - counts.success;
    counts.failed = *figures.failed;
    if (figures.transactions == 0 && *figures.successful > 0) {
        fillWithoutHits(*figures.successful, counts.failed, into);
    } else {
        setPrintedCounts(report, counts);
        setRate(report, figures.rate, *figures.transactions);
    }
    if (counts.failed > 0) {
        into.warnings.emplace_back(
            "siege does not distinguish answers with a status of 500 and more from failed "
            "connections: its errors are both");
    }
}

bool isSiegeJson(const Json& object) {
    return object.contains("transactions") && object.contains("availability") &&
           object.contains("shortest_transaction");
}

void readSiegeJson(const Json& object, ParsedLoad& into) {
    fill({.transactions = count(object, {"transactions"}),
          .successful = count(object, {"successful_transactions"}),
          .failed = count(object, {"failed_transactions"}),
          .elapsed = number(object, {"elapsed_time"}),
          .rate = number(object, {"transaction_rate"}),
          .bytes = bytesOf(number(object, {"data_transferred"}))},
         into);
    into.report.fastestSeconds = seconds(object, {"shortest_transaction"}, 1);
    into.report.slowestSeconds = seconds(object, {"longest_transaction"}, 1);
    into.report.averageSeconds = seconds(object, {"response_time"}, 1);
}

bool isSiegeText(const Material& material) {
    return contains(material.all, "Availability:") &&
           contains(material.all, "Shortest transaction:");
}

/// Times are in seconds or, since 4.1, in milliseconds; the longest and the shortest may have no
/// unit of their own and then share that of the response time.
void readSiegeTimes(std::string_view report, ParsedLoad& into) {
    const auto measure = [&](std::string_view label) {
        return leadingMeasure(firstLine(after(report, label)));
    };
    const auto average = measure("Response time:");
    const auto shared = average ? secondsPer(average->unit) : std::nullopt;
    if (!shared) {
        into.warnings.emplace_back("siege names no unit of time here: latencies are left out");
        return;
    }
    const auto time = [&](std::string_view label) -> std::optional<double> {
        const auto read = measure(label);
        if (!read) return std::nullopt;
        return toSeconds(read->value, secondsPer(read->unit).value_or(*shared));
    };
    into.report.averageSeconds = time("Response time:");
    into.report.slowestSeconds = time("Longest transaction:");
    into.report.fastestSeconds = time("Shortest transaction:");
}

/// In `bytes` before 3.0 (exact), then in `MB`.
std::optional<std::int64_t> bytesIn(std::string_view report) {
    const auto data = leadingMeasure(firstLine(after(report, "Data transferred:")));
    if (!data) return std::nullopt;
    if (data->unit == "bytes") return toBytes(data->value);
    const auto unit = bytesPer(data->unit, 1024);
    if (!unit || data->value == 0) return std::nullopt;
    return toBytes(data->value, *unit);
}

void readSiegeText(const Material& material, ParsedLoad& into) {
    // "Successful transactions:" holds no "Transactions:" with a capital, so the first one is it.
    const auto report = fromLast(material.all, "Transactions:");
    fill({.transactions = countAfter(report, "Transactions:"),
          .successful = countAfter(report, "Successful transactions:"),
          .failed = countAfter(report, "Failed transactions:"),
          .elapsed = numberAfter(report, "Elapsed time:"),
          .rate = numberAfter(report, "Transaction rate:"),
          .bytes = bytesIn(report)},
         into);
    readSiegeTimes(report, into);
}

}  // namespace

const Tool siegeTool{LoadFormat::siege, isSiegeJson, readSiegeJson, isSiegeText, readSiegeText};

}  // namespace memfit::load

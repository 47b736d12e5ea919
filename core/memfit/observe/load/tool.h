#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "memfit/observe/load/load_report.h"

namespace memfit::load {

/// What a load command printed, without terminal colours, carriage returns made line ends.
struct Material {
    std::string out;
    std::string err;
    std::string all;  ///< out, then err
    int exitCode = 0;
};

/// How one tool's reports are told and read. A tool lacks the functions of a form it does not have.
///
/// Reading fills what the text says and nothing else; a text that is cut off is not an error.
struct Tool {
    LoadFormat format;
    bool (*isJson)(const nlohmann::json&);
    void (*readJson)(const nlohmann::json&, ParsedLoad&);
    bool (*isText)(const Material&);
    void (*readText)(const Material&, ParsedLoad&);
};

extern const Tool heyTool;
extern const Tool wrkTool;
extern const Tool wrk2Tool;
extern const Tool abTool;
extern const Tool siegeTool;
extern const Tool autocannonTool;
extern const Tool ohaTool;
extern const Tool k6Tool;
extern const Tool vegetaTool;
extern const Tool fortioTool;
extern const Tool bombardierTool;

/// A run that ended because nothing could be reached: one attempt, which failed.
void reportUnreachable(LoadReport& report);

/// A run without any answer, whose requests were not counted: no count is made up.
void reportNoAnswer(LoadReport& report);

/// Answers by HTTP status; `transport` is what the tool uses as the status of a failed connection.
struct StatusCounts {
    std::int64_t success = 0;  ///< 200 to 299
    std::int64_t other = 0;    ///< every other status
    std::int64_t failed = 0;   ///< no answer

    void add(int status, std::int64_t count, int transport);
    [[nodiscard]] std::int64_t total() const;
};

/// Sets requests, errors and non2xx. When nothing was counted, nothing is known.
void setCounts(LoadReport& report, const StatusCounts& counts);

/// The same where the tool prints its counts even when all are 0: then nothing was answered.
void setPrintedCounts(LoadReport& report, const StatusCounts& counts);

/// Successes per second from `rate`, the tool's own figure over `counted` requests of any kind.
/// More exact than dividing by a duration that is printed with few digits.
void setRate(LoadReport& report, std::optional<double> rate, std::int64_t counted);

/// Successes over seconds; nothing without a duration.
void setRateOver(LoadReport& report, std::optional<double> seconds);

}  // namespace memfit::load

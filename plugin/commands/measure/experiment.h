#pragma once

#include <optional>

#include "memfit/advice/recommendation.h"
#include "memfit/documents/documents.h"
#include "session/session.h"

namespace memfit::plugin {

/// A squeeze as a user asked for it, its document finished, and the probe that its unlimited run
/// was.
struct FinishedSqueeze {
    SqueezeResult result;
    ProbeResult probe;
    std::optional<Error> stopped;
};

[[nodiscard]] FinishedSqueeze squeezeStage(const Context& context, Session& session,
                                           int trialsAfter);

struct FinishedBench {
    BenchResult result;
    std::optional<Error> stopped;
};

/// Limits come from the options; the minimum and Go's Sys from the options or from `inputs`. Where
/// this session knows no run without a limit yet, one comes first: its duration and its report
/// define the time-out and the floor of the others, it tells a starved run from a failed one, and
/// it shows Go's Sys.
[[nodiscard]] FinishedBench benchStage(const Context& context, Session& session,
                                       const Results& inputs, int trialsAfter);

/// Runs the advised settings under the load until they are confirmed, and writes what came of it
/// into the recommendation. Where this session knows no run without a limit yet, one comes first.
/// Returns why it ended early, if it did.
[[nodiscard]] std::optional<Error> confirmStage(const Context& context, Session& session,
                                                Recommendation& recommendation);

/// The most trials each stage can take, not counting repeats.
struct WorstCase {
    int squeeze = 0;
    int bench = 0;
    int confirm = 0;
};

[[nodiscard]] WorstCase worstCase(const Options& options);

/// Some limit of the bench is a multiple of the minimum, or the minimum itself.
[[nodiscard]] bool anyLimitNeedsMinimum(const Options& options);

/// `document`, folded into `results` as if it had come from a file.
template <class Document>
void fold(const Document& document, Results& results) {
    // Our own document of our own target: reading it back cannot fail, and if it does that is a
    // bug.
    readDocuments(toJson(document), "this run", results).value();
}

}  // namespace memfit::plugin

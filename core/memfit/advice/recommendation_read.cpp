#include "memfit/advice/recommendation_read.h"

#include <algorithm>
#include <string>
#include <utility>

#include "memfit/advice/judgement.h"
#include "memfit/documents/document_values.h"
#include "memfit/documents/json_fields.h"
#include "memfit/documents/json_parse.h"
#include "memfit/settings/go_settings.h"

namespace memfit {

namespace {

constexpr std::size_t maxReasons = 10'000;
constexpr std::size_t maxNodes = 100'000;

AdvisedSettings readAdvised(const JsonFields& fields) {
    AdvisedSettings advised;
    advised.limit = fields.limit("limitBytes");
    advised.leaveLimit = fields.flag("leaveLimit").value_or(false);
    advised.request = fields.bytes("requestBytes");
    advised.gogc = readGogc(fields);
    advised.leaveGogc = fields.flag("leaveGogc").value_or(false);
    const auto gomemlimit = fields.object("gomemlimit");
    if (!gomemlimit) return advised;
    using Kind = GomemlimitAdvice::Kind;
    advised.gomemlimit.kind =
        gomemlimit->word<Kind>("mode", toString, Kind::bytes).value_or(Kind::unset);
    advised.gomemlimit.bytes = gomemlimit->bytes("bytes");
    if (gomemlimit->flag("leave").value_or(false)) advised.gomemlimit.kind = Kind::leave;
    return advised;
}

CurrentSettings readCurrent(const JsonFields& fields) {
    CurrentSettings current;
    current.limit = fields.limit("limitBytes");
    current.request = fields.bytes("requestBytes");
    current.gogc = readGogc(fields);
    current.gogcUnknown = fields.flag("gogcUnknown").value_or(false);
    const auto gomemlimit = fields.object("gomemlimit");
    if (!gomemlimit) return current;
    current.gomemlimitUnknown = gomemlimit->text("mode") == "unknown";
    current.gomemlimit = gomemlimit->text("text");
    if (const auto bytes = gomemlimit->bytes("bytes"); bytes && !current.gomemlimit)
        current.gomemlimit = formatGomemlimit(*bytes);
    return current;
}

NodeFit readNode(const JsonFields& fields) {
    NodeFit fit;
    fit.node = fields.text("node").value_or("");
    fit.allocatable = fields.bytes("allocatableBytes").value_or(0);
    fit.requests = fields.bytes("requestsBytes").value_or(0);
    fit.limits = fields.bytes("limitsBytes").value_or(0);
    fit.pods = fields.count("pods").value_or(0);
    fit.ownPods = fields.count("ownPods").value_or(0);
    fit.podsWithoutLimit = fields.count("podsWithoutLimit").value_or(0);
    fit.unguaranteed = fields.count("unguaranteedPods").value_or(0);
    fit.neighbours = fields.texts("neighbours");
    return fit;
}

Finding readFinding(const JsonFields& fields) {
    Finding finding;
    finding.code = fields.text("code").value_or("");
    finding.severity =
        fields.word<Severity>("severity", toString, Severity::error).value_or(Severity::warning);
    finding.text = fields.text("text").value_or("");
    finding.fix = fields.text("fix").value_or("");
    return finding;
}

LiveFacts readLive(const JsonFields& fields) {
    LiveFacts live;
    live.pods = readLivePods(fields, "pods");
    live.morePods = fields.count("morePods").value_or(0);
    live.memoryAutoscalers = fields.texts("memoryAutoscalers");
    live.verticalAutoscalers = fields.texts("verticalAutoscalers");
    for (const auto& node : fields.objects("nodes", maxNodes)) live.nodes.push_back(readNode(node));
    for (const auto& finding : fields.objects("findings", maxReasons))
        live.findings.push_back(readFinding(finding));
    return live;
}

std::vector<std::string> wordsOf(const Json& list) {
    std::vector<std::string> words;
    for (const auto& word : list)
        if (word.is_string()) words.push_back(word.get<std::string>());
    return words;
}

/// Leaves out values of a type that evidence does not have.
std::vector<Evidence> readEvidence(const Json& reason) {
    std::vector<Evidence> evidence;
    const auto found = reason.find("evidence");
    if (found == reason.end() || !found->is_object()) return evidence;
    for (const auto& [name, value] : found->items()) {
        if (value.is_boolean()) evidence.emplace_back(name, value.get<bool>());
        if (value.is_number_integer()) evidence.emplace_back(name, value.get<std::int64_t>());
        if (value.is_number_float()) evidence.emplace_back(name, value.get<double>());
        if (value.is_string()) evidence.emplace_back(name, value.get<std::string>());
        if (value.is_array()) evidence.emplace_back(name, wordsOf(value));
    }
    return evidence;
}

std::vector<Reason> readReasons(const JsonFields& fields, const Json& document) {
    std::vector<Reason> reasons;
    const auto read = fields.objects("reasons", maxReasons);
    for (std::size_t i = 0; i < read.size(); ++i)
        reasons.push_back({read[i].text("code").value_or(""), read[i].text("text").value_or(""),
                           readEvidence(document.at("reasons").at(i))});
    return reasons;
}

Recommendation readFields(const JsonFields& fields, const Json& document) {
    Recommendation recommendation;
    recommendation.header = readHeader(fields);
    recommendation.basis =
        fields.word<Basis>("basis", toString, Basis::fixed).value_or(Basis::fixed);
    recommendation.confidence =
        fields.word<Confidence>("confidence", toString, Confidence::low).value_or(Confidence::low);
    recommendation.probability = fields.number("probability");
    recommendation.policy =
        fields.word<Policy>("policy", toString, Policy::noLimit).value_or(Policy::balanced);
    recommendation.tolerance = fields.number("tolerance").value_or(recommendation.tolerance);
    recommendation.floor = fields.text("floor");
    if (const auto advised = fields.object("recommendation"))
        recommendation.advised = readAdvised(*advised);
    else
        fields.fail("recommendation", "is missing");
    if (const auto confirmed = fields.object("confirmed"))
        recommendation.confirmed = {confirmed->integer("loads").value_or(0),
                                    confirmed->integer("killed").value_or(0)};
    if (const auto current = fields.object("current"))
        recommendation.current = readCurrent(*current);
    if (const auto live = fields.object("live")) recommendation.live = readLive(*live);
    recommendation.reasons = readReasons(fields, document);
    recommendation.next = fields.text("next").value_or("");
    return recommendation;
}

/// Judges what is set now, `current`, and drops what was said of that before.
void judgeAgainst(Recommendation& recommendation, const CurrentSettings& current) {
    recommendation.current = current;
    std::erase_if(recommendation.reasons, [](const Reason& reason) {
        return reason.code == "current-fits" || reason.code == "current-differs";
    });
    recommendation.reasons.push_back(
        currentReason(current, recommendation.advised, recommendation.tolerance));
}

/// Whether the live workload, as it is now, does not go with the advice.
bool contradicts(const LiveFacts& live, const AdvisedSettings& advised) {
    const bool off = parseGogc(advised.gogc.value_or("")).off;
    if (off && !live.memoryAutoscalers.empty()) return true;
    if (!advised.limit) return false;
    return liveUsage(live).value_or(0) > *advised.limit ||
           oomKilledAt(live).value_or(0) >= *advised.limit;
}

bool madeAs(const Recommendation& before, const AdviceOptions& options) {
    return options.policy == before.policy && options.tolerance == before.tolerance &&
           options.floor == before.floor;
}

}  // namespace

Result<Recommendation> readRecommendation(std::string_view json) {
    const auto values = parseJsonTexts(json, "the Recommendation");
    if (!values) return values.error();
    if (values->size() != 1 || !values->front().value.is_object())
        return inputError("the Recommendation is not a JSON object",
                          "give what recommend wrote with -o json");
    const auto& document = values->front().value;
    std::string problem;
    const JsonFields fields(document, "", problem);
    auto recommendation = readFields(fields, document);
    if (!problem.empty()) return inputError(problem, "is the document complete and unedited?");
    return recommendation;
}

Result<Recommendation> adviseAgain(Recommendation before, const Results& results,
                                   AdviceOptions options) {
    before.header.inputs = results.texts;
    if (options.live && !options.current) options.current = currentSettings(*options.live);
    const bool stands = !options.live || !contradicts(*options.live, before.advised);
    if (stands && madeAs(before, options)) {
        if (options.live) before.live = std::move(options.live);
        if (options.current) judgeAgainst(before, *options.current);
        return before;
    }
    if (!options.current) options.current = before.current;
    if (!options.live) options.live = std::move(before.live);
    auto anew = recommend(results, options);
    if (!anew) return anew;
    anew->header = std::move(before.header);
    if (anew->advised == before.advised && !anew->confirmed) anew->confirmed = before.confirmed;
    return anew;
}

}  // namespace memfit

#include "memfit/kube/kube_list.h"

#include <fmt/format.h>

#include <istream>
#include <optional>
#include <utility>

namespace memfit::kube {

namespace {

constexpr int maxDepth = 64;
// Depths as nlohmann::json counts them: the list itself is at 0, its objects at 2.
constexpr int listDepth = 1;
constexpr int itemDepth = 2;

/// The callback of one parse. The parser cannot be stopped from within, so that after an error it
/// goes on to the end and keeps nothing.
class ListReader {
public:
    ListReader(std::string_view where, const TakeItem& take) : where_(where), take_(take) {}

    bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
        using Event = Json::parse_event_t;
        if (error_) return false;
        if (depth > maxDepth) {
            error_ =
                inputError(fmt::format("{}: the JSON is nested deeper than {} levels, which "
                                       "no Kubernetes object is",
                                       where_, maxDepth));
            return false;
        }
        if (event == Event::key) {
            const auto& name = parsed.get_ref<const std::string&>();
            if (depth == listDepth) inItems_ = name == "items";
            return name != "managedFields";
        }
        const bool item = inItems_ && depth == itemDepth;
        if (item && event == Event::object_end) return takeItem(parsed);
        const bool noArray =
            event == Event::object_start || (event == Event::value && !parsed.is_null());
        if (inItems_ && depth == listDepth && noArray) {
            error_ = misshapen(where_);
            return false;
        }
        if (item && (event == Event::value || event == Event::array_end)) {
            error_ = misshapen(where_);
            return false;
        }
        return true;
    }

    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

private:
    bool takeItem(Json& item) {
        auto taken = guarded(where_, [&]() -> Result<void> { return take_(item); });
        if (!taken) error_ = taken.error();
        return false;
    }

    std::string_view where_;
    const TakeItem& take_;
    bool inItems_ = false;
    std::optional<Error> error_;
};

template <class Parse>
Result<std::string> readWith(std::string_view where, const TakeItem& take, const Parse& parse) {
    ListReader reader(where, take);
    const Json tree = parse(Json::parser_callback_t(std::ref(reader)));
    if (reader.error()) return *reader.error();
    if (!tree.is_object() || member(tree, {"items"}) == nullptr)
        return inputError(fmt::format("{}: this is not a list", where),
                          "give what `kubectl get -o json` prints");
    return memfit::kube::text(tree, {"metadata", "continue"});
}

}  // namespace

Result<std::string> readList(std::string_view text, std::string_view where, const TakeItem& take) {
    return readWith(where, take, [&](const Json::parser_callback_t& callback) {
        return Json::parse(text.begin(), text.end(), callback, false);
    });
}

Result<std::string> readList(std::istream& text, std::string_view where, const TakeItem& take) {
    return readWith(where, take, [&](const Json::parser_callback_t& callback) {
        return Json::parse(text, callback, false);
    });
}

}  // namespace memfit::kube

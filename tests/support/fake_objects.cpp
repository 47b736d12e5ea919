#include "support/fake_objects.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <boost/algorithm/string/split.hpp>
#include <map>

#include "memfit/units/quantity.h"

namespace memfit::test {

using Json = nlohmann::json;

namespace {

Json fromYaml(const YAML::Node& node) {
    if (node.IsMap()) {
        Json object = Json::object();
        for (const auto& entry : node) object[entry.first.Scalar()] = fromYaml(entry.second);
        return object;
    }
    if (node.IsSequence()) {
        Json array = Json::array();
        for (const auto& item : node) array.push_back(fromYaml(item));
        return array;
    }
    const auto& text = node.Scalar();
    if (node.Tag() == "!") return text;
    if (node.IsNull() || text == "null" || text == "~") return nullptr;
    const auto plain = Json::parse(text, nullptr, false);
    return plain.is_number() || plain.is_boolean() ? plain : Json(text);
}

}  // namespace

Json readYaml(const std::string& text) {
    return fromYaml(YAML::Load(text));
}

std::string textAt(const Json& object, const std::string& pointer) {
    const Json::json_pointer place(pointer);
    return object.contains(place) && object[place].is_string() ? object[place].get<std::string>()
                                                               : std::string();
}

std::vector<std::string> splitAt(const std::string& text, char separator) {
    std::vector<std::string> parts;
    boost::algorithm::split(parts, text, [separator](char c) { return c == separator; });
    std::erase(parts, "");
    return parts;
}

std::string decoded(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

bool selects(const std::string& selector, const Json& object) {
    const auto labels = object.at("metadata").value("labels", Json::object());
    return std::ranges::all_of(splitAt(selector, ','), [&](const std::string& part) {
        const auto equals = part.find('=');
        if (equals == std::string::npos) return labels.contains(part);
        return labels.value(part.substr(0, equals), "") == part.substr(equals + 1);
    });
}

bool fieldsMatch(const std::string& selector, const Json& object) {
    static const std::map<std::string, std::string> places{
        {"spec.nodeName", "/spec/nodeName"},
        {"status.phase", "/status/phase"},
        {"involvedObject.name", "/involvedObject/name"},
    };
    return std::ranges::all_of(splitAt(selector, ','), [&](const std::string& part) {
        const auto equals = part.find('=');
        const bool unequal = part.at(equals - 1) == '!';
        const auto field = part.substr(0, unequal ? equals - 1 : equals);
        return (textAt(object, places.at(field)) == part.substr(equals + 1)) != unequal;
    });
}

void mergeStrategically(Json& target, const Json& patch) {
    for (const auto& [key, value] : patch.items()) {
        if (value.is_null()) {
            target.erase(key);
        } else if (value.is_object()) {
            mergeStrategically(target[key], value);
        } else if (value.is_array() && !value.empty() && value[0].contains("name")) {
            auto& list = target[key];
            for (const auto& wanted : value) {
                const auto named = std::ranges::find_if(
                    list, [&](const Json& one) { return one.at("name") == wanted.at("name"); });
                const bool gone = wanted.value("$patch", "") == "delete";
                if (named == list.end()) {
                    if (!gone) list.push_back(wanted);
                } else if (gone) {
                    list.erase(named);
                } else {
                    mergeStrategically(*named, wanted);
                }
            }
        } else {
            target[key] = value;
        }
    }
}

Bytes bytesOf(const Json& text) {
    const auto quantity = parseQuantity(text.get<std::string>());
    return quantity ? quantity->bytes : 0;
}

}  // namespace memfit::test

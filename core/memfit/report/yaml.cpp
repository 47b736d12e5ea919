#include "memfit/report/yaml.h"

#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

namespace memfit {
namespace {

void emit(YAML::Emitter& out, const nlohmann::ordered_json& value) {
    if (value.is_object()) {
        if (value.empty()) out << YAML::Flow;
        out << YAML::BeginMap;
        for (const auto& [key, member] : value.items()) {
            out << YAML::Key << key << YAML::Value;
            emit(out, member);
        }
        out << YAML::EndMap;
    } else if (value.is_array()) {
        if (value.empty()) out << YAML::Flow;
        out << YAML::BeginSeq;
        for (const auto& element : value) emit(out, element);
        out << YAML::EndSeq;
    } else if (value.is_string()) {
        out << YAML::DoubleQuoted << value.get<std::string>();
    } else if (value.is_null()) {
        out << YAML::Null;
    } else {
        out << value.dump();  // numbers and booleans read alike in both
    }
}

}  // namespace

std::string jsonToYaml(const std::string& json) {
    YAML::Emitter out;
    emit(out, nlohmann::ordered_json::parse(json));
    return std::string(out.c_str()) + "\n";
}

}  // namespace memfit

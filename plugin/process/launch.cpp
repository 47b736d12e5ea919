#include "process/launch.h"

namespace memfit::plugin {

std::vector<const char*> argumentPointers(const std::vector<std::string>& texts) {
    std::vector<const char*> result;
    result.reserve(texts.size() + 1);
    for (const std::string& text : texts) result.push_back(text.c_str());
    result.push_back(nullptr);
    return result;
}

}  // namespace memfit::plugin

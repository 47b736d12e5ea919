#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace memfit::test {

/// The path of a file below tests/fixtures.
inline std::string fixturePath(std::string_view relative) {
    return std::string(MEMFIT_FIXTURES "/").append(relative);
}

/// The whole file below tests/fixtures; throws, so that a test without its fixture fails.
inline std::string readFixture(std::string_view relative) {
    std::ifstream file(fixturePath(relative), std::ios::binary);
    if (!file) throw std::runtime_error("no fixture " + std::string(relative));
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace memfit::test

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace memfit::plugin {

/// Keeps a bounded part of a stream: its beginning or its end.
class OutputBuffer {
public:
    enum class Keep { head, tail };

    OutputBuffer() = default;
    OutputBuffer(Keep keep, std::size_t limit) : keep_(keep), limit_(limit) {}

    void append(std::string_view data);

    /// What was kept: at most `limit` bytes.
    [[nodiscard]] std::string_view text() const;
    /// Bytes that were not kept.
    [[nodiscard]] std::uint64_t dropped() const { return total_ - text().size(); }

private:
    Keep keep_ = Keep::head;
    std::size_t limit_ = 0;
    std::string data_;
    std::uint64_t total_ = 0;
};

}  // namespace memfit::plugin

#include "process/output_buffer.h"

#include <algorithm>

namespace memfit::plugin {

void OutputBuffer::append(std::string_view data) {
    total_ += data.size();
    if (keep_ == Keep::head) {
        data_.append(data.substr(0, limit_ - std::min(limit_, data_.size())));
        return;
    }
    if (data.size() > limit_) data.remove_prefix(data.size() - limit_);
    data_.append(data);
    // Trimming only at twice the limit keeps the cost of a chatty stream linear.
    if (data_.size() > 2 * limit_) data_.erase(0, data_.size() - limit_);
}

std::string_view OutputBuffer::text() const {
    const std::string_view all(data_);
    return all.size() <= limit_ ? all : all.substr(all.size() - limit_);
}

}  // namespace memfit::plugin

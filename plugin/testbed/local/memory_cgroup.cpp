#include "testbed/local/memory_cgroup.h"

#include <fcntl.h>

#include <utility>

namespace memfit::plugin {

namespace {
constexpr double removeSeconds = 5;
}

MemoryCgroup::MemoryCgroup(CgroupVersion version, CgroupFiles files)
    : version_(version),
      files_(std::move(files)),
      counters_(version, files_),
      join_(files_.openFile("cgroup.procs", O_WRONLY)) {}

MemoryCgroup::~MemoryCgroup() {
    if (files_.descriptor() < 0) return;
    (void)killAndRemove(files_.folder(), removeSeconds);
    for (const Companion& companion : companions_) {
        (void)killAndRemove(companion.files.folder(), removeSeconds);
    }
}

std::vector<int> MemoryCgroup::joinFiles() const {
    std::vector<int> result{join_.get()};
    for (const Companion& companion : companions_) result.push_back(companion.join.get());
    return result;
}

}  // namespace memfit::plugin

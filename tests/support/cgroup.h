#pragma once

#include <doctest/doctest.h>

#include "testbed/local/memory_cgroup.h"

/// Ends the test, visibly, where no memory cgroup can be made; else `parent` is one to make them
/// in.
#define MEMFIT_CGROUP_OR_SKIP(parent)                                    \
    const auto parent##Found = memfit::plugin::CgroupParent::find(true); \
    if (!parent##Found) {                                                \
        MESSAGE("skipped: " << parent##Found.error().what);              \
        return;                                                          \
    }                                                                    \
    memfit::plugin::CgroupParent& parent = **parent##Found

# ccache where there is one; -DCMAKE_CXX_COMPILER_LAUNCHER= goes without.
if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(MEMFIT_CCACHE ccache)
    if(MEMFIT_CCACHE)
        set(CMAKE_CXX_COMPILER_LAUNCHER ${MEMFIT_CCACHE})
    endif()
endif()
if(MEMFIT_PCH AND CMAKE_CXX_COMPILER_LAUNCHER MATCHES "(^|/)ccache$")
    # What ccache's manual asks for with precompiled headers. clang's know the path of the folder they were made in and
    # are of no use in another one, so no paths are made relative there.
    set(ccache_settings CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime)
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        list(APPEND ccache_settings CCACHE_BASEDIR=)
    endif()
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env ${ccache_settings} ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

# The headers that most units include, compiled once. g++ maps a precompiled header whole into every unit and walks
# through it, so it gets only what nearly every unit takes anyway; clang reads the parts that are asked for.
set(memfit_core_headers
    <algorithm> <array> <cmath> <cstddef> <cstdint> <limits> <map> <memory> <optional> <set> <span> <string>
    <string_view> <utility> <variant> <vector>
    <boost/system/result.hpp> <fmt/format.h>)
set(memfit_plugin_headers ${memfit_core_headers} <chrono> <functional> <boost/asio/io_context.hpp>)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    set(more <charconv> <chrono> <filesystem> <fstream> <functional> <iostream> <sstream> <fmt/ranges.h>
        <nlohmann/json.hpp>)
    list(APPEND memfit_core_headers ${more})
    list(APPEND memfit_plugin_headers ${more}
        <boost/asio/local/stream_protocol.hpp> <boost/asio/posix/stream_descriptor.hpp> <boost/asio/signal_set.hpp>
        <boost/asio/steady_timer.hpp> <boost/process/v2/process.hpp> <boost/process/v2/stdio.hpp>)
endif()
# memfit_precompile(TARGET HEADER...) makes them for a target, memfit_precompile(TARGET REUSE_FROM OTHER) takes those of
# another one, which is compiled by the same settings.
function(memfit_precompile target)
    if(NOT MEMFIT_PCH)
        return()
    endif()
    if(ARGV1 STREQUAL "REUSE_FROM")
        target_precompile_headers(${target} ${ARGN})
    else()
        target_precompile_headers(${target} PRIVATE ${ARGN})
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(${target} PRIVATE -fpch-preprocess)
    elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
endfunction()

# Private settings and warnings of this project; nothing of this reaches a program that uses libmemfit.
add_library(memfit_settings INTERFACE)
# Nobody adds data to a Boost exception.
target_compile_definitions(memfit_settings INTERFACE BOOST_EXCEPTION_DISABLE)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
    # A long double is worked out in software there, by 130 KB of it.
    target_compile_definitions(memfit_settings INTERFACE BOOST_MATH_PROMOTE_DOUBLE_POLICY=false)
endif()

target_compile_options(memfit_settings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wcast-qual
    -Wcast-align -Wundef -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough
    -Wdouble-promotion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # restrict: g++ 12 sees overlaps in every std::string concatenation (gcc bug 105651).
    target_compile_options(memfit_settings INTERFACE
        -Wduplicated-cond -Wlogical-op -Wno-restrict)
endif()
if(MEMFIT_BATCHES)
    # Batches.cmake. shadow: a local name may be that of something in another unit's headers. subobject-linkage: what is
    # said of headers alone, and there all of a unit is included. The others: g++ 12 sees overruns in std::string where
    # more is inlined (gcc bugs 105329, 105651). Builds of unit by unit, as CI's jobs have them, say all of this.
    target_compile_options(memfit_settings INTERFACE -Wno-shadow)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(memfit_settings INTERFACE
            -Wno-subobject-linkage -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
    endif()
endif()
if(MEMFIT_WERROR)
    target_compile_options(memfit_settings INTERFACE -Werror)
endif()
if(MEMFIT_SANITIZE)
    target_compile_options(memfit_settings INTERFACE
        -fsanitize=${MEMFIT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(memfit_settings INTERFACE -fsanitize=${MEMFIT_SANITIZE})
    if(MEMFIT_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Asio's fences, which ThreadSanitizer does not follow; its locks it does.
        target_compile_options(memfit_settings INTERFACE -Wno-tsan)
    endif()
endif()
if(MEMFIT_COVERAGE)
    target_compile_options(memfit_settings INTERFACE --coverage)
    target_link_options(memfit_settings INTERFACE --coverage)
endif()

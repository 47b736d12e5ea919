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

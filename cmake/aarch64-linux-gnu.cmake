# Cross-building for linux/arm64 with Debian's crossbuild-essential-arm64. MEMFIT_SYSROOT: a folder into which the
# arm64 packages that cannot be installed beside the native ones were unpacked (scripts/dist.sh).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# Notes of how gcc before 10.1 passed pairs of doubles: nothing here is linked with what it compiled.
set(CMAKE_CXX_FLAGS_INIT -Wno-psabi)
set(CMAKE_STRIP aarch64-linux-gnu-strip)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MEMFIT_SYSROOT)
set(CMAKE_FIND_ROOT_PATH ${MEMFIT_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE NEVER)

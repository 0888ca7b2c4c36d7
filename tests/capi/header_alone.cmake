# SPDX-License-Identifier: Apache-2.0
# The public header compiles alone in every language version that it promises, without a warning.
foreach(kind c99 c11 c++11 c++20)
    if(kind MATCHES "\\+")
        set(compiler ${CXX} -x c++)
    else()
        set(compiler ${CC} -x c)
    endif()
    execute_process(
        COMMAND ${compiler} -std=${kind} -Wall -Wextra -Wpedantic -Wpadded -Werror -fsyntax-only
            -include ${HEADER} /dev/null
        RESULT_VARIABLE failed ERROR_VARIABLE words)
    if(failed)
        message(FATAL_ERROR "blobstore.h as ${kind}: ${words}")
    endif()
    message(STATUS "blobstore.h as ${kind}: clean")
endforeach()

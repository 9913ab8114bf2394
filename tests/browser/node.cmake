# NODE: the first node in PATH that is new enough for the browser tests.

function(node_is_new_enough result node)
  execute_process(COMMAND ${node} --version OUTPUT_VARIABLE version
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REGEX REPLACE "^v" "" number "${version}")
  if(NOT number VERSION_GREATER_EQUAL 18.15)  # the first with --test-reporter
    message(STATUS "${node} is ${version}, too old for the browser tests")
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

find_program(NODE node VALIDATOR node_is_new_enough)
if(NOT NODE)
  message(FATAL_ERROR "The browser tests need Node.js 18.15 or later; ./dev test installs Debian's "
                      "where there is none at all.")
endif()

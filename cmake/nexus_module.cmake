# nexus_module(NAME [DEPENDS module...] [LIBRARIES target...] [INCLUDES dir...] [TEST_DEPENDS module...])
#
# One folder of src/ as the static library nexus_NAME. DEPENDS is what its files may include
# (tools/check_layers.py reads the same lines) and what it links; TEST_DEPENDS is for its tests besides. Sources are
# found by glob:
#   *.cc          the library
#   *_test.cc     one test program per module, nexus_NAME_test: runs anywhere
#   *_pgtest.cc   one test program per module, nexus_NAME_pgtest: needs a PostgreSQL, which tests/schema starts
function(nexus_module name)
  cmake_parse_arguments(module "NO_PCH" "" "DEPENDS;LIBRARIES;INCLUDES;TEST_DEPENDS" ${ARGN})
  set(folder ${PROJECT_SOURCE_DIR}/src/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cc)
  set(tests ${sources})
  set(pgtests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_(pg)?test|/main)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER pgtests INCLUDE REGEX "_pgtest\\.cc$")
  if(NOT sources)
    return()
  endif()

  add_library(nexus_${name} STATIC ${sources})
  target_include_directories(nexus_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_BINARY_DIR}/generated)
  target_include_directories(nexus_${name} SYSTEM PRIVATE ${module_INCLUDES})
  foreach(dependency IN LISTS module_DEPENDS)
    if(TARGET nexus_${dependency})
      target_link_libraries(nexus_${name} PUBLIC nexus_${dependency})
    endif()
  endforeach()
  target_link_libraries(nexus_${name} PUBLIC ${module_LIBRARIES})
  nexus_precompile(nexus_${name} ${name})
  if(name MATCHES "^(store|cli)$")
    add_dependencies(nexus_${name} nexus_generated)
  endif()

  if(NEXUS_TESTS)
    nexus_test_program(${name} test "${tests}" ${module_TEST_DEPENDS})
    nexus_test_program(${name} pgtest "${pgtests}" ${module_TEST_DEPENDS})
  endif()
endfunction()

function(nexus_precompile target name)
  if(name STREQUAL base)
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/pch.h)
  else()
    target_precompile_headers(${target} REUSE_FROM nexus_base)
  endif()
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endfunction()

function(nexus_test_program name kind sources)
  if(NOT sources)
    return()
  endif()
  set(program nexus_${name}_${kind})
  add_executable(${program} ${sources})
  target_link_libraries(${program} PRIVATE nexus_${name} GTest::gtest GTest::gtest_main)
  list(TRANSFORM ARGN PREPEND nexus_)
  target_link_libraries(${program} PRIVATE ${ARGN})
  target_compile_definitions(${program} PRIVATE NEXUS_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  nexus_precompile(${program} ${program})
endfunction()

# nexus_mutant(NAME module file...): the program with a deliberate bug, nexus_mutant_NAME, which a fault test must
# catch. The files are compiled once more with NEXUS_MUTANT_NAME and win over those in their module's library.
function(nexus_mutant name module)
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/src/${module}/ OUTPUT_VARIABLE files)
  string(TOLOWER nexus_mutant_${name} program)
  add_executable(${program} ${files})
  target_compile_definitions(${program} PRIVATE NEXUS_MUTANT_${name})
  target_link_libraries(${program} PRIVATE nexus_main)
  nexus_precompile(${program} mutant)
endfunction()

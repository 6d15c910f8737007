# Headers made from SQL and other texts by tools/gen_queries.py, in build/<preset>/generated.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(generated ${PROJECT_BINARY_DIR}/generated)
set(generator ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/gen_queries.py)
file(GLOB query_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/store/sql/*.sql)
file(GLOB migration_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/migrations/*.sql ${PROJECT_SOURCE_DIR}/migrations/*.txt)
file(GLOB demo_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/demo/*.jsonl ${PROJECT_SOURCE_DIR}/demo/*.json)

add_custom_command(OUTPUT ${generated}/queries.h
  COMMAND ${generator} sql ${generated}/queries.h ${query_files}
  DEPENDS ${query_files} ${PROJECT_SOURCE_DIR}/tools/gen_queries.py VERBATIM)
add_custom_command(OUTPUT ${generated}/migration_files.h
  COMMAND ${generator} text ${generated}/migration_files.h nexus::store kMigrationFiles ${migration_files}
  DEPENDS ${migration_files} ${PROJECT_SOURCE_DIR}/tools/gen_queries.py VERBATIM)
add_custom_command(OUTPUT ${generated}/demo_files.h
  COMMAND ${generator} text ${generated}/demo_files.h nexus::cli kDemoFiles ${demo_files}
  DEPENDS ${demo_files} ${PROJECT_SOURCE_DIR}/tools/gen_queries.py VERBATIM)
add_custom_target(nexus_generated DEPENDS
  ${generated}/queries.h ${generated}/migration_files.h ${generated}/demo_files.h)

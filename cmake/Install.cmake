# The installed package: libraries with their headers and dialect definitions,
# tools, shipped machines, and what find_package(Dota) reads.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Dota)
set(machines_dir ${CMAKE_INSTALL_DATADIR}/dota/machines)
set(MLIR_REQUIRED_VERSION 22.1)

install(EXPORT DotaRuntimeTargets NAMESPACE Dota:: DESTINATION ${package_dir})
install(TARGETS DotaCompiler EXPORT DotaCompilerTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT DotaCompilerTargets NAMESPACE Dota:: DESTINATION ${package_dir})
install(DIRECTORY include/dota ${PROJECT_BINARY_DIR}/include/dota
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "*.inc" PATTERN "*.td" PATTERN "*.d" EXCLUDE)
install(DIRECTORY dialect/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.td")
install(TARGETS ${DOTA_TOOLS} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

configure_package_config_file(cmake/DotaConfig.cmake.in ${PROJECT_BINARY_DIR}/DotaConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS machines_dir)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/DotaConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/DotaConfig.cmake ${PROJECT_BINARY_DIR}/DotaConfigVersion.cmake
        DESTINATION ${package_dir})

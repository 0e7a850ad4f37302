# Compiler flags of every build. Warnings are errors in all presets but `release` on an unknown compiler;
# the hardening flags stand in release, where nothing instruments the code.
option(WARNINGS_ARE_ERRORS "stop at the first warning" ON)
option(HARDENING "hardening flags of a release" OFF)
option(BUILD_FUZZERS "build the fuzz targets (clang)" OFF)
set(SANITIZERS "" CACHE STRING "what -fsanitize= gets: address,undefined or thread")

# A row of a table names what it means; what it leaves out is zero.
add_compile_definitions(_POSIX_C_SOURCE=200809L _GNU_SOURCE)
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
	-Wwrite-strings -Wcast-qual -Wconversion -Wno-missing-field-initializers -fno-omit-frame-pointer)
if(WARNINGS_ARE_ERRORS)
	add_compile_options(-Werror)
endif()
if(SANITIZERS)
	add_compile_options(-fsanitize=${SANITIZERS} -fno-sanitize-recover=all)
	add_link_options(-fsanitize=${SANITIZERS})
endif()
if(BUILD_FUZZERS)
	add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(HARDENING)
	add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection
		-fcf-protection=full -ftrivial-auto-var-init=zero)
	add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

/* Settings: defaults, file, environment, every fault at its line; the printed file reads back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/base.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const levels[] = { "debug", "info", NULL };

struct config {
	int64_t port, offset;
	bool secure;
	struct text address, password;
	int32_t level;
};

/* clang-format off */
static const struct setting settings[] = {
	{ .name = "port", .kind = KIND_INT, .at = FIELD_AT(config, port), .standard = "8080", .min = 1, .max = 65535, .sentence = "the port" },
	{ .name = "offset", .kind = KIND_INT, .at = FIELD_AT(config, offset), .standard = "-3", .sentence = "any integer" },
	{ .name = "secure", .kind = KIND_BOOL, .at = FIELD_AT(config, secure), .standard = "true", .sentence = "whether TLS is spoken" },
	{ .name = "listen_address", .kind = KIND_TEXT, .at = FIELD_AT(config, address), .standard = "127.0.0.1", .min = 1, .max = 20, .sentence = "where to listen" },
	{ .name = "db-password", .kind = KIND_TEXT, .at = FIELD_AT(config, password), .standard = "", .max = 12, .secret = true, .sentence = "of the database" },
	{ .name = "level", .kind = KIND_WORD, .at = FIELD_AT(config, level), .standard = "info", .words = levels, .sentence = "of the log" },
};
/* clang-format on */

/* Writes @content to a file of its own and reads settings from it; PATH in faults stands for its
 * name. */
static bool read_settings(struct text content, char *const *environment, struct arena *arena,
			  struct config *out, struct buffer *faults)
{
	char path[] = "/tmp/test_settings_XXXXXX";
	struct buffer raw = { .max = KIB(64) };
	int fd = mkstemp(path);
	bool good;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content.at, content.size), content.size);
	close(fd);
	good = settings_read(settings, COUNT_OF(settings), path, environment, arena, out, &raw);
	unlink(path);

	struct text rest = buffer_text(&raw);

	while (rest.size) {
		struct text line = text_cut(&rest, '\n');

		if (text_starts(line, path)) {
			buffer_add(faults, TEXT("PATH"));
			line = text_part(line, strlen(path), line.size);
		}
		buffer_add(faults, line);
		buffer_char(faults, '\n');
	}
	buffer_free(&raw);
	return good;
}

static void defaults_stand(void **state)
{
	struct arena *arena = arena_new(0);
	struct buffer faults = { .max = KIB(4) };
	struct config config;

	(void)state;
	assert_true(
		settings_read(settings, COUNT_OF(settings), NULL, NULL, arena, &config, &faults));
	assert_int_equal(faults.size, 0);
	assert_true(config.port == 8080 && config.offset == -3 && config.secure &&
		    config.level == 1);
	assert_true(text_is(config.address, "127.0.0.1"));
	assert_non_null(config.password.at);
	assert_int_equal(config.password.size, 0);
	arena_free(arena);
}

static void file_then_environment(void **state)
{
	char *environment[] = { (char[]){ "PATH=/bin" }, (char[]){ "XIANGCAI_PORT=99" },
				(char[]){ "XIANGCAI_DB_PASSWORD=a=b #c" }, NULL };
	struct arena *arena = arena_new(0);
	struct buffer faults = { .max = KIB(4) };
	struct config config;

	(void)state;
	assert_true(read_settings(TEXT("# a comment\r\n\n  port = "
				       "77\r\n\tsecure=false\nlisten_address = 甲 # 乙\n"
				       "level =debug\n   # more\nport2"),
				  environment, arena, &config, &faults) == false);
	assert_true(text_is(buffer_text(&faults),
			    "PATH:8: a line is \"name = value\" or begins with #\n"));
	assert_true(config.port == 99 && !config.secure && config.level == 0);
	assert_true(text_is(config.address, "甲 # 乙"));
	assert_true(text_is(config.password, "a=b #c"));
	buffer_free(&faults);
	arena_free(arena);
}

/* clang-format off */
static const struct fault_case {
	struct text file;
	const char *variable;
	const char *faults;
} fault_cases[] = {
	{ TEXT_INIT("port = 0\n"), NULL, "PATH:1: port must be between 1 and 65535, not \"0\"\n" },
	{ TEXT_INIT("port = 80x\n"), NULL, "PATH:1: port must be an integer, not \"80x\"\n" },
	{ TEXT_INIT("port =\n"), NULL, "PATH:1: port must be an integer, not \"\"\n" },
	{ TEXT_INIT("\n\nsecure = yes"), NULL, "PATH:3: secure must be true or false, not \"yes\"\n" },
	{ TEXT_INIT("level = loud\n"), NULL, "PATH:1: level must be one of debug | info, not \"loud\"\n" },
	{ TEXT_INIT("listen_address = \n"), NULL, "PATH:1: listen_address must be 1 to 20 characters long, not \"\"\n" },
	{ TEXT_INIT("listen_address = \xFF\n"), NULL, "PATH:1: listen_address must be UTF-8, not \"\xFF\"\n" },
	{ TEXT_INIT("db-password = 1234567890123\n"), NULL, "PATH:1: db-password must be 0 to 12 characters long\n" },
	{ TEXT_INIT("prot = 1\nlisten_adress = x\n= 7\n"), NULL,
	  "PATH:1: there is no setting \"prot\"; the nearest is port\n"
	  "PATH:2: there is no setting \"listen_adress\"; the nearest is listen_address\n"
	  "PATH:3: there is no setting \"\"; the nearest is port\n" },
	{ TEXT_INIT("port = 1\nport = 2\n"), NULL, "PATH:2: port is given already in line 1\n" },
	{ TEXT_INIT(""), "XIANGCAI_PORT=x", "XIANGCAI_PORT: port must be an integer, not \"x\"\n" },
	{ TEXT_INIT(""), "XIANGCAI_PORTS=1", "XIANGCAI_PORTS: there is no setting \"ports\"; the nearest is XIANGCAI_PORT\n" },
	{ TEXT_INIT(""), "XIANGCAI_DB_PASSWORD=0123456789abc", "XIANGCAI_DB_PASSWORD: db-password must be 0 to 12 characters long\n" },
	{ TEXT_INIT("port = 0\nsecure = 2\n"), "XIANGCAI_=1",
	  "PATH:1: port must be between 1 and 65535, not \"0\"\nPATH:2: secure must be true or false, not \"2\"\n"
	  "XIANGCAI_: there is no setting \"\"; the nearest is XIANGCAI_PORT\n" },
};
/* clang-format on */

static void names_every_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(fault_cases); i++) {
		struct arena *arena = arena_new(0);
		struct buffer faults = { .max = KIB(16) };
		struct config config;
		char variable[64] = "";
		char *environment[] = { variable, NULL };

		if (fault_cases[i].variable)
			memcpy(variable, fault_cases[i].variable,
			       strlen(fault_cases[i].variable) + 1);
		assert_false(
			read_settings(fault_cases[i].file, environment, arena, &config, &faults));
		buffer_char(&faults, '\0');
		assert_string_equal(faults.at, fault_cases[i].faults);
		buffer_free(&faults);
		arena_free(arena);
	}
}

static void files_that_cannot_be_read(void **state)
{
	struct arena *arena = arena_new(0);
	struct buffer faults = { .max = KIB(16) };
	struct buffer large = { .max = MIB(1) };
	struct config config;

	(void)state;
	assert_false(settings_read(settings, COUNT_OF(settings), "/nonexistent/file", NULL, arena,
				   &config, &faults));
	assert_true(text_is(buffer_text(&faults),
			    "/nonexistent/file: cannot be read: No such file or directory\n"));
	assert_false(
		settings_read(settings, COUNT_OF(settings), "/", NULL, arena, &config, &faults));
	while (large.size <= KIB(64))
		buffer_add(&large, TEXT("# much\n"));
	buffer_free(&faults);
	assert_false(read_settings(buffer_text(&large), NULL, arena, &config, &faults));
	assert_true(text_is(buffer_text(&faults), "PATH: is larger than 65536 bytes\n"));
	buffer_free(&faults);
	buffer_free(&large);
	arena_free(arena);
}

static void printed_file_reads_back(void **state)
{
	struct arena *arena = arena_new(0);
	struct buffer faults = { .max = KIB(16) }, printed = { .max = KIB(16) };
	struct config config;

	(void)state;
	settings_print(settings, COUNT_OF(settings), &printed);
	assert_true(read_settings(buffer_text(&printed), NULL, arena, &config, &faults));
	assert_true(config.port == 8080 && config.offset == -3 && config.secure &&
		    config.level == 1);
	assert_int_equal(config.password.size, 0);
	buffer_char(&printed, '\0');
	assert_non_null(strstr(printed.at, "# the port\n# integer from 1 to 65535; default 8080; "
					   "XIANGCAI_PORT\nport = 8080\n"));
	assert_non_null(
		strstr(printed.at, "# debug | info; default info; XIANGCAI_LEVEL\nlevel = info\n"));
	assert_non_null(strstr(printed.at, "# text of 0 to 12 characters; secret; default empty; "
					   "XIANGCAI_DB_PASSWORD\ndb-password =\n"));
	buffer_free(&faults);
	buffer_free(&printed);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_stand),
		cmocka_unit_test(file_then_environment),
		cmocka_unit_test(names_every_fault),
		cmocka_unit_test(files_that_cannot_be_read),
		cmocka_unit_test(printed_file_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

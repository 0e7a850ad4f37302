/* The settings of the program: the printed file, the environment, what goes together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* base has its own */

#include "settings.h"
#include "table.h"

struct trial {
	struct arena *arena;
	struct settings settings;
	struct buffer faults;
	char path[100];
};

static void trial_start(struct trial *trial)
{
	*trial = (struct trial){ .arena = arena_new(0), .faults = { .max = KIB(64) } };
	assert_non_null(trial->arena);
}

static void trial_end(struct trial *trial)
{
	if (trial->path[0])
		unlink(trial->path);
	buffer_free(&trial->faults);
	arena_free(trial->arena);
}

static const char *write_file(struct trial *trial, const char *content)
{
	int fd;

	snprintf(trial->path, sizeof(trial->path), "/tmp/xiangcai-settings-XXXXXX");
	fd = mkstemp(trial->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	close(fd);
	return trial->path;
}

static void test_the_documented_default_is_what_the_program_prints(void **state)
{
	struct trial trial;
	struct text file;
	struct buffer printed = { .max = MIB(1) };

	(void)state;
	trial_start(&trial);
	settings_print(setting_rows, setting_count, &printed);
	assert_true(file_load(trial.arena, SOURCE_DIR "/config/xiangcai.conf", MIB(1), &file,
			      &trial.faults));
	assert_true(text_equal(file, buffer_text(&printed)));
	buffer_free(&printed);
	trial_end(&trial);
}

static void test_the_printed_file_means_the_default(void **state)
{
	char *const nothing[] = { NULL };
	struct trial plain, printed;

	(void)state;
	trial_start(&plain);
	trial_start(&printed);
	assert_true(settings_load(NULL, nothing, plain.arena, &plain.settings, &plain.faults));
	assert_true(settings_load(SOURCE_DIR "/config/xiangcai.conf", nothing, printed.arena,
				  &printed.settings, &printed.faults));
	assert_true(settings_check(&plain.settings, &plain.faults));
	assert_true(text_is(printed.settings.data, "var"));
	assert_true(text_is(plain.settings.run.listen_host, "127.0.0.1"));
	assert_int_equal(plain.settings.run.listen_port, 8080);
	assert_int_equal(plain.settings.run.queue_max, 1024);
	assert_int_equal(plain.settings.log_level, LOG_INFO);
	assert_false(plain.settings.run.report_statements);
	assert_false(settings_name_database(&plain.settings));
	assert_true(plain.settings.identity.totp_required);
	assert_false(plain.settings.identity.password_composition);
	assert_int_equal(plain.settings.identity.password_days,
			 identity_settings_standard.password_days);
	assert_int_equal(plain.settings.identity.failures_per_address,
			 identity_settings_standard.failures_per_address);
	assert_int_equal(printed.settings.run.connections_max, plain.settings.run.connections_max);
	assert_int_equal(printed.settings.run.idle_s, plain.settings.run.idle_s);
	trial_end(&plain);
	trial_end(&printed);
}

static void test_every_fault_is_named(void **state)
{
	static char loops[] = "XIANGCAI_LOOPS=many", host[] = "XIANGCAI_HOST=x";
	char *const environment[] = { loops, host, NULL };
	static const char *const expected[] = { "listen_port",  "log_level",      "quiet",
						"listen_porte", "XIANGCAI_LOOPS", "XIANGCAI_HOST" };
	struct trial trial;

	(void)state;
	trial_start(&trial);
	write_file(&trial, "listen_port = 70000\nlog_level = quiet\nlisten_porte = 1\n");
	assert_false(settings_load(trial.path, environment, trial.arena, &trial.settings,
				   &trial.faults));
	buffer_char(&trial.faults, '\0');
	for (size_t i = 0; i < COUNT_OF(expected); i++)
		assert_non_null(strstr(trial.faults.at, expected[i]));
	trial_end(&trial);
}

static void test_the_environment_overrides_the_file(void **state)
{
	static char port[] = "XIANGCAI_LISTEN_PORT=0",
		    socket[] = "XIANGCAI_DATABASE_SOCKET=/run/db";
	char *const environment[] = { port, socket, NULL };
	struct trial trial;

	(void)state;
	trial_start(&trial);
	write_file(&trial, "listen_port = 9000\nqueue_max = 7\n");
	assert_true(settings_load(trial.path, environment, trial.arena, &trial.settings,
				  &trial.faults));
	assert_int_equal(trial.settings.run.listen_port, 0);
	assert_int_equal(trial.settings.run.queue_max, 7);
	assert_true(settings_name_database(&trial.settings));
	trial_end(&trial);
}

static void test_what_does_not_go_together_is_refused(void **state)
{
	static const struct {
		const char *content;
		const char *fault; /* NULL: none */
	} cases[] = {
		{ "listen_host = 127.0.0.2\n", NULL },
		{ "listen_host = ::1\n", NULL },
		{ "listen_host = 0.0.0.0\n", "listen_host" },
		{ "listen_host = 192.0.2.7\n", "listen_host" },
		{ "database_socket = /a\ndatabase_host = b\n", "database_socket" },
		{ "listen_host = 0.0.0.0\nbehind_proxy = true\ntrusted_proxies = 10.0.8.1\n",
		  NULL },
		{ "behind_proxy = true\ntrusted_proxies = 127.0.0.1, 10.0.8.0/24,::1\n", NULL },
		{ "behind_proxy = true\n", "behind_proxy" },
		{ "trusted_proxies = 127.0.0.1\n", "behind_proxy" },
		{ "behind_proxy = true\ntrusted_proxies = 10.0.8.1/24\n", "trusted_proxies" },
		{ "behind_proxy = true\ntrusted_proxies = 10.0.8.1,\n", NULL },
		{ "behind_proxy = true\ntrusted_proxies = 10.0.8.1,,::1\n", "trusted_proxies" },
		{ "behind_proxy = true\ntrusted_proxies = proxy.example.org\n", "trusted_proxies" },
		{ "public_url = https://buy.example.org\n", NULL },
		{ "public_url = http://127.0.0.1:8080\n", NULL },
		{ "public_url = https://buy.example.org/\n", "public_url" },
		{ "public_url = buy.example.org\n", "public_url" },
		{ "public_url = https://\n", "public_url" },
		{ "admin_port = 8080\n", "admin_port" },
		{ "admin_port = 8081\n", NULL },
		{ "clock = 2026-01-31T08:00:00Z\n", NULL },
		{ "clock = yesterday\n", "clock" },
	};
	char *const nothing[] = { NULL };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct trial trial;

		trial_start(&trial);
		write_file(&trial, cases[i].content);
		assert_true(settings_load(trial.path, nothing, trial.arena, &trial.settings,
					  &trial.faults));
		assert_int_equal(settings_check(&trial.settings, &trial.faults), !cases[i].fault);
		if (cases[i].fault)
			assert_true(text_starts(buffer_text(&trial.faults), cases[i].fault));
		trial_end(&trial);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_documented_default_is_what_the_program_prints),
		cmocka_unit_test(test_the_printed_file_means_the_default),
		cmocka_unit_test(test_every_fault_is_named),
		cmocka_unit_test(test_the_environment_overrides_the_file),
		cmocka_unit_test(test_what_does_not_go_together_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

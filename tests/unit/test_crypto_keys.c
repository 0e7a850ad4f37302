/* The key file: made once, read again, refused when it is open to others or damaged; MACs under it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/crypto.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 200, WHY_SIZE = 128 };

/* A directory of its own for each test, with the paths of its files beside it. */
struct place {
	char parent[PATH_SIZE], directory[PATH_SIZE], key[PATH_SIZE], ring[PATH_SIZE];
};

static int make_place(void **state)
{
	struct place *place = memory_take(sizeof(*place));

	if (!place)
		return -1;
	snprintf(place->parent, sizeof(place->parent), "/tmp/test_keys_XXXXXX");
	if (!mkdtemp(place->parent))
		return -1;
	snprintf(place->directory, sizeof(place->directory), "%.50s/keys", place->parent);
	snprintf(place->key, sizeof(place->key), "%.80s/authentication.key", place->directory);
	snprintf(place->ring, sizeof(place->ring), "%.80s/encryption.keys", place->directory);
	*state = place;
	return 0;
}

static int remove_place(void **state)
{
	struct place *place = *state;

	unlink(place->key);
	unlink(place->ring);
	rmdir(place->directory);
	/* nothing but the keys was left behind */
	if (rmdir(place->parent) != 0)
		return -1;
	memory_free(place);
	return 0;
}

static void write_key(const struct place *place, struct text content, mode_t mode)
{
	mkdir(place->directory, 0700);

	int fd = open(place->key, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content.at, content.size), content.size);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void made_once_and_read_again(void **state)
{
	struct place *place = *state;
	char why[WHY_SIZE] = "";
	struct stat status;
	struct keys *first = keys_load(place->directory, why);
	struct keys *second = keys_load(place->directory, why);

	assert_string_equal(why, "");
	assert_non_null(first);
	assert_non_null(second);
	assert_int_equal(stat(place->key, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(status.st_size, 32);
	assert_true(
		digest_equal(mac(first, MAC_AUDIT, TEXT("x")), mac(second, MAC_AUDIT, TEXT("x"))));
	assert_false(
		digest_equal(mac(first, MAC_AUDIT, TEXT("x")), mac(first, MAC_AUDIT, TEXT("y"))));
	keys_free(first);
	keys_free(second);
	keys_free(NULL);

	unlink(place->key);

	struct keys *other = keys_load(place->directory, why);

	second = keys_load(place->directory, why);
	assert_true(digest_equal(mac(other, MAC_CURSOR, TEXT("x")),
				 mac(second, MAC_CURSOR, TEXT("x"))));
	keys_free(other);
	keys_free(second);
}

static void macs_as_others_make_them(void **state)
{
	/* under the key 00 01 … 1f, by another implementation */
	static const struct {
		enum mac_purpose purpose;
		const char *text, *mac;
	} cases[] = {
		{ MAC_AUDIT, "abc",
		  "71b8ce2cba5ca3e7a31df3142a815a0e0cdb03c861c4eef0f3fb89b9ac6af7d5" },
		{ MAC_AUDIT, "",
		  "c7accbd465e5e943e46feb9fb548a016590a80a7c36d90b3cd26e7c4084eb176" },
		{ MAC_PASSPORT, "abc",
		  "e01b6842ad349ef4ebeaf01c4efa55d64bd9285ba53086438c235e52a6a38608" },
		{ MAC_PASSPORT, "",
		  "cd126dd57cd30cc7fa4f51beda51ee02aba262e95d4ede978edef149f690d373" },
		{ MAC_CURSOR, "abc",
		  "ecb17d15b7179452689fd5d4c0cbf5a1aab41876171bbf96b76aed020cc52024" },
		{ MAC_CURSOR, "",
		  "21de3b1e6c32fc6e786beee03ebd2f730183731450ce7091574c87221490cceb" },
	};
	struct place *place = *state;
	char key[32], hex[2 * DIGEST_SIZE + 1], why[WHY_SIZE] = "";

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (char)i;
	write_key(place, (struct text){ key, sizeof(key) }, 0600);

	struct keys *keys = keys_load(place->directory, why);

	assert_string_equal(why, "");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct digest made = mac(keys, cases[i].purpose, text_of(cases[i].text));

		hex_format(made.bytes, DIGEST_SIZE, hex);
		assert_string_equal(hex, cases[i].mac);
	}
	keys_free(keys);
}

static void refuses_what_is_not_safe(void **state)
{
	static const struct {
		size_t size;
		mode_t mode;
		const char *why;
	} cases[] = {
		{ 32, 0644, "authentication.key is open to others (mode 644, should be 600)" },
		{ 32, 0620, "authentication.key is open to others (mode 620, should be 600)" },
		{ 32, 0601, "authentication.key is open to others (mode 601, should be 600)" },
		{ 31, 0600, "authentication.key holds 31 bytes instead of 32" },
		{ 33, 0600, "authentication.key holds 33 bytes instead of 32" },
		{ 0, 0600, "authentication.key holds 0 bytes instead of 32" },
	};
	struct place *place = *state;
	char why[WHY_SIZE], content[33] = "";

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		write_key(place, (struct text){ content, cases[i].size }, cases[i].mode);
		assert_null(keys_load(place->directory, why));
		assert_string_equal(why, cases[i].why);
	}
	unlink(place->key);
	assert_int_equal(mkdir(place->key, 0700), 0);
	assert_null(keys_load(place->directory, why));
	assert_string_equal(why, "authentication.key is not a file");
	rmdir(place->key);
	assert_int_equal(symlink("/etc/passwd", place->key), 0);
	assert_null(keys_load(place->directory, why));
	assert_non_null(strstr(why, "authentication.key cannot be opened"));
	assert_null(keys_load("/nonexistent/directory/keys", why));
	assert_non_null(strstr(why, "the key directory cannot be made"));
}

/* Several first starts at once agree on one key. */
static void first_starts_agree(void **state)
{
	enum { STARTS = 8 };
	struct place *place = *state;
	struct digest seen[STARTS];
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	for (int i = 0; i < STARTS; i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			char why[WHY_SIZE];
			struct keys *keys = keys_load(place->directory, why);
			struct digest made =
				keys ? mac(keys, MAC_AUDIT, TEXT("x")) : (struct digest){ { 0 } };
			ssize_t size = write(ends[1], &made, sizeof(made));

			_exit(keys && size == sizeof(made) ? 0 : 1);
		}
	}
	for (int i = 0; i < STARTS; i++) {
		int status = 1;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
		assert_int_equal(read(ends[0], &seen[i], sizeof(seen[i])), sizeof(seen[i]));
		assert_true(digest_equal(seen[i], seen[0]));
	}
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(made_once_and_read_again, make_place, remove_place),
		cmocka_unit_test_setup_teardown(macs_as_others_make_them, make_place, remove_place),
		cmocka_unit_test_setup_teardown(refuses_what_is_not_safe, make_place, remove_place),
		cmocka_unit_test_setup_teardown(first_starts_agree, make_place, remove_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

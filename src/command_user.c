/*
 * `xiangcai user add`, `user join` and `user reset`: people come in by the command line, the first
 * ones before anybody can log in, and come back in by it when nobody inside can help them. The
 * password comes from standard input, or is made here, shown once and to be changed at the first
 * login; it is never an argument, which every process can see.
 */
#include "command.h"
#include "options.h"
#include "xiangcai/identity.h"

#include <string.h>

enum { MADE_PASSWORD_SIZE = 16, NAME_MAX_CHARACTERS = 60 };
#define USER_ARENA_MAX MIB(1)

struct user_options {
	const char *login, *name, *organisation, *roles;
	bool password_stdin, second_factor;
};

struct user_run {
	struct app *app;
	struct arena *arena;
	struct user_options options;
	struct buffer faults;
	struct new_user user;
	struct user_reset reset;
	char password[TOKEN_TEXT_SIZE + 1]; /* one that was made; empty otherwise */
};

static const struct user_action {
	const char *name, *doing;
	event_fn *event;
	bool is_new; /* needs a name and a password */
	bool resets; /* needs nothing but the login name */
} actions[] = {
	{ "add", "adding the user", user_insert, .is_new = true },
	{ "join", "adding the membership", membership_insert },
	{ "reset", "resetting the password", user_reset, .resets = true },
};

/* ---- what was asked ---- */

/* "buyer,approver" as bits; each unknown word is a fault. */
static uint32_t roles_parse(struct text words, struct buffer *faults)
{
	uint32_t roles = 0;

	while (words.at) {
		struct text word = text_trim(text_cut(&words, ','));
		int role = word_find(role_words, word);

		if (role >= 0)
			roles |= 1u << role;
		else
			buffer_print(faults, "--roles: there is no role \"%.*s\"\n",
				     TEXT_FMT(word));
	}
	return roles;
}

static void require(struct user_run *run, const char *name, const char *value)
{
	if (!value || !*value)
		buffer_print(&run->faults, "%s: is missing\n", name);
	else if (!text_is_utf8(text_of(value)))
		buffer_print(&run->faults, "%s: is not UTF-8\n", name);
}

static void check_reset(struct user_run *run)
{
	const struct user_options *options = &run->options;

	require(run, "--login", options->login);
	if (options->name || options->organisation || options->roles || options->password_stdin)
		buffer_add(&run->faults, TEXT("reset takes --login and --second-factor alone\n"));
	run->reset.login = text_of(options->login);
	run->reset.second_factor = options->second_factor;
}

static void check_options(struct user_run *run, const struct user_action *action)
{
	const struct user_options *options = &run->options;

	require(run, "--login", options->login);
	if (options->second_factor)
		buffer_add(&run->faults, TEXT("--second-factor: is for \"user reset\"\n"));
	require(run, "--organisation", options->organisation);
	require(run, "--roles", options->roles);
	if (action->is_new)
		require(run, "--name", options->name);
	if (action->is_new && options->name &&
	    text_length(text_of(options->name)) > NAME_MAX_CHARACTERS)
		buffer_print(&run->faults, "--name: is longer than %d characters\n",
			     NAME_MAX_CHARACTERS);
	if (!action->is_new && (options->name || options->password_stdin))
		buffer_add(&run->faults,
			   TEXT("--name, --password-stdin: the user has these already\n"));
	run->user.login = text_of(options->login);
	run->user.name = text_of(options->name);
	run->user.organisation_code = text_of(options->organisation);
	if (options->roles)
		run->user.roles = roles_parse(text_of(options->roles), &run->faults);
}

/* ---- the password ---- */

/* The rules for everybody's passwords, told as faults of the option. */
static void password_faults(struct user_run *run, struct text password)
{
	struct problems problems = { .arena = run->arena };
	struct text login = run->user.login;

	if (!password_check(password, login, identity_settings_of(run->app), &problems, ""))
		return;
	for (size_t i = 0; i < problems.items.count; i++) {
		buffer_add(&run->faults, TEXT("--password-stdin: "));
		problem_sentence(LIST_ITEM(problems.items, struct problem, i), EN, &run->faults);
		buffer_char(&run->faults, '\n');
	}
}

static struct text password_read(struct user_run *run)
{
	char *line = arena_take(run->arena, KIB(1));
	struct text password = NO_TEXT;

	if (line && fgets(line, (int)KIB(1), stdin))
		password = text_part(text_of(line), 0, strcspn(line, "\r\n"));
	password_faults(run, password);
	return password;
}

static struct text password_make(struct user_run *run)
{
	token_make(run->password);
	run->password[MADE_PASSWORD_SIZE] = '\0';
	run->user.password_by_other = true;
	return text_of(run->password);
}

static enum err password_take(struct user_run *run)
{
	char *hash = arena_take(run->arena, PASSWORD_HASH_SIZE);
	struct text password =
		run->options.password_stdin ? password_read(run) : password_make(run);

	if (!hash)
		return ERR_MEMORY;
	if (run->faults.size)
		return OK; /* said before anything is done */
	enum err e = password_hash(password, scrypt_standard, hash);
	run->user.password_hash = run->reset.password_hash = text_of(hash);
	return e;
}

/* ---- the command ---- */

static int user_step(struct user_run *run, const struct user_action *action)
{
	struct problems problems = { .arena = run->arena };
	struct step step = command_step(run->app, run->arena, &problems);
	bool resets = action->resets;
	void *arg = resets ? (void *)&run->reset : &run->user;
	char id[37];
	enum err e = action->is_new || resets ? password_take(run) : OK;

	if (command_refused(&run->faults))
		return EXIT_USAGE;
	struct text key = arena_print(run->arena, "user-%s",
				      id_format(id_new(clock_now(&run->app->clock)), id).at);
	if (!e)
		e = key.at ? run_step(&step, key, action->event, arg, NULL) : ERR_MEMORY;
	if (e == ERR_DB_DUPLICATE)
		e = fail(&problems, ERR_DB_DUPLICATE, AT("/login"));
	if (e)
		return command_failed(action->doing, e, &problems);
	printf("%s\n", id_format(resets ? run->reset.id : run->user.id, id).at);
	if (run->password[0])
		printf("password: %s\n", run->password);
	return EXIT_FINE;
}

static const struct user_action *action_of(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(actions); i++)
		if (name && strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

static int user_run(struct user_run *run, int argc, char **argv)
{
	struct user_options *options = &run->options;
	const struct option_row rows[] = {
		{ .name = "--login", .value = &options->login },
		{ .name = "--name", .value = &options->name },
		{ .name = "--organisation", .value = &options->organisation },
		{ .name = "--roles", .value = &options->roles },
		{ .name = "--password-stdin", .flag = &options->password_stdin },
		{ .name = "--second-factor", .flag = &options->second_factor },
	};
	const struct user_action *action = action_of(argc > 0 ? argv[0] : NULL);

	if (!action) {
		fprintf(stderr, "xiangcai: user: say \"user add\", \"user join\" or "
				"\"user reset\"\n");
		return EXIT_USAGE;
	}
	argc = options_take(rows, COUNT_OF(rows), argc - 1, argv + 1, &run->faults);
	options_end(argc, argv + 1, &run->faults);
	if (action->resets)
		check_reset(run);
	else
		check_options(run, action);
	if (command_refused(&run->faults))
		return EXIT_USAGE;
	if (!program_open(program_of(run->app), NEEDS_DATABASE))
		return EXIT_FAULTS;
	return user_step(run, action);
}

int command_user(struct app *app, int argc, char **argv)
{
	struct user_run run = { .app = app,
				.arena = arena_new(USER_ARENA_MAX),
				.faults = { .max = KIB(64) } };
	int status = run.arena ? user_run(&run, argc, argv) : EXIT_FAULTS;

	buffer_free(&run.faults);
	arena_free(run.arena);
	return status;
}

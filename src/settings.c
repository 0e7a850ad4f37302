/*
 * The settings of the program: one row each, from which the file is read and checked, the
 * environment is searched, and the documented default is printed.
 */
#include "settings.h"

#include <string.h>

static const char *const log_level_words[] = { "debug", "info", "warning", "error", NULL };
_Static_assert(COUNT_OF(log_level_words) == LOG_ERROR + 2, "a word for every level");

enum { RATE_MAX = 6000000, UPLOAD_MIB_MAX = 1 << 20 };

#define AT_SETTING(member) offsetof(struct settings, member)

const struct setting setting_rows[] = {
	{ .name = "data",
	  .kind = KIND_TEXT,
	  .at = AT_SETTING(data),
	  .standard = "var",
	  .min = 1,
	  .max = 200,
	  .sentence =
		  "Directory of what this server keeps: keys/, and db/ of the embedded database. "
		  "Made when it is missing." },
	{ .name = "share",
	  .kind = KIND_TEXT,
	  .at = AT_SETTING(share),
	  .standard = "",
	  .max = 200,
	  .sentence =
		  "Directory of what comes with the program: schema/ and demo/. Empty: the source "
		  "tree the program was built in, else ../share/xiangcai beside it." },
	{ .name = "listen_host",
	  .kind = KIND_TEXT,
	  .at = AT_SETTING(run.listen_host),
	  .standard = "127.0.0.1",
	  .min = 1,
	  .max = 100,
	  .sentence = "Address to listen on. Unless behind_proxy is set it must be a loopback "
		      "address." },
	{ .name = "listen_port",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.listen_port),
	  .standard = "8080",
	  .min = 0,
	  .max = 65535,
	  .sentence = "Port to listen on. 0: any free one, which is printed." },
	{ .name = "admin_port",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.admin_port),
	  .standard = "0",
	  .min = 0,
	  .max = 65535,
	  .sentence = "Port of /metrics and /healthz on the loopback address. 0: none." },
	{ .name = "public_url",
	  .kind = KIND_TEXT,
	  .at = AT_SETTING(run.public_url),
	  .standard = "",
	  .max = 200,
	  .sentence =
		  "What browsers call this server, such as https://buy.example.org: Origin is held "
		  "against it. Empty: http:// and the Host field." },
	{ .name = "database_socket",
	  .kind = KIND_TEXT,
	  .at = AT_SETTING(database_socket),
	  .standard = "",
	  .max = 107,
	  .sentence =
		  "Unix socket of a MariaDB server. Empty, with database_host: an embedded server "
		  "is started under data/db." },
	{ .name = "database_host",
	  .kind = KIND_TEXT,
	  .at = AT_SETTING(database_host),
	  .standard = "",
	  .max = 200,
	  .sentence = "Host of a MariaDB server. At most one of socket and host." },
	{ .name = "database_port",
	  .kind = KIND_INT,
	  .at = AT_SETTING(database_port),
	  .standard = "3306",
	  .min = 1,
	  .max = 65535,
	  .sentence = "Port at database_host." },
	{ .name = "database_user",
	  .kind = KIND_TEXT,
	  .at = AT_SETTING(database_user),
	  .standard = "xiangcai",
	  .min = 1,
	  .max = 80,
	  .sentence = "User at the configured database." },
	{ .name = "database_password",
	  .kind = KIND_TEXT,
	  .at = AT_SETTING(database_password),
	  .standard = "",
	  .max = 200,
	  .secret = true,
	  .sentence = "Password at the configured database." },
	{ .name = "database_name",
	  .kind = KIND_TEXT,
	  .at = AT_SETTING(database_name),
	  .standard = "xiangcai",
	  .min = 1,
	  .max = 64,
	  .sentence = "Schema at the configured database; it exists already." },
	{ .name = "loops",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.loops),
	  .standard = "0",
	  .min = 0,
	  .max = 64,
	  .sentence = "Threads that speak HTTP. 0: by the number of cores." },
	{ .name = "workers",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.workers),
	  .standard = "0",
	  .min = 0,
	  .max = 256,
	  .sentence =
		  "Threads for writes and reads, with a database connection each. 0: by the number "
		  "of cores." },
	{ .name = "report_workers",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.report_workers),
	  .standard = "0",
	  .min = 0,
	  .max = 64,
	  .sentence = "Threads for reports, with a database connection each. 0: by the number of "
		      "cores." },
	{ .name = "hashers",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.hashers),
	  .standard = "0",
	  .min = 0,
	  .max = 64,
	  .sentence = "Threads that check passwords, 32 MiB each. 0: half the cores." },
	{ .name = "job_runners",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.job_runners),
	  .standard = "0",
	  .min = 0,
	  .max = 64,
	  .sentence = "Threads for long work such as imports. 0: by the number of cores." },
	{ .name = "queue_max",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.queue_max),
	  .standard = "1024",
	  .min = 1,
	  .max = 100000,
	  .sentence = "Requests that may wait in each queue; beyond it the answer is 503." },
	{ .name = "handling_s",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.handling_s),
	  .standard = "30",
	  .min = 1,
	  .max = 600,
	  .sentence = "Seconds that a request may take, waiting included." },
	{ .name = "idle_s",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.idle_s),
	  .standard = "75",
	  .min = 1,
	  .max = 3600,
	  .sentence = "Seconds after which an idle connection is closed." },
	{ .name = "stream_s",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.stream_s),
	  .standard = "60",
	  .min = 1,
	  .max = 3600,
	  .sentence = "Seconds after which a stream of events ends and its client, who comes back "
		      "by itself, is asked anew who it is." },
	{ .name = "connections_max",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.connections_max),
	  .standard = "10000",
	  .min = 1,
	  .max = 1000000,
	  .sentence = "Connections of all clients together." },
	{ .name = "connections_per_address_max",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.connections_per_address_max),
	  .standard = "0",
	  .min = 0,
	  .max = 1000000,
	  .sentence = "Connections of one address. 0: behind a proxy a fifth of connections_max, "
		      "room for an office of hundreds behind one address; without behind_proxy as "
		      "many as connections_max, because then everybody comes from the loopback "
		      "address, and whatever stands there must hold clients apart itself." },
	{ .name = "rate_public",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.rate_per_address[RATE_PUBLIC]),
	  .standard = "12000",
	  .min = 0,
	  .max = RATE_MAX,
	  .sentence = "Requests a minute of one address, of what is answered from memory: the shop "
		      "and what nobody logs in for. 0: no limit." },
	{ .name = "rate_read",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.rate_per_address[RATE_READ]),
	  .standard = "6000",
	  .min = 0,
	  .max = RATE_MAX,
	  .sentence = "Requests a minute of one address, reading. 0: no limit." },
	{ .name = "rate_read_user",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.rate_per_user[RATE_READ]),
	  .standard = "1200",
	  .min = 0,
	  .max = RATE_MAX,
	  .sentence = "Requests a minute of one user, reading. 0: no limit." },
	{ .name = "rate_write",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.rate_per_address[RATE_WRITE]),
	  .standard = "3000",
	  .min = 0,
	  .max = RATE_MAX,
	  .sentence = "Requests a minute of one address, changing something. 0: no limit." },
	{ .name = "rate_write_user",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.rate_per_user[RATE_WRITE]),
	  .standard = "600",
	  .min = 0,
	  .max = RATE_MAX,
	  .sentence = "Requests a minute of one user, changing something. 0: no limit." },
	{ .name = "rate_report",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.rate_per_address[RATE_REPORT]),
	  .standard = "300",
	  .min = 0,
	  .max = RATE_MAX,
	  .sentence = "Requests a minute of one address, of what is dear: reports, exports, "
		      "uploads. 0: no limit." },
	{ .name = "rate_report_user",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.rate_per_user[RATE_REPORT]),
	  .standard = "60",
	  .min = 0,
	  .max = RATE_MAX,
	  .sentence = "Requests a minute of one user, of what is dear. 0: no limit." },
	{ .name = "rate_login",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.rate_per_address[RATE_LOGIN]),
	  .standard = "60",
	  .min = 0,
	  .max = RATE_MAX,
	  .sentence = "Requests a minute of one address, of logins, passwords and second factors. "
		      "0: no limit." },
	{ .name = "rate_login_user",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.rate_per_user[RATE_LOGIN]),
	  .standard = "30",
	  .min = 0,
	  .max = RATE_MAX,
	  .sentence =
		  "Requests a minute of one user, of passwords and second factors. 0: no limit." },
	{ .name = "rate_application",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.rate_per_address[RATE_APPLICATION]),
	  .standard = "60",
	  .min = 0,
	  .max = RATE_MAX,
	  .sentence =
		  "Requests a minute of one address, of applications for admission. 0: no limit." },
	{ .name = "upload_address_mib",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.upload_address_mib),
	  .standard = "300",
	  .min = 0,
	  .max = UPLOAD_MIB_MAX,
	  .sentence = "MiB a day of one address, of documents of applications for admission; what "
		      "was deleted again counts. 0: no limit." },
	{ .name = "upload_organisation_mib",
	  .kind = KIND_INT,
	  .at = AT_SETTING(run.upload_organisation_mib),
	  .standard = "2048",
	  .min = 0,
	  .max = UPLOAD_MIB_MAX,
	  .sentence = "MiB a day of one organisation, of files that its members upload. 0: no "
		      "limit." },
	{ .name = "behind_proxy",
	  .kind = KIND_BOOL,
	  .at = AT_SETTING(run.behind_proxy),
	  .standard = "false",
	  .sentence = "Whether every connection comes from a proxy of trusted_proxies and begins "
		      "with a header of the PROXY protocol, version 2, which names the client." },
	{ .name = "trusted_proxies",
	  .kind = KIND_TEXT,
	  .at = AT_SETTING(run.trusted_proxies),
	  .standard = "",
	  .max = 1000,
	  .sentence = "Addresses or networks of those proxies, separated by commas, such as "
		      "127.0.0.1, 10.0.8.0/24, 2001:db8::/64. Everybody else is turned away." },
	{ .name = "totp_required",
	  .kind = KIND_BOOL,
	  .at = AT_SETTING(identity.totp_required),
	  .standard = "true",
	  .sentence = "Whoever acts for an authority must use a second factor." },
	{ .name = "password_days",
	  .kind = KIND_INT,
	  .at = AT_SETTING(identity.password_days),
	  .standard = "365",
	  .min = 0,
	  .max = 3650,
	  .sentence = "Days after which an authority's passwords must be changed. 0: never." },
	{ .name = "password_composition",
	  .kind = KIND_BOOL,
	  .at = AT_SETTING(identity.password_composition),
	  .standard = "false",
	  .sentence = "New passwords must mix letters, digits and other characters, beside being "
		      "long." },
	{ .name = "failures_per_address",
	  .kind = KIND_INT,
	  .at = AT_SETTING(identity.failures_per_address),
	  .standard = "100",
	  .min = 1,
	  .max = 1000000,
	  .sentence = "Wrong logins of one address, of any names, in 15 minutes; beyond it the "
		      "address waits." },
	{ .name = "log_level",
	  .kind = KIND_WORD,
	  .at = AT_SETTING(log_level),
	  .standard = "info",
	  .words = log_level_words,
	  .sentence = "The least weighty lines that are logged, as JSON on the standard error." },
	{ .name = "clock",
	  .kind = KIND_TEXT,
	  .at = AT_SETTING(clock),
	  .standard = "",
	  .max = 40,
	  .sentence =
		  "For tests: the instant (RFC 3339) that the program takes for its start, after "
		  "which its clock runs on. Empty: real time." },
	{ .name = "report_statements",
	  .kind = KIND_BOOL,
	  .at = AT_SETTING(run.report_statements),
	  .standard = "false",
	  .sentence = "For tests: each reply tells in X-Statements how many statements it took." },
};
const size_t setting_count = COUNT_OF(setting_rows);

bool settings_load(const char *path, char *const *environment, struct arena *arena,
		   struct settings *out, struct buffer *faults)
{
	return settings_read(setting_rows, setting_count, path, environment, arena, out, faults);
}

bool settings_name_database(const struct settings *settings)
{
	return settings->database_socket.size || settings->database_host.size;
}

/* ---- what goes together ---- */

static bool is_loopback(struct text host)
{
	return text_is(host, "localhost") || text_is(host, "::1") || text_starts(host, "127.");
}

/* scheme://host[:port] and nothing behind it: exactly what browsers send as Origin. */
static bool is_origin(struct text url)
{
	const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		size_t size = strlen(schemes[i]);

		if (text_starts(url, schemes[i]) && url.size > size)
			return !memchr(url.at + size, '/', url.size - size);
	}
	return false;
}

static void proxies_check(const struct settings *settings, struct buffer *faults)
{
	struct text rest = settings->run.trusted_proxies;
	struct http_network network;
	size_t count = 0;

	while (rest.size) {
		struct text one = text_trim(text_cut(&rest, ','));

		if (++count > TRUSTED_PROXIES_MAX)
			break;
		if (!http_network_parse(one, &network))
			buffer_print(faults,
				     "trusted_proxies: %.*s is neither an address nor a network "
				     "such as 10.0.8.0/24\n",
				     TEXT_FMT(one));
	}
	if (count > TRUSTED_PROXIES_MAX)
		buffer_print(faults, "trusted_proxies: more than %d\n", TRUSTED_PROXIES_MAX);
	if (settings->run.behind_proxy != (count > 0))
		buffer_add(faults, TEXT("behind_proxy, trusted_proxies: one needs the other\n"));
}

bool settings_check(const struct settings *settings, struct buffer *faults)
{
	size_t before = faults->size;
	int64_t instant;

	if (settings->database_socket.size && settings->database_host.size)
		buffer_add(faults,
			   TEXT("database_socket, database_host: only one of them may be set\n"));
	if (!is_loopback(settings->run.listen_host) && !settings->run.behind_proxy)
		buffer_print(
			faults,
			"listen_host: %.*s is not a loopback address, and without TLS no other is "
			"served; put a proxy in front and set behind_proxy\n",
			TEXT_FMT(settings->run.listen_host));
	proxies_check(settings, faults);
	if (settings->run.public_url.size && !is_origin(settings->run.public_url))
		buffer_print(
			faults,
			"public_url: %.*s is not of the form https://host or https://host:port\n",
			TEXT_FMT(settings->run.public_url));
	if (settings->run.admin_port && settings->run.admin_port == settings->run.listen_port)
		buffer_add(faults, TEXT("admin_port: must differ from listen_port\n"));
	if (settings->clock.size && !instant_parse(settings->clock, &instant))
		buffer_print(faults, "clock: %.*s is not an instant such as 2026-01-31T08:00:00Z\n",
			     TEXT_FMT(settings->clock));
	return faults->size == before && !faults->failed;
}

/*
 * The log: one JSON object a line, one write(2) a line, so that lines of several threads never mix.
 * A line is made on the stack and is cut at LINE_MAX_SIZE in such a way that it stays JSON: the
 * long text is cut at a character, and fields that no longer fit are left out. A line that cannot
 * be written is lost: a log must not stop its program.
 */
#include "buffer.h"
#include "text.h"

#include <string.h>
#include <unistd.h>

enum { LINE_MAX_SIZE = 4096, TAIL_SIZE = 3 /* a quote, a brace, a newline */ };

struct line {
	char at[LINE_MAX_SIZE];
	size_t size;
};

static const char *const level_words[] = { "debug", "info", "warning", "error", NULL };

static bool line_has_room(const struct line *line, size_t size)
{
	return size + TAIL_SIZE <= LINE_MAX_SIZE - line->size;
}

static bool line_add(struct line *line, const char *at, size_t size)
{
	if (!line_has_room(line, size))
		return false;
	memcpy(line->at + line->size, at, size);
	line->size += size;
	return true;
}

/* @point as it stands within a JSON string, at most 6 bytes; gives its size. */
static size_t point_format(uint32_t point, char *out)
{
	if (point >= 0x20 && point != '"' && point != '\\' && point != 0x7F)
		return utf8_write(point, out);
	if (point == '"' || point == '\\') {
		out[0] = '\\';
		out[1] = (char)point;
		return 2;
	}
	return (size_t)snprintf(out, 8, "\\u%04x", (unsigned)point);
}

static void line_string(struct line *line, struct text t)
{
	char point[8];

	line_add(line, "\"", 1);
	for (size_t at = 0; at < t.size;) {
		size_t size = point_format(text_next(t, &at), point);

		if (!line_add(line, point, size))
			break;
	}
	/* The quote may use the tail's room, which is kept for it. */
	line->at[line->size++] = '"';
}

/* `,"name":` unless there is no room for it and a short value; false then. */
static bool line_name(struct line *line, const char *name)
{
	struct text t = text_of(name);

	if (!line_has_room(line, t.size + 4 + INT_SIZE_MAX + TAIL_SIZE))
		return false;
	line->at[line->size++] = ',';
	line_string(line, t);
	line->at[line->size++] = ':';
	return true;
}

static void line_field(struct line *line, struct log_field field)
{
	if (!line_name(line, field.name))
		return;
	if (field.text.at)
		line_string(line, field.text);
	else
		line->size += int_format(field.number, line->at + line->size);
}

void log_write(const struct log *log, enum log_level level, const char *subject,
	       const char *message, const struct log_field *fields)
{
	struct line line;
	char time[28];

	if (level < log->level)
		return;
	instant_format(clock_now(log->clock), time);
	line.size = (size_t)snprintf(line.at, sizeof(line.at), "{\"time\":\"%s\",\"level\":\"%s\"",
				     time, word_of(level_words, (int)level));
	line_field(&line, (struct log_field){ "subject", text_of(subject), 0 });
	line_field(&line, (struct log_field){ "message", text_of(message), 0 });
	for (; fields->name; fields++)
		line_field(&line, *fields);
	line.at[line.size++] = '}';
	line.at[line.size++] = '\n';

	ssize_t written = write(log->fd, line.at, line.size);

	(void)written;
}

/*
 * The other end of the pipe to the child. What it says is believed no more than the picture itself:
 * every number is held against what may be, and every content must be a still WebP of the size that
 * it is said to have.
 */
#include "media_rows.h"

#include <string.h>

#define DEADLINE_US (30 * SECOND_US)
#define ANSWER_MAX  (sizeof(struct thumbnail_answer) + RENDITION_COUNT * (size_t)RENDITION_BYTES_MAX)

bool is_image_fault(enum err e)
{
	static const enum err faults[] = { ERR_IMAGE_TYPE, ERR_IMAGE_BROKEN, ERR_IMAGE_LARGE,
					   ERR_IMAGE_SCANS, ERR_IMAGE_COST };
	bool is = false;

	for (size_t i = 0; i < COUNT_OF(faults); i++)
		is |= e == faults[i];
	return is;
}

static bool take_rendition(const struct thumbnail_answer *head, size_t i, struct text *rest,
			   struct arena *arena, struct rendition *out)
{
	struct text content = text_part(*rest, 0, head->of[i].size);
	uint32_t most = (uint32_t)rendition_side((enum rendition_size)i);
	struct image_head image;

	if (content.size != head->of[i].size || head->of[i].width > most ||
	    head->of[i].height > most || content.size > RENDITION_BYTES_MAX ||
	    image_head_read(content, &image) || image.type != IMAGE_WEBP || image.animated ||
	    image.width != head->of[i].width || image.height != head->of[i].height)
		return false;
	*rest = text_part(*rest, content.size, rest->size);
	*out = (struct rendition){ (int)image.width, (int)image.height,
				   arena_text(arena, content) };
	return out->content.at != NULL;
}

/* An answer that is none is the picture's fault: it made the child write it. */
static enum err answer_take(struct text bytes, struct arena *arena, struct renditions *out)
{
	struct thumbnail_answer head;

	if (bytes.size < sizeof(head))
		return ERR_IMAGE_COST;
	memcpy(&head, bytes.at, sizeof(head));
	if (head.magic != THUMBNAIL_MAGIC)
		return ERR_IMAGE_COST;
	if (head.error)
		return is_image_fault((enum err)head.error) ? (enum err)head.error : ERR_IMAGE_COST;
	struct text rest = text_part(bytes, sizeof(head), bytes.size);
	if (head.width > IMAGE_SIDE_MAX || head.height > IMAGE_SIDE_MAX || !head.width ||
	    !head.height)
		return ERR_IMAGE_COST;
	out->width = head.width;
	out->height = head.height;
	for (size_t i = 0; i < RENDITION_COUNT; i++)
		if (!take_rendition(&head, i, &rest, arena, &out->of[i]))
			return ERR_IMAGE_COST;
	return rest.size ? ERR_IMAGE_COST : OK;
}

/*
 * A child that does not come to its end by its own doing is the picture's fault, and the picture is
 * refused for ever; so everything else must not be: a stop of the machine or of the program, and a
 * place where no walls can be raised.
 */
enum err thumbnail_end(struct app *app, const struct child_end *end)
{
	if (end->how == CHILD_EXITED && end->number == THUMBNAIL_ANSWERED)
		return OK;
	if (end->how == CHILD_KILLED)
		return ERR_IMAGE_COST;
	if (end->how == CHILD_EXITED && end->number == THUMBNAIL_NO_WALLS)
		log_line(&app->log, LOG_ERROR, "image",
			 "no picture can be made: the process that reads them cannot be confined",
			 LOG_TEXT("refused", TEXT("seccomp, prctl or setrlimit")));
	else
		log_line(
			&app->log, LOG_WARNING, "image", "the process of a picture was ended",
			LOG_TEXT("by", end->how == CHILD_STOPPED ? TEXT("signal") : TEXT("status")),
			LOG_INT("number", end->number));
	return ERR_BUSY;
}

enum err thumbnails_make(struct app *app, struct text content, struct arena *arena,
			 struct renditions *out)
{
	struct buffer answer = { .max = ANSWER_MAX };
	struct child_end end;
	enum err e = child_run(app, thumbnail_command, content, DEADLINE_US, &answer, &end);

	if (!e)
		e = thumbnail_end(app, &end);
	if (e == ERR_IMAGE_COST)
		log_line(&app->log, LOG_WARNING, "image", "a picture cost its process the life",
			 LOG_INT("bytes", (int64_t)content.size), LOG_INT("signal", end.number));
	if (!e)
		e = answer_take(buffer_text(&answer), arena, out);
	buffer_free(&answer);
	return e;
}

enum err thumbnails_try(struct app *app)
{
	struct buffer answer = { .max = ANSWER_MAX };
	struct child_end end;
	enum err e = child_run(app, thumbnail_command, NO_TEXT, DEADLINE_US, &answer, &end);

	buffer_free(&answer);
	return e ? e : thumbnail_end(app, &end);
}

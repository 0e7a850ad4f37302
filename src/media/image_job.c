/* The job of a picture, which is called as the picture itself: renditions by a child, then one
 * step. */
#include "media_rows.h"

static enum err renditions_list(struct step *step, const struct renditions *made,
				struct image *image)
{
	for (int size = 0; size < RENDITION_COUNT; size++) {
		const struct rendition *one = &made->of[size];
		struct image_rendition *row =
			list_add(&image->renditions, step->arena, sizeof(*row));

		if (!row)
			return ERR_MEMORY;
		*row = (struct image_rendition){
			.image = image->id,
			.size = size,
			.media_type = text_of(image_media[IMAGE_WEBP]),
			.width = one->width,
			.height = one->height,
			.bytes = (int64_t)one->content.size,
			.content = one->content,
		};
	}
	image->state = IMAGE_READY;
	image->width = made->width;
	image->height = made->height;
	return OK;
}

/* What becomes of @image, by its bytes. */
static enum err judge(struct step *step, struct text content, struct image *image)
{
	struct actor owner = { .user = image->user, .organisation = image->supplier };
	struct renditions made = { 0 };
	enum err e = OK;

	if (!content.at)
		e = file_read(step->db, step->arena, &owner, image->file, &content);
	if (!e)
		e = thumbnails_make(step->app, content, step->arena, &made);
	if (!is_image_fault(e))
		return e ? e : renditions_list(step, &made, image);
	image->state = IMAGE_REFUSED;
	image->problem = text_of(err_info(e)->code);
	return OK;
}

enum err image_prepare(struct step *step, struct id id, struct text content, struct image *out)
{
	char name[37];
	struct image image = { 0 };
	enum err e = image_read(step->db, step->arena, NO_ID, id, &image);

	if (!e && image.state == IMAGE_QUEUED) {
		struct text key =
			arena_print(step->arena, "image:%.*s", TEXT_FMT(id_format(id, name)));
		e = judge(step, content, &image);
		if (!e)
			e = key.at ? run_step(step, key, image_finish, &image, NULL) : ERR_MEMORY;
	}
	*out = (struct image){ 0 };
	return e ? e : image_read(step->db, step->arena, NO_ID, id, out);
}

/* A picture that was removed needs nothing. */
static enum err image_job(struct job_run *run)
{
	struct image image;
	enum err e = image_prepare(&run->step, run->job.id, NO_TEXT, &image);

	return e == ERR_NOT_FOUND ? OK : e;
}

const struct job_kind media_jobs[] = { { "image", image_job } };
const size_t media_job_count = COUNT_OF(media_jobs);

/* ---- pictures that nobody made --------------------------------------------------------------- */

const char pictures_loop_name[] = "pictures";

/*
 * A job whose child the world stopped is given up after some tries, and its picture would wait for
 * ever. So it is looked now and then whether children can be confined here, the first time when the
 * program starts; and while they can, what was given up is tried again.
 */
enum err pictures_turn(struct app *app, struct db *db, struct arena *arena,
		       const struct lease *lease, bool *more)
{
	(void)arena;
	(void)lease; /* what two processes put back at once is put back all the same */
	(void)more;
	return thumbnails_try(app) ? OK : images_again(db, media_jobs[0].kind);
}

/*
 * The job of an archive. First all names, then the pictures one by one (each in an arena of its
 * own, so that the job has the archive and one entry in memory), then the products, then the
 * report. Every write is a step under a key of its own, so that the job may run again from the
 * beginning: pictures are found again by their digest, and what a product got is written down with
 * it, in one transaction.
 */
#include "goods_rules.h"
#include "image_archive.h"

#include <stdlib.h>

struct work {
	struct job_run *run;
	struct image_archive archive;
	struct buffer file;
	struct list entries;  /* of struct archive_entry */
	struct list pictures; /* of struct archive_picture */
	struct goods_reference reference;
};

static enum err refuse(struct archive_picture *picture, enum err e)
{
	picture->outcome = ENTRY_REFUSED;
	picture->problem = text_of(err_info(e)->code);
	return OK;
}

/* What is the client's own to mend; the rest ends the job. */
static bool is_theirs(enum err e)
{
	return e && e != ERR_CONFLICT && err_info(e)->status < 500;
}

static struct text key_of(struct work *work, const char *what, struct id id)
{
	char archive[37], object[37];

	return arena_print(work->run->step.arena, "archive:%s:%s:%s",
			   id_format(work->archive.id, archive).at, what, id_format(id, object).at);
}

/* What an earlier run wrote down with its products. */
static enum err settled_read(struct work *work)
{
	struct step *step = &work->run->step;
	struct list rows = { 0 };
	enum err e = archive_pictures_list(step->db, step->arena, work->archive.id, 0,
					   ARCHIVE_ENTRIES_MAX, &rows);

	for (size_t i = 0; i < rows.count && !e; i++) {
		const struct archive_picture *row = LIST_ITEM(rows, struct archive_picture, i);
		struct archive_picture *picture =
			LIST_ITEM(work->pictures, struct archive_picture, (size_t)row->number - 1);

		picture->settled = true;
		picture->outcome = row->outcome;
		picture->problem = row->problem;
		picture->image = row->image;
		picture->product = row->product;
	}
	return e;
}

/* ---- names ----------------------------------------------------------------------------------- */

static enum err pictures_list(struct work *work)
{
	struct arena *arena = work->run->step.arena;

	for (size_t i = 0; i < work->entries.count; i++) {
		const struct archive_entry *entry =
			LIST_ITEM(work->entries, struct archive_entry, i);

		if (archive_skips(entry->name))
			continue;
		struct archive_picture *picture =
			list_add(&work->pictures, arena, sizeof(*picture));
		if (!picture)
			return ERR_MEMORY;
		picture->archive = work->archive.id;
		picture->number = (int64_t)work->pictures.count;
		picture->name = entry->name;
		picture->entry = entry;
		picture->outcome = ENTRY_ATTACHED;
		enum err e = archive_name_read(picture);
		if (e)
			refuse(picture, e);
	}
	return OK;
}

static struct id product_of(const struct list *known, struct text code)
{
	for (size_t i = 0; i < known->count; i++) {
		const struct archive_picture *row = LIST_ITEM(*known, struct archive_picture, i);

		if (text_equal(row->code, code))
			return row->product;
	}
	return NO_ID;
}

/* A code may itself end in _2: the whole name is looked for first. */
static enum err products_find(struct work *work)
{
	struct step *step = &work->run->step;
	size_t count = 0;
	struct value *codes =
		arena_take(step->arena, (2 * work->pictures.count + 1) * sizeof(*codes));
	struct list known = { 0 };

	if (!codes)
		return ERR_MEMORY;
	for (size_t i = 0; i < work->pictures.count; i++) {
		struct archive_picture *picture =
			LIST_ITEM(work->pictures, struct archive_picture, i);

		if (picture->outcome == ENTRY_REFUSED)
			continue;
		if (sku_code_is_formed(picture->stem)) /* the column of codes is ASCII */
			codes[count++] = VALUE(picture->stem);
		if (sku_code_is_formed(picture->code))
			codes[count++] = VALUE(picture->code);
	}
	enum err e =
		archive_codes(step->db, step->arena, work->archive.supplier, codes, count, &known);
	for (size_t i = 0; i < work->pictures.count && !e; i++) {
		struct archive_picture *picture =
			LIST_ITEM(work->pictures, struct archive_picture, i);

		if (picture->outcome == ENTRY_REFUSED)
			continue;
		picture->product = product_of(&known, picture->stem);
		if (id_is_none(picture->product))
			picture->product = product_of(&known, picture->code);
		if (id_is_none(picture->product))
			refuse(picture, ERR_ARCHIVE_CODE);
	}
	return e;
}

/* ---- pictures -------------------------------------------------------------------------------- */

/* Whatever an earlier run stored is found by its digest: the step has no other key than that. */
static enum err take_in(struct work *work, struct step *step, struct text content,
			struct archive_picture *picture)
{
	struct image_head head;
	enum err e = image_head_read(content, &head);
	struct image_intake intake = {
		.image = { .id = id_new(clock_now(&step->app->clock)),
			   .supplier = work->archive.supplier,
			   .user = work->archive.user,
			   .created_at = clock_now(&step->app->clock) },
		.content = content,
		.media = e ? NULL : image_media[head.type],
		.prepared = true,
	};
	struct image image;

	if (!e)
		e = run_step(step, key_of(work, "picture", intake.image.id), image_upload, &intake,
			     NULL);
	if (!e)
		e = image_prepare(step, intake.image.id, content, &image);
	if (e)
		return e;
	picture->image = image.id;
	if (image.state == IMAGE_REFUSED) {
		picture->outcome = ENTRY_REFUSED;
		picture->problem = arena_text(work->run->step.arena, image.problem);
	}
	return OK;
}

static enum err picture_take(struct work *work, struct archive_picture *picture)
{
	struct buffer content = { .max = FILE_SIZE_MAX };
	struct step step = work->run->step;
	struct problems problems = { .arena = arena_new(0) };
	enum err e = problems.arena ? OK : ERR_MEMORY;

	step.arena = problems.arena;
	step.problems = &problems;
	if (!e)
		e = archive_read(buffer_text(&work->file), picture->entry, &content);
	if (!e)
		e = take_in(work, &step, buffer_text(&content), picture);
	buffer_free(&content);
	arena_free(problems.arena);
	return is_theirs(e) ? refuse(picture, e) : e;
}

static enum err pictures_take(struct work *work)
{
	enum err e = OK;

	for (size_t i = 0; i < work->pictures.count && !e; i++) {
		struct archive_picture *picture =
			LIST_ITEM(work->pictures, struct archive_picture, i);

		e = job_progress(work->run, (int64_t)i, (int64_t)work->pictures.count);
		if (!e && picture->outcome != ENTRY_REFUSED && !picture->settled)
			e = picture_take(work, picture);
	}
	return e;
}

/* ---- products -------------------------------------------------------------------------------- */

static int by_product(const void *a, const void *b)
{
	const struct archive_picture *x = *(struct archive_picture *const *)a;
	const struct archive_picture *y = *(struct archive_picture *const *)b;
	int order = id_compare(x->product, y->product);

	if (!order)
		order = text_compare(x->code, y->code);
	if (!order)
		order = (x->place > y->place) - (x->place < y->place);
	return order ? order : (x->number > y->number) - (x->number < y->number);
}

static bool has_image(const struct list *images, struct id id)
{
	for (size_t i = 0; i < images->count; i++)
		if (id_equal(LIST_ITEM(*images, struct content_image, i)->id, id))
			return true;
	return false;
}

/* Puts what is new behind what is there. *added: how many. */
static enum err images_add(struct work *work, struct archive_picture **of, size_t count,
			   struct content *content, size_t *added)
{
	struct arena *arena = work->run->step.arena;
	struct list images = { 0 };

	for (size_t i = 0; i < content->images.count + count; i++) {
		bool old = i < content->images.count;
		struct archive_picture *picture = old ? NULL : of[i - content->images.count];
		struct id id = old ? LIST_ITEM(content->images, struct content_image, i)->id
				   : picture->image;

		if (!old && picture->settled)
			continue;
		if (!old && has_image(&images, id)) {
			picture->outcome = ENTRY_REPEATED;
			continue;
		}
		if (!old && images.count >= CONTENT_IMAGES_MAX) {
			refuse(picture, ERR_IMAGES_MANY);
			continue;
		}
		struct content_image *image = list_add(&images, arena, sizeof(*image));
		if (!image)
			return ERR_MEMORY;
		image->id = id;
		image->place = (int64_t)images.count;
		*added += !old;
	}
	content->images = images;
	return OK;
}

/* The newest content: the draft, else what was handed in last. */
static enum err newest_read(struct work *work, struct id product, struct product_head *head,
			    struct product_revision *out)
{
	struct step *step = &work->run->step;
	enum err e =
		product_head_read(step->db, step->arena, work->archive.supplier, product, head);

	if (e)
		return e;
	return product_revision_read(step->db, step->arena, work->archive.supplier, product,
				     id_is_none(head->draft) ? head->latest : head->draft, out);
}

/* The pictures of one product, which get into its draft together with their rows. */
struct attachment {
	struct draft_work draft;
	event_fn *write;
	struct list rows; /* of struct archive_picture */
};

static enum err attach(struct tx *tx, void *arg)
{
	struct attachment *attachment = arg;
	enum err e = attachment->write(tx, &attachment->draft);

	return e ? e : archive_pictures_insert(tx->db, &attachment->rows);
}

static enum err rows_list(struct attachment *attachment, struct arena *arena,
			  struct archive_picture **of, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct archive_picture *row =
			list_add(&attachment->rows, arena, sizeof(struct archive_picture));

		if (!row)
			return ERR_MEMORY;
		*row = *of[i];
	}
	return OK;
}

static enum err first_fault(enum err e, const struct problems *problems)
{
	return problems->items.count ? LIST_ITEM(problems->items, struct problem, 0)->code : e;
}

static void pictures_refuse(struct archive_picture **of, size_t count, enum err e)
{
	for (size_t i = 0; i < count; i++)
		if (of[i]->outcome == ENTRY_ATTACHED && !of[i]->settled)
			refuse(of[i], e);
}

/* What was attached stays so; why its draft was not handed in stands beside it. */
static void pictures_remark(struct archive_picture **of, size_t count, enum err e)
{
	for (size_t i = 0; i < count; i++)
		if (of[i]->outcome == ENTRY_ATTACHED)
			of[i]->problem = text_of(err_info(e)->code);
}

static bool any_attached(struct archive_picture **of, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++)
		any |= of[i]->outcome == ENTRY_ATTACHED;
	return any;
}

/* The first that images_add took; there is one. */
static struct id first_new(struct archive_picture **of)
{
	size_t i = 0;

	while (of[i]->outcome != ENTRY_ATTACHED || of[i]->settled)
		i++;
	return of[i]->image;
}

/* Under the first new picture's key: a run after a crash knows what is settled by its rows. */
static enum err pictures_attach(struct work *work, struct step *step, struct archive_picture **of,
				size_t count, struct attachment *attachment)
{
	struct product_head head = { .version = 0 };
	struct product_revision newest = { .version = 0 };
	struct draft_work *draft = &attachment->draft;
	size_t added = 0;
	enum err e = newest_read(work, of[0]->product, &head, &newest);

	draft->out.product = of[0]->product;
	draft->out.supplier = work->archive.supplier;
	draft->out.id = head.draft;
	if (!e)
		e = content_again(&newest, step->arena, &draft->given);
	if (!e)
		e = images_add(work, of, count, &draft->given, &added);
	if (e || !added)
		return e;
	attachment->write = id_is_none(head.draft) ? draft_create : draft_change;
	if (id_is_none(head.draft))
		draft->out.id = id_new(clock_now(&step->app->clock));
	e = rows_list(attachment, step->arena, of, count);
	struct text key = key_of(work, "draft", first_new(of));
	if (!e)
		e = key.at ? run_step(step, key, attach, attachment, NULL) : ERR_MEMORY;
	return e;
}

static enum err product_submit_draft(struct work *work, struct step *step,
				     struct archive_picture **of, size_t count,
				     struct draft_work *draft)
{
	struct text key = key_of(work, "submission", draft->out.product);
	enum err e = OK;

	if (work->archive.submit && !id_is_none(draft->out.id) && any_attached(of, count))
		e = key.at ? run_step(step, key, draft_submit, draft, NULL) : ERR_MEMORY;
	if (!is_theirs(e))
		return e;
	pictures_remark(of, count, first_fault(e, step->problems));
	return OK;
}

/* The pictures of one product, in their order. */
static enum err product_take(struct work *work, struct archive_picture **of, size_t count)
{
	struct step step = work->run->step;
	struct problems problems = { .arena = step.arena };
	struct attachment attachment = {
		.draft = { .reference = &work->reference, .seen = INT_NONE },
	};

	step.problems = &problems;
	attachment.draft.view = view_borrow(step.app);
	enum err e = pictures_attach(work, &step, of, count, &attachment);
	if (is_theirs(e)) {
		pictures_refuse(of, count, first_fault(e, &problems));
		e = OK;
	} else if (!e) {
		e = product_submit_draft(work, &step, of, count, &attachment.draft);
	}
	view_return(step.app, attachment.draft.view);
	return e;
}

static enum err products_take(struct work *work)
{
	struct arena *arena = work->run->step.arena;
	size_t count = 0;
	struct archive_picture **order =
		arena_take(arena, (work->pictures.count + 1) * sizeof(*order));
	enum err e = order ? OK : ERR_MEMORY;

	for (size_t i = 0; i < work->pictures.count && !e; i++) {
		struct archive_picture *picture =
			LIST_ITEM(work->pictures, struct archive_picture, i);

		if (picture->outcome != ENTRY_REFUSED)
			order[count++] = picture;
	}
	if (!e)
		qsort(order, count, sizeof(*order), by_product);
	for (size_t at = 0, next; at < count && !e; at = next) {
		next = at + 1;
		while (next < count && id_equal(order[next]->product, order[at]->product))
			next++;
		e = product_take(work, order + at, next - at);
	}
	return e;
}

/* ---- the report ------------------------------------------------------------------------------ */

static enum err archive_finish(struct tx *tx, void *arg)
{
	struct work *work = arg;
	struct image_archive *archive = &work->archive;
	enum err e = archive_pictures_insert(tx->db, &work->pictures);

	archive->ended_at = tx->now;
	archive->attached = archive->repeated = archive->refused = 0;
	for (size_t i = 0; i < work->pictures.count; i++) {
		int32_t outcome = LIST_ITEM(work->pictures, struct archive_picture, i)->outcome;

		archive->attached += outcome == ENTRY_ATTACHED;
		archive->repeated += outcome == ENTRY_REPEATED;
		archive->refused += outcome == ENTRY_REFUSED;
	}
	if (!e)
		e = image_archive_end(tx->db, archive);
	return e ? e
		 : audit_event(tx, &(struct audit_note){ .kind = "image_archive.ended",
							 .object = archive->id,
							 .fields = image_archive_fields,
							 .field_count = image_archive_field_count,
							 .after = archive });
}

static enum err work_do(struct work *work)
{
	struct step *step = &work->run->step;
	enum err e = archive_open(buffer_text(&work->file), step->arena, &work->entries);

	if (is_theirs(e)) {
		work->archive.state = ARCHIVE_REFUSED;
		work->archive.problem = text_of(err_info(e)->code);
		return OK;
	}
	work->archive.state = ARCHIVE_DONE;
	work->reference.day = day_of(clock_now(&step->app->clock));
	if (!e)
		e = pictures_list(work);
	if (!e)
		e = products_find(work);
	if (!e)
		e = settled_read(work);
	if (!e)
		e = pictures_take(work);
	if (!e)
		e = county_list_on(step->db, work->reference.day, step->arena,
				   &work->reference.counties);
	if (!e)
		e = category_list_on(step->db, work->reference.day, step->arena,
				     &work->reference.categories);
	return e ? e : products_take(work);
}

enum err image_archive_job(struct job_run *run)
{
	struct work work = { .run = run };
	struct step *step = &run->step;
	enum err e = image_archive_read(step->db, step->arena, NO_ID, run->job.id, &work.archive);

	if (e || work.archive.state != ARCHIVE_QUEUED)
		return e;
	e = file_read_into(step->db, step->arena, &step->actor, work.archive.file, &work.file);
	if (!e)
		e = work_do(&work);
	buffer_free(&work.file);
	return e ? e
		 : run_step(step, key_of(&work, "end", work.archive.id), archive_finish, &work,
			    NULL);
}

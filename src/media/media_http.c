/*
 * Pictures over HTTP: the supplier's own, and bytes for everybody. What everybody may see is known
 * by the digest of its bytes, never changes, and may be kept for ever; a page made of it would run
 * nothing.
 */
#include "media_rows.h"

/* ---- uploads --------------------------------------------------------------------------------- */

static bool is_picture_type(struct text content_type)
{
	struct text type = text_trim(text_cut(&content_type, ';'));
	bool is = text_equal_fold(type, TEXT("application/octet-stream"));

	for (size_t i = 0; image_media[i]; i++)
		is |= text_equal_fold(type, text_of(image_media[i]));
	return is;
}

/* The type that the client says must be a picture's, or of bytes that are not told; which one, the
 * bytes say. */
static enum err content_check(const struct req *rq, struct image_head *head)
{
	if (!is_picture_type(rq->content_type))
		return ERR_IMAGE_TYPE;
	if (!rq->body.size)
		return ERR_FILE_EMPTY;
	return image_head_read(rq->body, head);
}

static enum err image_explain(struct req *rq, struct image *image)
{
	const struct problem problem = { .code = image->problem.at ? err_named(image->problem)
								   : OK };

	return problem.code ? problem_text(&problem, rq->language, rq->arena, &image->reason) : OK;
}

static enum err post_image(struct req *rq)
{
	struct image_head head;
	struct image_intake intake = {
		.image = { .id = id_new(rq->now),
			   .supplier = rq->actor.organisation,
			   .user = rq->actor.user,
			   .created_at = rq->now },
		.content = rq->body,
	};
	enum err e = content_check(rq, &head);

	if (e)
		return e;
	intake.media = image_media[head.type];
	return upload_refused(
		rq, run_event(rq, image_upload, &intake, image_fields, image_field_count));
}

/* ---- the supplier's own ---------------------------------------------------------------------- */

struct image_query {
	struct page page;
};
static const struct field image_query_fields[] = { PAGE_FIELDS(image_query) };

static struct text image_cursor(struct arena *arena, const void *row)
{
	const struct image *image = row;

	return page_cursor_id(arena, image->id);
}

static enum err get_images(struct req *rq)
{
	struct image_query query = { 0 };
	struct list images = { 0 };
	struct id after;
	enum err e =
		page_read_id(rq, image_query_fields, COUNT_OF(image_query_fields), &query, &after);
	int64_t limit = page_limit(&query.page);

	if (!e)
		e = image_list(rq->db, rq->arena, rq->actor.organisation, after, limit + 1,
			       &images);
	if (!e)
		e = renditions_read(rq->db, rq->arena, images.at, images.count);
	for (size_t i = 0; i < images.count && !e; i++)
		e = image_explain(rq, LIST_ITEM(images, struct image, i));
	return e ? e
		 : reply_page(rq, image_fields, image_field_count, sizeof(struct image), &images,
			      limit, image_cursor);
}

static enum err get_image(struct req *rq)
{
	struct image image = { 0 };
	enum err e = image_read(rq->db, rq->arena, rq->actor.organisation, req_path_id(rq, "id"),
				&image);

	if (!e)
		e = renditions_read(rq->db, rq->arena, &image, 1);
	if (!e)
		e = image_explain(rq, &image);
	return e ? e : reply_fields(rq, image_fields, image_field_count, &image);
}

static enum err delete_image(struct req *rq)
{
	struct image_removal removal = { .id = req_path_id(rq, "id"),
					 .supplier = rq->actor.organisation };

	return run_event(rq, image_remove, &removal, NULL, 0);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static enum err content_reply(struct req *rq, const struct media_content *content,
			      struct text caching)
{
	struct buffer body = { .max = FILE_CHUNK_SIZE };
	enum err e = reply_header(rq, "Cache-Control", caching);

	if (!e)
		e = reply_header(rq, "Content-Security-Policy",
				 TEXT("default-src 'none'; sandbox"));
	if (!e)
		e = reply_digest(rq, content->digest);
	buffer_add(&body, content->content);
	if (!e)
		e = reply_body(rq, arena_string(rq->arena, content->media_type), &body);
	buffer_free(&body);
	return e;
}

static enum err get_media(struct req *rq)
{
	struct digest digest;
	struct text hex = req_path_text(rq, "digest");
	struct media_content content = { 0 };

	if (hex.size != 2 * DIGEST_SIZE || !hex_parse(hex, digest.bytes, DIGEST_SIZE))
		return ERR_NOT_FOUND;
	enum err e =
		media_public(rq->db, rq->arena,
			     (struct text){ (const char *)digest.bytes, DIGEST_SIZE }, &content);
	return e ? e : content_reply(rq, &content, TEXT("public, max-age=31536000, immutable"));
}

/* Whose goods a reviewer decides on is in the scope of the authority. */
static enum err may_see(struct req *rq, struct id supplier)
{
	bool covers = id_equal(supplier, rq->actor.organisation);
	enum err e = OK;

	if (!covers)
		e = scope_covers_supplier(rq->db, &rq->actor.scope, supplier, &covers);
	return e ? e : covers ? OK : ERR_NOT_FOUND;
}

static enum err get_rendition(struct req *rq)
{
	struct id id = req_path_id(rq, "id");
	int size = word_find(rendition_words, req_path_text(rq, "size"));
	struct media_content content = { 0 };
	struct image image = { 0 };

	if (size < 0)
		return ERR_NOT_FOUND;
	enum err e = image_read(rq->db, rq->arena, NO_ID, id, &image);
	if (!e)
		e = may_see(rq, image.supplier);
	if (!e)
		e = media_own(rq->db, rq->arena, id, size, &content);
	return e ? e : content_reply(rq, &content, TEXT("private, no-cache"));
}

const struct route media_routes[] = {
	{ .method = HTTP_POST,
	  .path = "/api/v1/supplier/images",
	  .handle = post_image,
	  .roles = MAY_KEEP_CATALOGUE,
	  .runs = ON_WORKER,
	  .body_max = FILE_SIZE_MAX,
	  .media = "*",
	  .success = 202,
	  .rate = RATE_REPORT },
	{ .method = HTTP_GET,
	  .path = "/api/v1/supplier/images",
	  .handle = get_images,
	  .roles = MAY_KEEP_CATALOGUE,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/supplier/images/{id}",
	  .handle = get_image,
	  .roles = MAY_KEEP_CATALOGUE,
	  .runs = ON_WORKER },
	{ .method = HTTP_DELETE,
	  .path = "/api/v1/supplier/images/{id}",
	  .handle = delete_image,
	  .roles = MAY_KEEP_CATALOGUE,
	  .runs = ON_WORKER,
	  .success = 204 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/images/{id}/{size:word}",
	  .handle = get_rendition,
	  .roles = MAY_SEE_PICTURES,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/media/{digest:word}",
	  .handle = get_media,
	  .roles = ROLES_PUBLIC,
	  .runs = ON_WORKER },
};
const size_t media_route_count = COUNT_OF(media_routes);

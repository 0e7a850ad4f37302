/* The pages of a supplier's imports that know nothing of catalogues but their kind. */
#include "catalogue_rows.h"
#include "import_rules.h"

enum err post_import_preview(struct req *rq)
{
	return import_preview_post(rq, &catalogue_import);
}

enum err get_import_headers(struct req *rq)
{
	return import_headers_get(rq, &catalogue_import);
}

enum err delete_import_header(struct req *rq)
{
	return import_header_delete(rq, &catalogue_import);
}

enum err get_import_rows(struct req *rq)
{
	return import_rows_get(rq, &catalogue_import);
}

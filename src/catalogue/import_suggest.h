/* Names that a cell may have meant. Pure, but for the last. */
#ifndef CATALOGUE_IMPORT_SUGGEST_H
#define CATALOGUE_IMPORT_SUGGEST_H

#include "import_rules.h"

/* Counties whose goods are sold here, categories that take goods; @cell after cell_fold. */
void suggest_counties(const struct list *counties, struct text cell, struct near_names *out);
void suggest_categories(const struct list *categories, struct text cell, struct near_names *out);

/* As import_kind.suggest; *@known becomes the names that it reads. */
enum err import_suggest(struct db *db, struct arena *arena, int32_t today, void **known,
			const struct import_cell_fault *fault, struct near_names *out);

#endif

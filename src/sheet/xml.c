/*
 * The XML of a workbook's parts, by expat. A document type declaration ends the reading at once, so
 * that no entity is ever declared; elements nest a few levels deep; a token that does not end is
 * not waited for.
 */
#include <expat.h>
#include <string.h>

#include "xlsx.h"

enum { DEPTH_MAX = 64, TOKEN_MAX = 1024 * 1024 };

struct xml {
	XML_Parser parser;
	const struct xml_events *events;
	void *context;
	size_t quiet; /* bytes since anything was understood */
	int depth;
	bool enough;
	enum err e;
};

/* Those of spreadsheets and of packages, transitional and strict (ECMA-376). */
static const char *const namespaces[] = {
	"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
	"http://purl.oclc.org/ooxml/spreadsheetml/main",
	"http://schemas.openxmlformats.org/package/2006/relationships",
};

static void stop(struct xml *xml, enum err e)
{
	if (!xml->e)
		xml->e = e;
	XML_StopParser(xml->parser, XML_FALSE);
}

/* "namespace|name" → the name where the namespace is ours. */
static const char *local_name(const char *name)
{
	const char *bar = strrchr(name, '|');

	if (!bar)
		return "";
	for (size_t i = 0; i < COUNT_OF(namespaces); i++)
		if (strlen(namespaces[i]) == (size_t)(bar - name) &&
		    memcmp(namespaces[i], name, (size_t)(bar - name)) == 0)
			return bar + 1;
	return "";
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct xml *xml = context;
	enum err e;

	xml->quiet = 0;
	e = ++xml->depth > DEPTH_MAX
		    ? ERR_XLSX_LIMIT
		    : xml->events->start(xml->context, xml, local_name(name), attributes);
	if (e || xml->enough)
		stop(xml, e);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
	struct xml *xml = context;
	enum err e;

	xml->quiet = 0;
	xml->depth--;
	/* the end of an element that was stopped at its start is told too */
	if (xml->e || xml->enough)
		return;
	e = xml->events->end ? xml->events->end(xml->context, xml, local_name(name)) : OK;
	if (e || xml->enough)
		stop(xml, e);
}

static void XMLCALL on_text(void *context, const XML_Char *at, int size)
{
	struct xml *xml = context;
	enum err e;

	xml->quiet = 0;
	if (xml->e || xml->enough || !xml->events->text)
		return;
	e = xml->events->text(xml->context, (struct text){ at, (size_t)size });
	if (e)
		stop(xml, e);
}

static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system,
			       const XML_Char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(context, ERR_XLSX_UNSAFE);
}

static enum err take_piece(void *context, struct text piece, bool last)
{
	struct xml *xml = context;
	enum XML_Status status;

	if (xml->enough)
		return OK;
	xml->quiet += piece.size;
	if (xml->quiet > TOKEN_MAX)
		return ERR_XLSX_LIMIT;
	status = XML_Parse(xml->parser, piece.at, (int)piece.size, last);
	if (xml->e || xml->enough)
		return xml->e;
	if (status == XML_STATUS_OK)
		return OK;
	return XML_GetErrorCode(xml->parser) == XML_ERROR_NO_MEMORY ? ERR_MEMORY : ERR_XLSX_BROKEN;
}

struct text xml_attribute(const char **attributes, const char *name)
{
	for (size_t i = 0; attributes[i]; i += 2) {
		const char *bar = strrchr(attributes[i], '|');

		if (strcmp(bar ? bar + 1 : attributes[i], name) == 0)
			return text_of(attributes[i + 1]);
	}
	return NO_TEXT;
}

void xml_enough(struct xml *xml)
{
	xml->enough = true;
}

enum err xml_read(struct zip *zip, struct text name, const struct xml_events *events, void *context)
{
	static const XML_Memory_Handling_Suite memory = { memory_take, memory_grow, memory_free };
	struct xml xml = { .events = events, .context = context };
	enum err e;

	xml.parser = XML_ParserCreate_MM(NULL, &memory, "|");
	if (!xml.parser)
		return ERR_MEMORY;
	XML_SetUserData(xml.parser, &xml);
	XML_SetElementHandler(xml.parser, on_start, on_end);
	XML_SetCharacterDataHandler(xml.parser, on_text);
	XML_SetStartDoctypeDeclHandler(xml.parser, on_doctype);
	e = zip_read(zip, name, take_piece, &xml);
	XML_ParserFree(xml.parser);
	return e;
}

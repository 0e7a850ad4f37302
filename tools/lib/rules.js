// The rules that tools/check-source holds the C source to: each is a sentence and a function that tells what breaks it.
'use strict';
const fs = require('fs');
const path = require('path');
const { root } = require('./source.js');

// From the ground up; a module knows only what stands below it.
const FLOORS = [
	['base'],
	['crypto'],
	['db', 'net', 'sheet', 'image'],
	['run'],
	['audit'],
	['import'],
	['identity'],
	['media'],
	['catalogue', 'ledger'],
	['ordering'],
	['fulfilment'],
	['settlement'],
	['reporting'],
	['notify'],
];
const floorOf = (module) => FLOORS.findIndex((floor) => floor.includes(module));
const DOMAIN = new Set(FLOORS.slice(floorOf('audit')).flat());

// The module whose face a public header is.
function faceOf(header) {
	const name = path.basename(header).replace(/\.(h|def)$/, '');
	return { err: 'base', db_values: 'db', permission: 'identity' }[name] || name;
}

// Names that may be said only in some rooms.
const ROOMS = [
	{ what: "MariaDB's names", pattern: /\b(mysql_\w+|MYSQL\w*|mariadb_\w+|my_bool|CR_[A-Z_]+|ER_[A-Z_]+)\b/g,
	  rooms: /^src\/db\// },
	{ what: "libevent's names", pattern: /\b(event_(?:base|new|add|del|free|assign|active|config)\w*|evbuffer\w*|bufferevent\w*|evconnlistener\w*|evutil_\w+|evthread_\w+|evtimer_\w+)\b/g,
	  rooms: /^(src\/(net|run)\/|include\/xiangcai\/(net|run)\.h$)/ },
	{ what: "OpenSSL's names", pattern: /\b(EVP_\w+|RAND_\w+|CRYPTO_\w+|OPENSSL_\w+|OSSL_\w+|SSL_\w+|HMAC_\w+|BIO_\w+|ERR_(?:get_error|error_string|clear_error)\w*)\b/g,
	  rooms: /^src\/(crypto\/|net\/tls)/ },
	{ what: "cJSON's names", pattern: /\bcJSON\w*\b/g, rooms: /^src\/base\/json_read\.c$/ },
	{ what: "names of pthread", pattern: /\bpthread_\w+\b/g, rooms: /^src\/run\// },
	{ what: 'memory that is not taken by memory_take', pattern: /\b(malloc|calloc|realloc|free|strdup|strndup|asprintf|vasprintf)\s*\(/g,
	  rooms: /^src\/base\// },
	{ what: 'BEGIN and COMMIT', pattern: /\bdb_(begin|commit)\s*\(/g, rooms: /^(src\/(db|run)\/|include\/xiangcai\/db\.h$)/ },
	{ what: 'a banned function', pattern: /\b(v?sprintf|strcpy|strcat|strncpy|strncat|strtok|atoi|atol|atoll|strtol|strtoul|strtoll|gmtime|localtime|ctime|asctime|rand|srand|random|alloca|gets|scanf|sscanf|setjmp|longjmp)\s*\(/g,
	  rooms: /^$/ },
];

const INCLUDE = /^\s*#\s*include\s*(["<])([^">]+)[">]/;

function floors(source, fault) {
	const own = source.name.startsWith('include/') ? faceOf(source.name) : source.module;
	for (const directive of source.directives) {
		const match = INCLUDE.exec(directive.text);
		if (!match || match[1] !== '"') continue;
		const header = match[2];
		if (!header.startsWith('xiangcai/')) {
			const beside = path.join(root, path.dirname(source.name), header);
			if (header.includes('..') || !fs.existsSync(beside))
				fault(directive.at, `${header} is another room's private header`);
			continue;
		}
		const face = faceOf(header);
		if (own === null || face === own) continue;
		if (floorOf(face) < 0) fault(directive.at, `${header} is on no floor`);
		else if (floorOf(face) >= floorOf(own)) fault(directive.at, `${own} does not stand on ${face}`);
	}
}

function rooms(source, fault) {
	for (const { what, pattern, rooms: allowed } of ROOMS) {
		if (allowed.test(source.name)) continue;
		for (const match of source.code.matchAll(pattern))
			fault(match.index, `${match[0].replace(/\s*\($/, '')}: ${what} stand elsewhere`);
	}
}

const SQL_TEXT = /^\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP|TRUNCATE|WITH|CALL|LOCK|SET|START)\s+\S/;

function sqlRoom(source, fault) {
	if (/_sql\.c$/.test(source.name) || source.name.startsWith('src/db/')) return;
	for (const { at, text } of source.texts)
		if (SQL_TEXT.test(text)) fault(at, `SQL stands in *_sql.c: "${text.slice(0, 30)}"`);
}

function statusRoom(source, fault) {
	if (!DOMAIN.has(source.module) || /_(http|routes)\.c$/.test(source.name)) return;
	for (const match of source.code.matchAll(/\b(?:status|success)\b[^;\n<>]{0,20}\b([2-5]\d\d)\b/g))
		fault(match.index, `${match[1]}: statuses of HTTP stand in *_http.c and err.def`);
}

// Whether a declaration makes something that can change: not a function, not a type, not constant to its last star.
function makesVariable(head) {
	let declarator = head;
	for (let inner = null; inner !== declarator; ) { // what a type of its own holds says nothing
		inner = declarator;
		declarator = declarator.replace(/\{[^{}]*\}/g, ' ');
	}
	declarator = declarator.split('=')[0].replace(/\s+/g, ' ').trim();
	if (/^(__extension__ )?(extern|typedef|_Static_assert)\b/.test(declarator)) return false;
	if (/^(struct|enum|union)( \w+)?$/.test(declarator) || /\(\s*\*\s*const\b/.test(declarator)) return false;
	if (/\)\s*(__attribute__\s*\(\(.*\)\))?$/.test(declarator) && !/\(\s*\*/.test(declarator)) return false;
	const name = declarator.replace(/(\s*\[[^\]]*\])+$/, '');
	if (!/\w+ \**\w+$|\w+ \*+ ?(const )?\w+$/.test(name) && !/\(\s*\*/.test(name)) return /^static\b/.test(name) && !/\bconst\b/.test(name);
	const lastStar = name.lastIndexOf('*');
	return !/\bconst\b/.test(lastStar < 0 ? name : name.slice(lastStar));
}

function mutableState(source, fault) {
	if (source.name.startsWith('include/')) return;
	for (const piece of source.pieces)
		if (piece.body === null && makesVariable(piece.head) && !/^event_fn\b|_fn\b/.test(piece.head))
			fault(piece.at, `can change, and hangs from nothing: ${piece.head.split('\n')[0].slice(0, 60)}`);
	for (const f of source.functions)
		for (const match of f.body.matchAll(/\bstatic\s+[^;{]*/g))
			if (makesVariable(match[0])) fault(f.bodyAt + match.index, `a static local that can change in ${f.name}`);
}

const FUNCTION_LINES = 80;
const COMPLEXITY = 15;
const FILE_LINES = 700;
const BRANCH = /\b(if|for|while|case)\b|&&|\|\||\?/g;

const complexity = (f) => 1 + (f.body.match(BRANCH) || []).length;

function sizes(source, fault) {
	if (source.lineCount > FILE_LINES) fault(0, `${source.lineCount} lines, more than ${FILE_LINES}`);
	for (const f of source.functions) {
		const lines = f.lastLine - f.line + 1;
		const ways = complexity(f);
		if (lines > FUNCTION_LINES) fault(f.bodyAt, `${f.name} has ${lines} lines, more than ${FUNCTION_LINES}`);
		if (ways > COMPLEXITY) fault(f.bodyAt, `${f.name} has complexity ${ways}, more than ${COMPLEXITY}`);
	}
}

function opening(source, fault) {
	if (!source.text.startsWith('/*')) fault(0, 'opens without a comment that says what it is for');
}

function macros(source, fault) {
	for (const { at, code } of source.directives) {
		const body = /^\s*#\s*define\s+\w+(?:\([^)]*\))?([\s\S]*)/.exec(code);
		const hidden = body && /\b(return|goto|break|continue|for|while|if|switch)\b/.exec(body[1]);
		if (hidden) fault(at, `a macro hides ${hidden[0]}`);
	}
}

function types(source, fault) {
	for (const match of source.code.matchAll(/\btypedef\s+(struct|enum|union)\s+\w*\s*(\{|\w+\s*;)/g)) fault(match.index, 'a type with a second name');
	for (const match of source.code.matchAll(/\bstruct\s+(\w+_t)\b/g)) fault(match.index, `${match[1]}: names in _t are the system's`);
}

const rules = [
	{ name: 'floors', of: /^(src|include)\//, run: floors },
	{ name: 'rooms', of: /^(src|include)\//, run: rooms },
	{ name: 'sql', of: /^src\//, run: sqlRoom },
	{ name: 'status', of: /^src\//, run: statusRoom },
	{ name: 'state', of: /^src\/.*\.c$/, run: mutableState },
	{ name: 'sizes', of: /^src\//, run: sizes },
	{ name: 'opening', of: /^(src|include|tests)\//, run: opening },
	{ name: 'macros', of: /^(src|include)\//, run: macros },
	{ name: 'types', of: /^(src|include)\//, run: types },
];

module.exports = { rules, complexity };

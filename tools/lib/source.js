// Reads C far enough to hold rules against it: comments and texts are told from code, functions and what stands outside them
// are found by their braces. No preprocessor: a macro is seen as it is written.
'use strict';
const fs = require('fs');
const path = require('path');

const root = path.resolve(__dirname, '../..');
const SKIPPED = new Set(['.git', 'build', 'var', 'node_modules', '.cache', 'corpus']);

// All files below @directory (a path from the root) whose names end so, in order.
function filesBelow(directory, ends) {
	const start = path.join(root, directory);
	const found = [];
	const walk = (place) => {
		for (const entry of fs.readdirSync(place, { withFileTypes: true })) {
			const full = path.join(place, entry.name);
			if (entry.isDirectory() && !SKIPPED.has(entry.name)) walk(full);
			else if (entry.isFile() && (!ends || ends.some((end) => entry.name.endsWith(end))))
				found.push(path.relative(root, full));
		}
	};
	if (fs.existsSync(start)) walk(start);
	return found.sort();
}

// What begins at @text[i]: how it ends, and what it is.
const QUOTED = [
	{ open: '/*', kind: 'comment', end: /\*\//g },
	{ open: '//', kind: 'comment', end: /(?=\n)|$/g },
	{ open: '"', kind: 'text', end: /(?<!\\)(?:\\\\)*"/g },
	{ open: "'", kind: 'character', end: /(?<!\\)(?:\\\\)*'/g },
];

// @text with comments, texts and characters blanked (line breaks stay), and the texts with their places.
function blank(text) {
	const texts = [];
	let code = '';
	let i = 0;
	while (i < text.length) {
		const quoted = QUOTED.find((q) => text.startsWith(q.open, i));
		if (!quoted) {
			code += text[i++];
			continue;
		}
		quoted.end.lastIndex = i + quoted.open.length;
		const match = quoted.end.exec(text);
		const end = match ? match.index + match[0].length : text.length;
		const piece = text.slice(i, end);
		if (quoted.kind === 'text') texts.push({ at: i, text: piece.slice(1, -1) });
		const keep = quoted.kind === 'comment' ? '' : piece[0];
		code += keep + piece.slice(keep.length, piece.length - keep.length).replace(/[^\n]/g, ' ') + keep;
		i = end;
	}
	return { code, texts };
}

// The line, from 1, of a place in the text.
function lineOf(starts, at) {
	let low = 0;
	let high = starts.length;
	while (high - low > 1) {
		const middle = (low + high) >> 1;
		if (starts[middle] <= at) low = middle;
		else high = middle;
	}
	return low + 1;
}

// What stands outside all braces, one piece a declaration or definition: { head, at, body, bodyAt }; @body is what
// its last braces hold when nothing but a semicolon follows them.
function outerPieces(code) {
	const pieces = [];
	let depth = 0;
	let from = 0;
	let open = -1;
	const close = (end, body, bodyAt) => {
		const head = code.slice(from, body === null ? end : bodyAt);
		const skip = head.length - head.trimStart().length;
		if (head.trim()) pieces.push({ head: head.trim(), at: from + skip, body, bodyAt });
		from = end + 1;
	};
	for (let i = 0; i < code.length; i++) {
		const c = code[i];
		if (c === '{') {
			if (depth++ === 0) open = i;
		} else if (c === '}') {
			if (--depth === 0) {
				const isFunction = /\)\s*$/.test(code.slice(from, open));
				if (isFunction) close(i, code.slice(open, i + 1), open);
			}
		} else if (c === ';' && depth === 0) {
			close(i, null, -1);
		}
	}
	return pieces;
}

// One source file with all that the rules ask of it.
function readSource(name) {
	const text = fs.readFileSync(path.join(root, name), 'utf8');
	const { code, texts } = blank(text);
	// Lines of the preprocessor are blanked for the pieces, and kept apart with their continuations.
	const directives = [];
	const plain = code.replace(/^[ \t]*#(?:.*\\\n)*.*/gm, (directive, at) => {
		directives.push({ at, text: text.slice(at, at + directive.length), code: directive });
		return directive.replace(/[^\n]/g, ' ');
	});
	const starts = [0];
	for (let i = 0; i < text.length; i++) if (text[i] === '\n') starts.push(i + 1);
	const pieces = outerPieces(plain);
	const functions = pieces
		.filter((piece) => piece.body !== null)
		.map((piece) => ({
			name: (/([A-Za-z_]\w*)\s*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*$/.exec(piece.head) || [])[1] || '?',
			line: lineOf(starts, piece.at),
			lastLine: lineOf(starts, piece.bodyAt + piece.body.length - 1),
			body: piece.body,
			bodyAt: piece.bodyAt,
		}));
	const parts = name.split('/');
	const inModule = parts[0] === 'src' && parts.length > 2;
	return {
		name,
		text,
		code: plain,
		texts,
		directives,
		pieces,
		functions,
		module: inModule ? parts[1] : null,
		lineCount: starts.length - (text.endsWith('\n') ? 1 : 0),
		line: (at) => lineOf(starts, at),
	};
}

module.exports = { root, filesBelow, readSource };

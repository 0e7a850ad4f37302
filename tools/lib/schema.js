// What is held of schema/sql: numbers without gaps, and a comment at every table and column.
'use strict';
const fs = require('fs');
const path = require('path');
const { root, filesBelow } = require('./source.js');

const NOT_A_COLUMN = /^(PRIMARY|UNIQUE|KEY|INDEX|CONSTRAINT|FOREIGN|CHECK|FULLTEXT|PERIOD)\b/i;

// The parts of what stands between the parentheses of CREATE TABLE, each with its place.
function partsOf(text, from) {
	const parts = [];
	let depth = 0;
	let quote = false;
	let start = from;
	for (let i = from; i < text.length; i++) {
		const c = text[i];
		if (c === "'") quote = !quote;
		if (quote) continue;
		if (c === '(') depth++;
		else if (c === ')' && depth-- === 0) return { parts: [...parts, { at: start, text: text.slice(start, i) }], end: i + 1 };
		else if (c === ',' && depth === 0) {
			parts.push({ at: start, text: text.slice(start, i) });
			start = i + 1;
		}
	}
	return { parts, end: text.length };
}

const lineAt = (text, at) => text.slice(0, at).split('\n').length;

function checkTables(name, text, fault) {
	for (const match of text.matchAll(/CREATE TABLE (?:IF NOT EXISTS )?(\w+) \(/g)) {
		const { parts, end } = partsOf(text, match.index + match[0].length);
		const tail = text.slice(end, text.indexOf(';', end));
		if (!/\bCOMMENT\b/.test(tail)) fault(name, lineAt(text, match.index), `table ${match[1]} has no comment`);
		for (const part of parts) {
			const body = part.text.trim();
			const at = part.at + part.text.indexOf(body);
			if (body && !NOT_A_COLUMN.test(body) && !/\bCOMMENT '/.test(body))
				fault(name, lineAt(text, at), `column ${match[1]}.${body.split(/\s/)[0]} has no comment`);
		}
	}
}

function checkSchema(fault) {
	filesBelow('schema/sql', ['.sql']).forEach((name, i) => {
		const number = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(path.basename(name));
		if (!number || Number(number[1]) !== i + 1)
			fault(name, 1, `migrations are numbered without gaps: this one should begin with ${String(i + 1).padStart(4, '0')}_`);
		const text = fs.readFileSync(path.join(root, name), 'utf8');
		if (!text.startsWith('-- ')) fault(name, 1, 'opens without a comment that says what it is for');
		checkTables(name, text, fault);
	});
}

module.exports = { checkSchema };

import ts from "typescript";
import { eachNode, listComments, type Source, type Violation, violation } from "./source.ts";

interface Banned {
	readonly pattern: RegExp;
	readonly instead: string;
}

/** Words of our own that a reader would have to translate. The glossary in CONTRIBUTING.md has them all; these can be found by a script. */
export const BANNED: readonly Banned[] = [
	{ pattern: /\b(?:[Ss]ome|[Nn]o|[Aa]ny)body\b/, instead: "the one who is meant: the caller, the owner, no node" },
	{ pattern: /\bwhoever\b/i, instead: "the one who is meant: the caller, the owner, the recipient" },
	{ pattern: /\blet(?:s|ting)? (?:it |them |him )?go\b/i, instead: "release, evict" },
	{ pattern: /\bwalls?\b(?![ -]clock)/i, instead: "isolation layer" },
	{ pattern: /\brooms?\b(?! for| left| there)/i, instead: "module" },
	{ pattern: /\bdoors?\b/i, instead: "transaction wrapper, entry point" },
	{ pattern: /\bpapers\b/i, instead: "documentation" },
	{ pattern: /\bsettl(?:e|es|ed|ing)\b(?! by itself)/i, instead: "aggregate (usage), await the barrier (node)" },
	{ pattern: /\bfold(?:s|ed|ing)?\b/i, instead: "roll up" },
	{ pattern: /\bjudg(?:e|es|ed|ing)\b/i, instead: "validate, assess, decide" },
	{ pattern: /\bverdicts?\b/i, instead: "outcome" },
	{ pattern: /\bmisshapen\b/i, instead: "malformed" },
	{ pattern: /\buntake\b/i, instead: "refund" },
	{ pattern: /\bvisitors?\b/i, instead: "anonymous caller" },
	{ pattern: /\b(?:is|are|was|were|be|being) held (?:to|by|in|until|while)\b/i, instead: "is checked against, is locked by" },
	{ pattern: /\b(?:is|are|was|were|be) told\b/i, instead: "receives, is notified, is returned" },
	{ pattern: /\btold apart\b/i, instead: "distinguished" },
	{ pattern: /\bas it is answered\b/i, instead: "the response" },
	{ pattern: /\bhand(?:s|ed)? on\b/i, instead: "pass on, forward" },
	{ pattern: /\bknock(?:s|ed|ing)?\b/i, instead: "present a key, send a request" },
];

/** Parts of names that the glossary replaces. Not among them are words that public fields and columns have (`told_apart`, `legacy_formats`). */
const BANNED_IN_NAMES =
	/^(?:standing|sole|settle[sd]?|settling|folds?|folding|judge[sd]?|judging|verdicts?|misshapen|untake|visitors?|choices|(?:some|no|any)body|whoever|papers|doors?|walls)$/i;
const NAMED = /^(?:server|client)\/src\//;

const SCOPE = /^(?:server|client|dashboard)\/src\/|^(?:server|client)\/testing\/|^scripts\/|^bench\/|^e2e\/|^examples\//;
/** Texts that quote the words themselves. */
const ALLOWED: readonly string[] = ["scripts/architecture/words.ts", "scripts/architecture/words.test.ts"];

/** The texts of a file: comments, and strings with a space in them. */
function getTexts(source: Source): { position: number; text: string }[] {
	const found = listComments(source);
	eachNode(source, (node) => {
		const is_text =
			ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node) || ts.isJsxText(node);
		if (is_text && /\S \S/.test(node.text)) found.push({ position: node.getStart(source.tree), text: node.text });
	});
	return found;
}

function isDeclaration(node: ts.Node): node is ts.NamedDeclaration {
	return (
		ts.isFunctionDeclaration(node) ||
		ts.isVariableDeclaration(node) ||
		ts.isParameter(node) ||
		ts.isBindingElement(node) ||
		ts.isInterfaceDeclaration(node) ||
		ts.isTypeAliasDeclaration(node) ||
		ts.isClassElement(node) ||
		ts.isPropertySignature(node)
	);
}

/** Names that a file declares use the field's words, as texts do. */
export function checkNames(source: Source): Violation[] {
	if (!NAMED.test(source.path) || source.is_generated || source.is_test) return [];
	const found: Violation[] = [];
	eachNode(source, (node) => {
		if (!isDeclaration(node) || node.name === undefined || !(ts.isIdentifier(node.name) || ts.isPrivateIdentifier(node.name))) return;
		const word = node.name.text.split(/[_#]|(?=[A-Z])/).find((part) => BANNED_IN_NAMES.test(part));
		if (word !== undefined)
			found.push(violation(source, node.name.getStart(source.tree), `the name "${node.name.text}" has "${word}": see the glossary`));
	});
	return found;
}

/** Comments and texts use the field's words. */
export function checkWords(source: Source): Violation[] {
	if (!SCOPE.test(source.path) || source.is_generated || ALLOWED.includes(source.path)) return [];
	return getTexts(source).flatMap(({ position, text }) =>
		BANNED.flatMap(({ pattern, instead }) => {
			const match = pattern.exec(text);
			return match === null ? [] : [violation(source, position, `the word "${match[0]}": ${instead}`)];
		}),
	);
}

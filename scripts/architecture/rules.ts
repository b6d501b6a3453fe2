import ts from "typescript";
import { eachNode, getLineCount, listComments, type Source, type Violation, violation } from "./source.ts";

const LINES_MAX = 250;
const SERVER = "server/src/";
/** A service is a noun of this domain: a back end with a credential of its own. */
const SERVICE_CREDENTIALS = "server/src/access/services/";
const FORBIDDEN_NAMES = new Set(["shared", "common", "utils", "util", "helpers", "helper", "services", "managers"]);
const SQL_MODULES = ["server/src/database/", "server/src/nodes/"];
const SQL_CALLS = new Set(["selectFrom", "insertInto", "updateTable", "deleteFrom", "replaceInto", "mergeInto", "query"]);
const ENVIRONMENT_READER = "server/src/config.ts";
const TIME_READERS = new Set(["server/src/core/clock.ts", "server/src/core/log.ts"]);
const LINK = "server/src/main.ts";
const DIALOGS = "dashboard/src/ui/dialog/";
const CACHE_ROOTS = "dashboard/src/http/cache-roots.ts";
const DIALOG_PARTS = new Set(["Modal", "Drawer", "ModalBase"]);
const CLOCK_PROPERTIES = new Set(["Date.now", "performance.now", "performance.timeOrigin", "process.hrtime", "process.uptime"]);

export type Rule = (source: Source) => Violation[];

/** `a.b` and `a["b"]` as the text `a.b`; null for anything else. */
function dotted(node: ts.Node): string | null {
	if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) return `${node.expression.text}.${node.name.text}`;
	if (ts.isElementAccessExpression(node) && ts.isIdentifier(node.expression) && ts.isStringLiteralLike(node.argumentExpression)) {
		return `${node.expression.text}.${node.argumentExpression.text}`;
	}
	return null;
}

function faults(source: Source, faultOf: (node: ts.Node) => string | null): Violation[] {
	const found: Violation[] = [];
	eachNode(source, (node) => {
		const message = faultOf(node);
		if (message !== null) found.push(violation(source, node.getStart(source.tree), message));
	});
	return found;
}

/** SQL is allowed only in the `store.ts` of a module, in `database/` and `nodes/`, and in tests. */
export const sqlOnlyInStores: Rule = (source) => {
	const may = source.is_test || /(?:^|\/|-)store\.ts$/.test(source.path) || SQL_MODULES.some((module) => source.path.startsWith(module));
	if (may || !source.path.startsWith(SERVER)) return [];
	return faults(source, (node) => {
		if (ts.isTaggedTemplateExpression(node) && /^sql\b/.test(node.tag.getText(source.tree))) return "SQL outside store.ts: sql`…`";
		if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return null;
		const name = node.expression.name.text;
		return SQL_CALLS.has(name) ? `SQL outside store.ts: .${name}(…)` : null;
	});
};

/** The environment is parsed once, in `config.ts`; all other code receives its settings as arguments. */
export const environmentOnlyInConfig: Rule = (source) => {
	if (!source.path.startsWith(SERVER) || source.is_test || source.path === ENVIRONMENT_READER) return [];
	return faults(source, (node) => {
		const imported = ts.isImportSpecifier(node) && (node.propertyName ?? node.name).text === "env";
		const from = imported ? node.parent.parent.parent.moduleSpecifier.getText(source.tree).slice(1, -1) : "";
		if (dotted(node) === "process.env" || from === "node:process" || from === "process")
			return "reads process.env: only config.ts does, take a value as an argument";
		return null;
	});
};

/** Time is read from a `Clock`, so that tests can move it. */
export const timeOnlyFromClock: Rule = (source) => {
	if (!source.path.startsWith(SERVER) || source.is_test || TIME_READERS.has(source.path)) return [];
	return faults(source, (node) => {
		const name = dotted(node);
		if (name !== null && CLOCK_PROPERTIES.has(name)) return `reads time by ${name}: take a Clock as an argument`;
		if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "Date")
			return "reads time by Date(): take a Clock as an argument";
		const isDate = ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "Date";
		return isDate && (node.arguments ?? []).length === 0 ? "reads time by new Date(): take a Clock as an argument" : null;
	});
};

/** A dialog has a name in the list of addresses, which the dashboard's own `Modal` and `Drawer` ask for. */
export const dialogsHaveAddresses: Rule = (source) => {
	if (!source.path.startsWith("dashboard/src/") || source.is_test || source.path.startsWith(DIALOGS)) return [];
	return faults(source, (node) => {
		if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) return null;
		const from = node.moduleSpecifier;
		if (from === undefined || !ts.isStringLiteral(from) || from.text !== "@mantine/core") return null;
		const names = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause;
		if (names === undefined || !(ts.isNamedImports(names) || ts.isNamedExports(names))) return "takes all of @mantine/core: name its parts";
		const parts = names.elements.map(({ name, propertyName }) => (propertyName ?? name).text);
		const part = parts.find((name) => DIALOG_PARTS.has(name.replace(/(?<=.)(?:Root|Content)$/, "")));
		return part === undefined ? null : `${part} of @mantine/core has no address: use ui/dialog/modal.tsx`;
	});
};

/** A query is cached under a root that its noun has in one file, so that a change that invalidates the root misses none. */
export const cacheKeysHaveRoots: Rule = (source) => {
	if (!source.path.startsWith("dashboard/src/") || source.is_test || source.path === CACHE_ROOTS) return [];
	return faults(source, (node) => {
		if (!ts.isPropertyAssignment(node) || !ts.isIdentifier(node.name) || node.name.text !== "queryKey") return null;
		const first = ts.isArrayLiteralExpression(node.initializer) ? node.initializer.elements[0] : undefined;
		return first !== undefined && ts.isStringLiteral(first) ? `the query "${first.text}" has no root: add one to http/cache-roots.ts` : null;
	});
};

/** File names that do not name a part of the domain. */
export const namesSaySomething: Rule = (source) => {
	const parts = source.path.replace(/(?:\.test)?\.[a-z]+$/, "").split("/");
	const name = parts.find((part) => FORBIDDEN_NAMES.has(part) && !source.path.startsWith(SERVICE_CREDENTIALS));
	return name === undefined ? [] : [violation(source, 0, `the name "${name}" says nothing: use a word of the domain`)];
};

export const filesAreShort: Rule = (source) => {
	if (source.is_test || source.is_generated) return [];
	const lines = getLineCount(source);
	return lines > LINES_MAX ? [violation(source, source.text.length, `${lines} lines, more than ${LINES_MAX}: split the file`)] : [];
};

/** An old Node.js runs the target of this link and prints one line; a copy that ends in `.ts` it refuses with a stack. Links are not read as sources. */
export const linksStayLinks: Rule = (source) =>
	source.path === LINK ? [violation(source, 0, `is a file: it must be a symbolic link to main.cjs (git checkout ${LINK})`)] : [];

export const noAny: Rule = (source) =>
	faults(source, (node) => (node.kind === ts.SyntaxKind.AnyKeyword ? "the type any: use unknown and narrow it" : null));

/** A suppression of a check must have a reason. */
export const suppressionsHaveReasons: Rule = (source) =>
	listComments(source).flatMap(({ position, text }) => {
		if (/@ts-(?:ignore|nocheck)\b/.test(text)) return [violation(source, position, "switches the type check off")];
		if (/@ts-expect-error\s*(?:\*\/)?$/.test(text)) return [violation(source, position, "@ts-expect-error without a reason")];
		const ignores = text.match(/biome-ignore(?!-end)[^\n]*/g) ?? [];
		const reasonless = ignores.some((ignore) => !/^biome-ignore(?:-all|-start)?\s[^:]*:\s*(?!<|\*\/)\S/.test(ignore));
		return reasonless ? [violation(source, position, "biome-ignore without a reason")] : [];
	});

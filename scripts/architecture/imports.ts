import { posix } from "node:path";
import ts from "typescript";
import { eachNode, isTestPath, type Source, type Violation, violation } from "./source.ts";

const SERVER = "server/src/";
/** The entry starts the commands, so it stands with them; every other file beside the rooms composes them. */
const ENTRIES: readonly string[] = ["main.ts", "main.cjs"];

interface Import {
	/** Null when it is computed in a way that cannot be read from the source. */
	specifier: string | null;
	position: number;
}

/** The text an import expression begins with: enough to tell a package from a file of ours. */
function beginning(expression: ts.Node | undefined): string | null {
	if (!expression) return null;
	if (ts.isStringLiteralLike(expression)) return expression.text;
	if (ts.isTemplateExpression(expression) && expression.head.text !== "") return expression.head.text;
	if (ts.isBinaryExpression(expression)) return beginning(expression.left);
	return null;
}

/** Static, re-exporting, type-only and dynamic imports of a file. */
function importsOf(source: Source): Import[] {
	const found: Import[] = [];
	const add = (position: number, specifier: ts.Node | undefined): void => {
		found.push({ position, specifier: beginning(specifier) });
	};
	eachNode(source, (node) => {
		const position = node.getStart(source.tree);
		if (ts.isImportDeclaration(node) || (ts.isExportDeclaration(node) && node.moduleSpecifier)) add(position, node.moduleSpecifier);
		else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(position, node.arguments[0]);
		else if (ts.isImportTypeNode(node)) add(position, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined);
	});
	return found;
}

/** The room of a path below `server/src`, or null when its folder is none of `rooms`. */
function roomOf(path: string, rooms: readonly string[]): string | null {
	const [first = "", ...rest] = path.slice(SERVER.length).split("/");
	if (rest.length === 0) return ENTRIES.includes(first) ? "cli" : "app";
	return rooms.includes(first) ? first : null;
}

/** A file of the server imports from its own room and from rooms to its left only; what only tests use stays with the tests. */
export function checkImports(source: Source, rooms: readonly string[]): Violation[] {
	if (!source.path.startsWith(SERVER)) return [];
	const room = roomOf(source.path, rooms);
	if (room === null) {
		const place = source.path.slice(SERVER.length).split("/")[0];
		return [violation(source, 0, `${place} is no room: add its word to ROOMS in scripts/check-architecture.ts, or move the file into a room`)];
	}
	if (source.is_test) return [];
	return importsOf(source).flatMap(({ specifier, position }) => {
		const fault = faultOf(source.path, room, specifier, rooms);
		return fault === null ? [] : [violation(source, position, fault)];
	});
}

function faultOf(from: string, room: string, specifier: string | null, rooms: readonly string[]): string | null {
	if (specifier === null) return "an import whose path is computed cannot be held to the line of rooms: begin it with the package's name";
	if (!specifier.startsWith(".") || specifier.endsWith(".json")) return null;
	const target = posix.join(posix.dirname(from), specifier);
	if (!target.startsWith(SERVER)) return `imports ${target}, outside server/src`;
	if (isTestPath(target)) return `imports ${target}, which only tests may import`;
	const other = roomOf(target, rooms);
	if (other === null) return `imports ${target}, which is in no room`;
	if (rooms.indexOf(other) > rooms.indexOf(room)) return `room ${room} imports ${target} from room ${other}, which is to its right`;
	return null;
}

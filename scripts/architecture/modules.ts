import { posix } from "node:path";
import ts from "typescript";
import { eachNode, isTestPath, type Source, type Violation, violation } from "./source.ts";

/** A package with ordered modules: a file imports from its own module and from modules to its left. */
interface ModuleOrder {
	/** Where its sources are, with a slash at the end. */
	readonly root: string;
	/** Folders below `root`, one or two levels deep; the deepest that holds a file is its module. */
	readonly modules: readonly string[];
	/** The modules of the files that stand beside the folders. */
	readonly files: (name: string) => string;
	/** Files outside `root` that may be imported. */
	readonly outside: RegExp;
}

const SERVER: ModuleOrder = {
	root: "server/src/",
	modules: (
		"core database http outbox nodes audit plans tenants access webhooks usage keys failures exposure verification " +
		"forward-auth documents leaks alerts mailing checklist incidents m2m overview app cli"
	).split(" "),
	// The entry starts the commands; every other file beside the folders composes the modules.
	files: (name) => (name === "main.ts" || name === "main.cjs" ? "cli" : "app"),
	outside: /\.json$/,
};

const DASHBOARD: ModuleOrder = {
	root: "dashboard/src/",
	modules: (
		"http ui access usage plans tenants keys keys/snippets keys/show-once keys/canary handovers keys/create keys/edit keys/revoke " +
		"rotations alerts checklist keys/page keys/list activity tenants/sites tenants/team audit incidents webhooks operator profile app"
	).split(" "),
	files: () => "app",
	outside: /^(?:docs\/|dashboard\/src\/.*\.(?:css|svg)$|.*\.json$)/,
};

const ORDERS: readonly ModuleOrder[] = [SERVER, DASHBOARD];

interface Import {
	/** Null if the specifier is computed. */
	specifier: string | null;
	position: number;
}

/** The beginning of an import expression, which distinguishes a package from a relative path. */
function beginning(expression: ts.Node | undefined): string | null {
	if (!expression) return null;
	if (ts.isStringLiteralLike(expression)) return expression.text;
	if (ts.isTemplateExpression(expression) && expression.head.text !== "") return expression.head.text;
	if (ts.isBinaryExpression(expression)) return beginning(expression.left);
	return null;
}

/** Static, re-exporting, type-only and dynamic imports of a file. */
export function listImports(source: Source): Import[] {
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

/** The path that a relative import of `from` leads to. */
export function resolveTarget(from: string, specifier: string): string {
	return posix.join(posix.dirname(from), specifier.replace(/\?\w+$/, ""));
}

/** The module of a path, or null when its folder is not in the order. */
function getModule(path: string, order: ModuleOrder): string | null {
	const [first = "", second, ...rest] = path.slice(order.root.length).split("/");
	if (second === undefined) return order.files(first);
	const deep = `${first}/${second}`;
	if (rest.length > 0 && order.modules.includes(deep)) return deep;
	return order.modules.includes(first) ? first : null;
}

/** Checks the files of server and dashboard against the order of their modules. */
export function checkImports(source: Source): Violation[] {
	const order = ORDERS.find(({ root }) => source.path.startsWith(root));
	if (!order || source.is_test) return [];
	const own = getModule(source.path, order);
	if (own === null) {
		const folder = posix.dirname(source.path).slice(order.root.length);
		return [violation(source, 0, `${folder} is not a module: add it to its order in scripts/architecture/modules.ts, or move the file`)];
	}
	return listImports(source).flatMap(({ specifier, position }) => {
		const message = invalidImport(source.path, own, specifier, order);
		return message === null ? [] : [violation(source, position, message)];
	});
}

function invalidImport(from: string, own: string, specifier: string | null, order: ModuleOrder): string | null {
	if (specifier === null) return "an import with a computed path cannot be checked: begin it with the package's name";
	if (!specifier.startsWith(".")) return null;
	const target = resolveTarget(from, specifier);
	if (order.outside.test(target)) return null;
	if (isTestPath(target)) return `imports ${target}, which only tests may import`;
	if (!target.startsWith(order.root)) return `imports ${target}, outside ${order.root}`;
	const other = getModule(target, order);
	if (other === null) return `imports ${target}, which is in no module`;
	if (order.modules.indexOf(other) > order.modules.indexOf(own)) return `module ${own} imports ${target} from module ${other}, which is to its right`;
	return null;
}

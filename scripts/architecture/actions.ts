import ts from "typescript";
import { resolveTarget } from "./modules.ts";
import { eachNode, type Source, type Violation, violation } from "./source.ts";

const SERVER = "server/src/";
const ROUTES = /(?:^|\/|-)routes\.ts$/;
/** Compose actions on purpose: the demo tenant is made as a client would make it. */
const COMPOSERS = ["server/src/cli/", "server/src/app/", "server/src/app.ts"];

/** The functions that `run` of a route names: itself, or those that it calls. */
function namedBy(run: ts.Expression): string[] {
	if (ts.isIdentifier(run)) return [run.text];
	const names: string[] = [];
	const visit = (node: ts.Node): void => {
		if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) names.push(node.expression.text);
		ts.forEachChild(node, visit);
	};
	visit(run);
	return names;
}

/** The names that routes give as `run`. */
function getActions(sources: readonly Source[]): Set<string> {
	const names = new Set<string>();
	for (const source of sources) {
		if (!source.path.startsWith(SERVER) || !ROUTES.test(source.path)) continue;
		eachNode(source, (node) => {
			if (!ts.isPropertyAssignment(node) || node.name.getText(source.tree) !== "run") return;
			for (const name of namedBy(node.initializer)) names.add(name);
		});
	}
	return names;
}

/** The files that export an action as a function. */
function getActionFiles(sources: readonly Source[], actions: ReadonlySet<string>): Set<string> {
	const isAction = (statement: ts.Statement) =>
		ts.isFunctionDeclaration(statement) && statement.name !== undefined && actions.has(statement.name.text);
	return new Set(sources.filter(({ path, tree }) => path.startsWith(SERVER) && tree.statements.some(isAction)).map(({ path }) => path));
}

/**
 * Only routes import from the file of an action, types excepted. What two actions need is a guard or a step that takes the transaction, in a file of its
 * own.
 */
export function checkActions(sources: readonly Source[]): Violation[] {
	const files = getActionFiles(sources, getActions(sources));
	return sources.flatMap((source) => {
		const composes = ROUTES.test(source.path) || source.is_test || COMPOSERS.some((composer) => source.path.startsWith(composer));
		if (!source.path.startsWith(SERVER) || composes) return [];
		return source.tree.statements.flatMap((statement) => {
			if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return [];
			if (!files.has(resolveTarget(source.path, statement.moduleSpecifier.text))) return [];
			const names = getValues(statement);
			if (names.length === 0) return [];
			const from = statement.moduleSpecifier.text;
			return [
				violation(
					source,
					statement.getStart(source.tree),
					`imports ${names.join(", ")} from ${from}, the file of an action: share a step or a guard`,
				),
			];
		});
	});
}

function getValues({ importClause }: ts.ImportDeclaration): string[] {
	if (importClause === undefined || importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return [];
	const { namedBindings } = importClause;
	if (namedBindings === undefined || !ts.isNamedImports(namedBindings)) return [];
	return namedBindings.elements.filter((element) => !element.isTypeOnly).map((element) => (element.propertyName ?? element.name).text);
}

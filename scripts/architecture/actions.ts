import ts from "typescript";
import { eachNode, type Source, type Violation, violation } from "./source.ts";

const SERVER = "server/src/";
const ROUTES = /(?:^|\/|-)routes\.ts$/;
/** Compose actions on purpose: the demo tenant is made as a client would make it. */
const COMPOSERS = ["server/src/cli/", "server/src/app/", "server/src/app.ts"];

/** The names that routes give as `run`. */
function actionsOf(sources: readonly Source[]): Set<string> {
	const names = new Set<string>();
	for (const source of sources) {
		if (!source.path.startsWith(SERVER) || !ROUTES.test(source.path)) continue;
		eachNode(source, (node) => {
			if (ts.isPropertyAssignment(node) && node.name.getText(source.tree) === "run" && ts.isIdentifier(node.initializer))
				names.add(node.initializer.text);
		});
	}
	return names;
}

/** An action never imports another action: what two of them need is a step that takes the transaction, or a guard. */
export function checkActions(sources: readonly Source[]): Violation[] {
	const actions = actionsOf(sources);
	return sources.flatMap((source) => {
		const composes = ROUTES.test(source.path) || source.is_test || COMPOSERS.some((composer) => source.path.startsWith(composer));
		if (!source.path.startsWith(SERVER) || composes) return [];
		const found: Violation[] = [];
		eachNode(source, (node) => {
			if (!ts.isImportSpecifier(node)) return;
			const name = (node.propertyName ?? node.name).text;
			if (actions.has(name)) found.push(violation(source, node.getStart(source.tree), `imports the action ${name}: share a step or a guard instead`));
		});
		return found;
	});
}

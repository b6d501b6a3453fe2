import { createRequire } from "node:module";
import { join } from "node:path";

/** The used part of `openapi-typescript`; its nodes are opaque. */
interface OpenApiTypescript {
	default(document: Record<string, unknown>): Promise<unknown>;
	astToString(nodes: unknown): string;
	readonly COMMENT_HEADER: string;
}

/** Guarantee: the version that the lock file pins has these exports. It is the dashboard's dependency, so it is found from there. */
function openApiTypescript(root: string): OpenApiTypescript {
	return createRequire(join(root, "dashboard/package.json"))("openapi-typescript") as OpenApiTypescript;
}

/** The types of every route, for the dashboard's calls: TypeScript of an OpenAPI document. */
export async function renderClientTypes(root: string, document: Record<string, unknown>): Promise<string> {
	const library = openApiTypescript(root);
	return `${library.COMMENT_HEADER}${library.astToString(await library.default(document))}`;
}

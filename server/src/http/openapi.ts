import type { TSchema } from "typebox";
import { isBodyOptional } from "./body.ts";
import type { Access, Route } from "./route.ts";

type AnyRow = Route<never>;

const SECURITY: Record<Access, readonly Record<string, readonly string[]>[]> = {
	public: [],
	key: [{ apiKey: [] }],
	viewer: [{ operatorToken: [] }, { session: [] }],
	admin: [{ operatorToken: [] }, { session: [] }],
	owner: [{ operatorToken: [] }, { session: [] }],
	person: [{ session: [] }],
	operator: [{ operatorToken: [] }, { session: [] }],
	service: [{ serviceCredential: [] }],
};

const REFUSALS: Record<Access, readonly number[]> = {
	public: [404, 503],
	key: [400, 401, 403, 404, 429, 503],
	viewer: [400, 401, 403, 404, 503],
	admin: [400, 401, 403, 404, 409, 429, 503],
	owner: [400, 401, 403, 404, 409, 429, 503],
	person: [400, 401, 403, 409, 429, 503],
	operator: [400, 401, 403, 404, 409, 503],
	service: [400, 401, 503],
};

/** Sign-in and one-time links: these routes verify credentials in the body. */
const REFUSALS_OF_PUBLIC_WRITES = [400, 401, 403, 404, 409, 429, 503];

const PROBLEM = {
	type: "object",
	required: ["type", "title", "status", "detail", "instance", "code", "request_id"],
	properties: {
		type: { type: "string", format: "uri" },
		title: { type: "string" },
		status: { type: "integer" },
		detail: { type: "string", description: "What is wrong and what to do." },
		instance: { type: "string" },
		code: { type: "string", description: "One of a fixed list; never changes its meaning." },
		request_id: { type: "string" },
		errors: { type: "array", items: { type: "object", properties: { pointer: { type: "string" }, detail: { type: "string" } } } },
	},
} as const;

const ANY_BYTES = { schema: { type: "string", format: "binary" } };
const UPLOAD = {
	"multipart/form-data": {
		schema: {
			type: "object",
			required: ["file"],
			properties: { file: { type: "string", format: "binary" }, title: { type: "string" }, category: { type: "string" } },
		},
	},
};

/** The representative of a route with every method or path: OpenAPI requires a specific one. */
const NAMED_METHOD = "get";
const REST = "forwarded_path";

function toMethod(row: AnyRow): string {
	return row.method === "ANY" ? NAMED_METHOD : row.method.toLowerCase();
}

function openPath(path: string): string {
	return path.replace(/:([a-z_0-9]+)/g, "{$1}").replace(/\*$/, `{${REST}}`);
}

function getParameters(row: AnyRow): unknown[] {
	const inPath = [...openPath(row.path).matchAll(/\{([a-z_0-9]+)\}/g)].map(([, name]) => ({
		name,
		in: "path",
		required: true,
		schema: { type: "string" },
	}));
	const required = new Set(row.query?.required ?? []);
	const properties: Record<string, TSchema> = row.query?.properties ?? {};
	const inQuery = Object.entries(properties).map(([name, schema]) => ({ name, in: "query", required: required.has(name), schema }));
	const idempotent =
		row.method === "POST" && row.status === 201
			? [{ name: "Idempotency-Key", in: "header", required: false, schema: { type: "string", maxLength: 255 } }]
			: [];
	return [...inPath, ...inQuery, ...idempotent];
}

function operationId(row: AnyRow): string {
	const words = row.path
		.replace(/^\/api\/v1\//, "")
		.split(/[/.]/)
		.filter((word) => word !== "")
		.map((word) => (word === "*" ? REST : word.startsWith(":") ? `by_${word.slice(1)}` : word.replaceAll("-", "_")));
	return [toMethod(row), ...words].join("_");
}

function getSuccess(row: AnyRow): unknown {
	if (row.output === "none") return { description: "Done; no body." };
	if (row.output === "stream") return { description: "The bytes.", content: { "*/*": ANY_BYTES } };
	const formats = Object.fromEntries(Object.keys(row.formats ?? {}).map((type) => [type, ANY_BYTES]));
	return { description: "Done.", content: { "application/json": { schema: row.output }, ...formats } };
}

function toOperation(row: AnyRow): unknown {
	const asked = row.access === "public" && row.input !== "none" ? REFUSALS_OF_PUBLIC_WRITES : REFUSALS[row.access];
	const limited = row.formats === undefined || asked.includes(429) ? [] : [429];
	const refusals = [...asked, ...limited, ...(row.input === "none" ? [] : [413, 415])].sort();
	const needs = row.permission ? `Needs the permission \`${row.permission}\`.` : row.access === "key" ? "Any key." : `Access: ${row.access}.`;
	return {
		operationId: operationId(row),
		summary: row.summary,
		description: row.method === "ANY" ? `${needs} Every method.` : needs,
		security: SECURITY[row.access],
		parameters: getParameters(row),
		...(row.body ? { requestBody: { required: !isBodyOptional(row), content: { "application/json": { schema: row.body } } } } : {}),
		...(row.input === "upload" ? { requestBody: { required: true, content: UPLOAD } } : {}),
		responses: {
			[row.status]: getSuccess(row),
			...Object.fromEntries(refusals.map((status) => [status, { $ref: "#/components/responses/Problem" }])),
		},
	};
}

/** The OpenAPI 3.1 document of the routes. Deterministic. */
export function buildOpenApi(rows: readonly AnyRow[], info: { version: string }): Record<string, unknown> {
	const paths: Record<string, Record<string, unknown>> = {};
	for (const row of rows) {
		const path = openPath(row.path);
		paths[path] = { ...paths[path], [toMethod(row)]: toOperation(row) };
	}
	return {
		openapi: "3.1.0",
		info: { title: "Keywright", version: info.version, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
		paths,
		components: {
			securitySchemes: {
				apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
				operatorToken: { type: "http", scheme: "bearer" },
				serviceCredential: { type: "http", scheme: "bearer" },
				session: {
					type: "apiKey",
					in: "cookie",
					name: "__Host-kw_session",
					description:
						"Of a signed-in person; `__Host-kw_portal` for who came by a portal link. Without `__Host-` where the public URL is plain HTTP.",
				},
			},
			schemas: { Problem: PROBLEM },
			responses: {
				Problem: {
					description: "Refused (RFC 9457).",
					content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
				},
			},
		},
	};
}

/** Every route and its access, sorted by path. */
export function routesPage(rows: readonly AnyRow[]): string {
	const lines = rows
		.map((row) => [row.method, row.path, row.access, row.permission ?? ""])
		.sort(([aMethod = "", aPath = ""], [bMethod = "", bPath = ""]) => (aPath === bPath ? aMethod.localeCompare(bMethod) : aPath < bPath ? -1 : 1));
	const width = Math.max(...lines.map(([, path = ""]) => path.length));
	return `${lines.map(([method = "", path = "", access = "", permission = ""]) => `${method.padEnd(7)}${path.padEnd(width + 2)}${access.padEnd(10)}${permission}`.trimEnd()).join("\n")}\n`;
}

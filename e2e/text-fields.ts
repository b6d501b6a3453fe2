/** Every text field of the API's JSON bodies, from the generated OpenAPI document: at any depth, in list items, and names and values of maps. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildBody, OPERATIONS, type Operation } from "./operations.ts";
import { ROOT } from "./server.ts";

interface Schema {
	readonly type?: string | readonly string[];
	readonly properties?: Readonly<Record<string, Schema>>;
	readonly required?: readonly string[];
	readonly additionalProperties?: boolean | Schema;
	readonly patternProperties?: Readonly<Record<string, Schema>>;
	readonly items?: Schema;
	readonly anyOf?: readonly Schema[];
	readonly enum?: readonly unknown[];
	readonly const?: unknown;
	readonly minimum?: number;
	readonly writeOnly?: boolean;
	readonly contentMediaType?: string;
}

/** One step into a body: a field name, a list item, or the name or value of a map entry. */
type Step = string | typeof ITEM | typeof ENTRY_NAME | typeof ENTRY_VALUE;
const ITEM = Symbol("item");
const ENTRY_NAME = Symbol("name of an entry");
const ENTRY_VALUE = Symbol("value of an entry");
const ENTRY = "entry";

export interface TextField {
	readonly operation: Operation;
	/** For display: `/labels/{name}`, `/rules/0/note`. */
	readonly name: string;
	/** The last field name of the path. */
	readonly field: string;
	/** JSON pointer of the containing object or list; a refusal points there or below. */
	readonly pointer: string;
	/** A password, a token or a raw key, which is stored only as a digest or not at all. */
	readonly is_secret: boolean;
	/** The content of a document, which may be any text. */
	readonly is_content: boolean;
	/** A body that is valid except for this text. */
	readonly body: (text: string) => unknown;
}

function getTypes({ type, properties, items }: Schema): readonly string[] {
	if (type !== undefined) return typeof type === "string" ? [type] : type;
	return properties ? ["object"] : items ? ["array"] : [];
}

function makeSample(schema: Schema): unknown {
	if (schema.const !== undefined) return schema.const;
	if (schema.enum) return schema.enum[0];
	if (schema.anyOf) return makeSample(schema.anyOf[0] ?? {});
	const [type] = getTypes(schema);
	if (type === "object") return Object.fromEntries((schema.required ?? []).map((name) => [name, makeSample(schema.properties?.[name] ?? {})]));
	if (type === "array") return [];
	if (type === "integer" || type === "number") return schema.minimum ?? 1;
	return type === "boolean" ? true : type === "null" ? null : "sample";
}

function toMap(schema: Schema): Schema | null {
	if (typeof schema.additionalProperties === "object") return schema.additionalProperties;
	return Object.values(schema.patternProperties ?? {})[0] ?? null;
}

function asFields(value: unknown): Record<string, unknown> {
	return value !== null && typeof value === "object" && !Array.isArray(value) ? { ...value } : {};
}

/** `before` with `text` at the end of `steps`; missing parents are created from their schema. */
function put(schema: Schema, before: unknown, steps: readonly Step[], text: string): unknown {
	const [step, ...rest] = steps;
	if (step === undefined) return text;
	for (const inner of schema.anyOf ?? []) if (contains(inner, step)) return put(inner, before, steps, text);
	const base =
		before === undefined || before === null || typeof before !== "object"
			? makeSample({ ...schema, type: getTypes(schema).at(-1) ?? "object" })
			: before;
	if (step === ITEM) return [put(schema.items ?? {}, Array.isArray(before) ? before[0] : undefined, rest, text)];
	if (step === ENTRY_NAME) return { [text]: makeSample(toMap(schema) ?? {}) };
	if (step === ENTRY_VALUE) return { [ENTRY]: put(toMap(schema) ?? {}, undefined, rest, text) };
	const fields = asFields(base);
	return { ...fields, [step]: put(schema.properties?.[step] ?? {}, fields[step], rest, text) };
}

function contains(schema: Schema, step: Step): boolean {
	if (step === ITEM) return schema.items !== undefined;
	if (step === ENTRY_NAME || step === ENTRY_VALUE) return toMap(schema) !== null;
	return schema.properties?.[step] !== undefined;
}

function getName(steps: readonly Step[]): string {
	return steps.map((step) => `/${step === ITEM ? "0" : step === ENTRY_NAME ? "{name}" : step === ENTRY_VALUE ? ENTRY : step}`).join("");
}

function* textsIn(schema: Schema, steps: readonly Step[]): Generator<{ steps: readonly Step[]; schema: Schema }> {
	for (const inner of schema.anyOf ?? []) yield* textsIn(inner, steps);
	if (getTypes(schema).includes("string") && !schema.enum && schema.const === undefined) yield { steps, schema };
	for (const [name, inner] of Object.entries(schema.properties ?? {})) yield* textsIn(inner, [...steps, name]);
	if (schema.items) yield* textsIn(schema.items, [...steps, ITEM]);
	const map = toMap(schema);
	if (map) {
		yield { steps: [...steps, ENTRY_NAME], schema: {} };
		yield* textsIn(map, [...steps, ENTRY_VALUE]);
	}
}

function bodySchemas(): ReadonlyMap<string, Schema> {
	const { paths } = JSON.parse(readFileSync(join(ROOT, "server/openapi.json"), "utf8")) as {
		paths: Record<string, Record<string, { operationId: string; requestBody?: { content: Record<string, { schema: Schema }> } }>>;
	};
	const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
	return new Map(
		operations.flatMap(({ operationId, requestBody }) => {
			const schema = requestBody?.content["application/json"]?.schema;
			return schema ? [[operationId, schema] as const] : [];
		}),
	);
}

function getFields(operation: Operation, whole: Schema): TextField[] {
	return [...textsIn(whole, [])].map(({ steps, schema }) => ({
		operation,
		name: getName(steps),
		field: steps.findLast((step): step is string => typeof step === "string") ?? "",
		pointer: getName(steps.at(-1) === ENTRY_NAME ? steps.slice(0, -1) : steps),
		is_secret: schema.writeOnly === true,
		is_content: schema.contentMediaType !== undefined,
		body: (text) => put(whole, buildBody(operation), steps, text),
	}));
}

const SCHEMAS = bodySchemas();
export const TEXT_FIELDS: readonly TextField[] = OPERATIONS.flatMap((operation) => {
	const schema = SCHEMAS.get(operation.id);
	return schema ? getFields(operation, schema) : [];
});

/** Operations that store nothing: their input describes a request of a third party, which may contain any text. */
const STORES_NOTHING: ReadonlySet<string> = new Set(["post_verify", "post_operator_forward_auth_rules_test"]);

/** Calls of strangers that are always accepted: what is stored of their texts is cleaned (leaks/code-host.test.ts). */
const CLEANED: ReadonlySet<string> = new Set(["post_leak_reports"]);

/** The text fields that are stored unchanged. */
export const STORED_TEXTS = TEXT_FIELDS.filter(({ operation: { id }, is_secret }) => !is_secret && !STORES_NOTHING.has(id) && !CLEANED.has(id));

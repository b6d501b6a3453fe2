import type { Readable } from "node:stream";
import type { Static, TObject, TSchema } from "typebox";

/**
 * Who may call: `public` anybody; `key` an API key; `viewer`, `admin`, `owner` a member of the tenant with at least this role, or the operator;
 * `person` whoever is signed in, of whatever tenant; `operator` the operator, by token or signed in; `service` a service credential.
 */
export type Access = "public" | "key" | "viewer" | "admin" | "owner" | "person" | "operator" | "service";

/** `ANY`: every method that there is; only of rows that are answered without the framework. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "ANY";

/** A body that is not JSON from end to end: bytes with their headers, or nothing. */
export interface StreamOutput {
	readonly stream: Readable;
	readonly headers: Record<string, string>;
}

/** An upload as it comes in: nothing of its body has been read yet. */
export interface Upload {
	readonly content_length: number | null;
	readonly content_type: string;
	/** Throws 408 for a client that is too slow. */
	readonly body: AsyncIterable<Buffer>;
	/** Throws 400 for a text beside the file that must not be stored; `pointer` names its field. */
	readonly assertStorable: (pointer: string, text: string) => void;
}

interface RowBase {
	readonly method: Method;
	/** With `:name` for parameters; parameters are texts and are judged by what they name, not by their shape. */
	readonly path: string;
	readonly access: Access;
	/** For `key` rows: what the key must be allowed to do. */
	readonly permission?: string;
	/** One line for the API reference. */
	readonly summary: string;
	readonly status: number;
	/** For management rows that change something: goes on in a suspended tenant. Reads always do. */
	readonly while_suspended?: true;
	/** For management and operator rows: a person who has not entered the password for an hour has to enter it again. */
	readonly confirm?: true;
	/** For management rows that let people in, or give them more: a portal session needs the word of the product that its person came from (`confirmed`). */
	readonly lets_people_in?: true;
	/** For `key` rows: the action is given the raw key that was presented, which it may keep nowhere. */
	readonly takes_raw_key?: true;
	/** Nothing of the body is stored: it tells of a request of others and may hold what a stored text must not. */
	readonly stores_no_input?: true;
	/** Decides about a key, by the `code` of its answer: counted and logged as a decision, whatever its own status is. */
	readonly decides?: true;
	/** Largest JSON body, when the usual bound is not right. */
	readonly body_bytes_max?: number;
}

/** A route is a row: authorisation, validation, response stripping, OpenAPI and `routes.txt` all come from it. `run` is the action itself. */
export interface Route<C> extends RowBase {
	readonly query?: TObject;
	readonly body?: TObject;
	readonly input: "none" | "json" | "upload";
	readonly output: TSchema | "stream" | "none";
	/** Gets the parameters, the query and the body as one object, validated. */
	readonly run: (context: C, input: Record<string, unknown>) => unknown;
}

type ParametersOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
	? { [K in Name]: string } & ParametersOf<`/${Rest}`>
	: Path extends `${string}:${infer Name}`
		? { [K in Name]: string }
		: unknown;
type StaticOf<S> = S extends TSchema ? Static<S> : unknown;

interface JsonRow<C, Path extends string, Q, B, O extends TSchema | "stream" | "none"> extends RowBase {
	readonly path: Path;
	readonly query?: Q;
	readonly body?: B;
	readonly output: O;
	readonly run: (
		context: C,
		input: ParametersOf<Path> & StaticOf<Q> & StaticOf<B>,
	) => O extends TSchema ? Static<O> | Promise<Static<O>> : O extends "stream" ? Promise<StreamOutput> : void | Promise<void>;
}

/** A row whose input is its parameters, query and JSON body; the types of `run` follow from its schemas. */
export function route<
	C,
	const Path extends string,
	Q extends TObject | undefined = undefined,
	B extends TObject | undefined = undefined,
	O extends TSchema | "stream" | "none" = TSchema,
>(row: JsonRow<C, Path, Q, B, O>): Route<C> {
	return { ...row, input: row.body ? "json" : "none" } as unknown as Route<C>;
}

interface UploadRow<C, Path extends string, O extends TSchema> extends RowBase {
	readonly path: Path;
	readonly output: O;
	readonly run: (context: C, input: ParametersOf<Path> & { upload: Upload }) => Promise<Static<O>>;
}

/** A row that reads a `multipart/form-data` body itself, as a stream, after everything has been checked. */
export function uploadRoute<C, const Path extends string, O extends TSchema>(row: UploadRow<C, Path, O>): Route<C> {
	return { ...row, input: "upload" } as unknown as Route<C>;
}

/** A row that is listed and never mounted: a `DirectRoute` answers, by the head of a request alone. */
export function directRoute(row: RowBase): Route<never> {
	return { ...row, input: "none", output: "none", run: () => undefined };
}

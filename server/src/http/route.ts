import type { Readable } from "node:stream";
import type { Static, TObject, TSchema } from "typebox";
import { assert } from "../core/error.ts";

/**
 * Who may call: `public` everyone; `key` an API key; `viewer`, `admin`, `owner` a member of the tenant with at least this role, or the operator;
 * `person` a signed-in person of any tenant; `operator` the operator, by token or signed in; `service` a service credential.
 */
export type Access = "public" | "key" | "viewer" | "admin" | "owner" | "person" | "operator" | "service";

/** `ANY`: every method; only for routes that bypass the framework. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "ANY";

/** A streamed response body with its headers. */
export interface StreamOutput {
	readonly stream: Readable;
	readonly headers: Record<string, string>;
}

/** Writes the result of a route in another media type than JSON. Gets the same input as `run`. */
export type Format<C, Input> = (context: C, input: Input) => Promise<StreamOutput>;

/** An incoming upload, whose body has not been read yet. */
export interface Upload {
	readonly content_length: number | null;
	readonly content_type: string;
	/** Throws 408 for a client that is too slow. */
	readonly body: AsyncIterable<Buffer>;
	/** Throws 400 for a form field that must not be stored; `pointer` names the field. */
	readonly assertStorable: (pointer: string, text: string) => void;
}

interface RouteBase {
	readonly method: Method;
	/** With `:name` for parameters. Parameters are strings without a schema: an unknown id gets 404, not 400. */
	readonly path: string;
	readonly access: Access;
	/** For `key` routes: what the key must be allowed to do. */
	readonly permission?: string;
	/** One line for the API reference. */
	readonly summary: string;
	readonly status: number;
	/** For management routes with side effects: allowed in a suspended tenant. Reads are always allowed. */
	readonly while_suspended?: true;
	/** For management and operator routes: a person who has not entered the password for an hour has to enter it again. */
	readonly confirm?: true;
	/** For management routes that grant access to people: a portal session must have been created with `confirmed`. */
	readonly lets_people_in?: true;
	/** For `key` routes: the action receives the raw key, which it must not store. */
	readonly takes_raw_key?: true;
	/**
	 * For `key` routes: a right secret that has not ended authorises, also of a key that is paused, has expired or is out of its limits. Nothing is
	 * spent or counted.
	 */
	readonly secret_suffices?: true;
	/** For `key` routes that a key needs once its budgets are used up: to replace or end itself, or to learn why it was refused. */
	readonly spends_no_budget?: true;
	/** The body is not stored, so it may contain secrets: it describes a request of a third party. */
	readonly stores_no_input?: true;
	/** The `code` of the response is a decision about a key: it is counted and logged as one, independent of the HTTP status. */
	readonly decides?: true;
	/** For routes without input: the body, of at most 1 KiB and any media type, is read and ignored. */
	readonly ignores_body?: true;
	/** Maximum JSON body, if it differs from `JSON_BODY_BYTES_MAX`. */
	readonly body_bytes_max?: number;
}

/** Routes that end a rotation: the only changes whose outcome depends on usage. */
type EndsRotation = `${string}/rotat${string}/${"complete" | "cancel"}`;

/**
 * Which `reads_usage` a route may declare. The type keeps aggregation away from all other changes, so that a revocation never waits for it
 * (docs/decisions/0037).
 */
type ReadsUsage<M extends Method, Path extends string> = M extends "GET" ? true : Path extends EndsRotation ? "unless_forced" : never;

/** The declaration of a route: authorisation, validation, response stripping, OpenAPI and `routes.txt` derive from it. `run` is the action. */
export interface Route<C> extends RouteBase {
	readonly query?: TObject;
	readonly body?: TObject;
	readonly input: "none" | "json" | "upload";
	readonly output: TSchema | "stream" | "none";
	/** Usage is aggregated before `run`, so that the response is at most about a second old. `unless_forced`: not with `force` in the body. */
	readonly reads_usage?: true | "unless_forced";
	/** By media type: streams that a client may ask for by `Accept` in place of JSON. */
	readonly formats?: Readonly<Record<string, Format<C, Record<string, unknown>>>>;
	/** Gets the parameters, the query and the body as one object, validated. */
	readonly run: (context: C, input: Record<string, unknown>) => unknown;
}

type ParametersOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
	? { [K in Name]: string } & ParametersOf<`/${Rest}`>
	: Path extends `${string}:${infer Name}`
		? { [K in Name]: string }
		: unknown;
type StaticOf<S> = S extends TSchema ? Static<S> : unknown;

interface JsonRoute<C, M extends Method, Path extends string, Q, B, O extends TSchema | "stream" | "none"> extends RouteBase {
	readonly method: M;
	readonly path: Path;
	readonly reads_usage?: ReadsUsage<M, Path>;
	readonly query?: Q;
	readonly body?: B;
	readonly output: O;
	readonly formats?: Readonly<Record<string, Format<C, ParametersOf<Path> & StaticOf<Q> & StaticOf<B>>>>;
	readonly run: (
		context: C,
		input: ParametersOf<Path> & StaticOf<Q> & StaticOf<B>,
	) => O extends TSchema ? Static<O> | Promise<Static<O>> : O extends "stream" ? Promise<StreamOutput> : void | Promise<void>;
}

/** Declares a route with parameters, query and JSON body; the types of `run` follow from its schemas. */
export function route<
	C,
	const M extends Method,
	const Path extends string,
	Q extends TObject | undefined = undefined,
	B extends TObject | undefined = undefined,
	O extends TSchema | "stream" | "none" = TSchema,
>(declared: JsonRoute<C, M, Path, Q, B, O>): Route<C> {
	return { ...declared, input: declared.body ? "json" : "none" } as unknown as Route<C>;
}

interface UploadRoute<C, Path extends string, O extends TSchema> extends RouteBase {
	readonly path: Path;
	readonly output: O;
	readonly run: (context: C, input: ParametersOf<Path> & { upload: Upload }) => Promise<Static<O>>;
}

/** Declares a route that streams a `multipart/form-data` body after authorisation. */
export function uploadRoute<C, const Path extends string, O extends TSchema>(declared: UploadRoute<C, Path, O>): Route<C> {
	return { ...declared, input: "upload" } as unknown as Route<C>;
}

/** Declares a route that is listed but not mounted: a `DirectRoute` responds, using only the headers of a request. */
export function directRoute(declared: RouteBase): Route<never> {
	return { ...declared, input: "none", output: "none", run: () => undefined };
}

/** The action of a route, after the aggregation of usage where the route declares `reads_usage`. Other routes are not delayed by it. */
export function runAfterUsage<C>(route: Route<C>, run: Route<C>["run"], aggregateUsage: (() => Promise<void>) | undefined): Route<C>["run"] {
	const { reads_usage } = route;
	if (reads_usage === undefined) return run;
	assert(aggregateUsage !== undefined, "a route reads usage, and nothing aggregates it");
	return async (context, input) => {
		if (reads_usage === true || input.force !== true) await aggregateUsage();
		return run(context, input);
	};
}

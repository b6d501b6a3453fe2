import pg from "pg";
import { DEFAULTED_SETTINGS, findDifferingSettings } from "./session.ts";

const CONNECT_TIMEOUT_MS = 5_000;
/** A pooler queues a transaction until a session is free; a wait this long means that no session is available. */
const BEGIN_WITHIN_MS = 3_000;

/** Faults of a connection, as the rest of an error text after a setting's name. They contain no part of the URL. */
const REASONS: Readonly<Record<string, string>> = {
	ENOTFOUND: "the name of its host cannot be resolved: correct the host",
	EAI_AGAIN: "the name of its host cannot be resolved at the moment: correct the host, or check name resolution",
	ECONNREFUSED: "nothing listens at its host and port: start PostgreSQL, or correct them",
	ENOENT: "there is no PostgreSQL socket in its folder: start PostgreSQL, or correct `host`",
	EHOSTUNREACH: "its host cannot be reached: correct the host, or check the network",
	ENETUNREACH: "its network cannot be reached: correct the host, or check the network",
	ECONNRESET: "the connection was reset: check whether PostgreSQL or a pooler listens there, and whether it requires TLS (`?sslmode=require`)",
	"28P01": "the user or the password is incorrect: correct them",
	"28000": "the login is refused: check pg_hba.conf, and whether the user may log in",
	"3D000": "the database does not exist: create it, or correct its name",
	"42501": "the user may not connect to the database: grant connect on it",
	"53300": "PostgreSQL accepts no more connections: raise max_connections, or the limit of the user",
	"55000": "the database accepts no connections: allow them (alter database … allow_connections true)",
	"57P03": "PostgreSQL is starting or shutting down: try again when it is up",
};

function getCode(error: unknown): string {
	return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Why a connection could not be made, and what to do. */
export function connectionFault(error: unknown): string {
	const code = getCode(error);
	const reason = REASONS[code];
	if (reason !== undefined) return reason;
	if (error instanceof Error && /timeout/i.test(error.message))
		return "it does not answer within 5 seconds: correct host and port, or check the network";
	if (error instanceof pg.DatabaseError) return `PostgreSQL refuses the connection (SQLSTATE ${code}): ${error.message}`;
	return `no connection can be made${code === "" ? "" : ` (${code})`}: correct the URL, or check PostgreSQL and the network`;
}

/** Null when the PostgreSQL at `url` accepts connections and writes; else why not, and what to do. */
export async function findConnectionFault(url: string): Promise<string | null> {
	let client: pg.Client;
	try {
		client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
	} catch {
		return "it cannot be read as a URL: percent-encode special characters in user and password";
	}
	client.on("error", () => undefined);
	try {
		await client.connect();
		const { rows } = await client.query<{ read_only: string }>("select current_setting('transaction_read_only') as read_only");
		return rows[0]?.read_only === "on"
			? "PostgreSQL is read-only there (a standby, or default_transaction_read_only): use the address of the primary"
			: null;
	} catch (error) {
		return connectionFault(error);
	} finally {
		await client.end().catch(() => undefined);
	}
}

/** How many of `wanted` transactions can be open on `url` concurrently; 0 if it is unreachable. */
export async function countTransactionsAtOnce(url: string, wanted: number): Promise<number> {
	const clients = Array.from({ length: wanted }, () => new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS }));
	let begun = 0;
	const all = Promise.allSettled(
		clients.map(async (client) => {
			client.on("error", () => undefined);
			await client.connect();
			await client.query("begin");
			begun += 1;
		}),
	);
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, BEGIN_WITHIN_MS);
	});
	await Promise.race([all, late]);
	clearTimeout(timer);
	const found = begun;
	await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
	return found;
}

/** The required settings that sessions do not have by default. */
async function differingSettings(client: pg.Client): Promise<[name: string, needed: string][]> {
	const { rows } = await client.query<{ name: string; value: string }>(
		"select name, current_setting(name) as value from unnest($1::text[]) as name",
		[DEFAULTED_SETTINGS],
	);
	return findDifferingSettings(new Map(rows.map(({ name, value }) => [name, value])));
}

async function withClient<T>(url: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
	const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
	client.on("error", () => undefined);
	try {
		await client.connect();
		return await run(client);
	} finally {
		await client.end().catch(() => undefined);
	}
}

const alterRole = (role: string, name: string, needed: string) =>
	`alter role ${role} in database "%DATABASE%" set ${name} = ${needed
		.split(", ")
		.map((part) => `'${part}'`)
		.join(", ")}`;

/**
 * Sets missing required settings as defaults of the role of `direct_url` in its database: a pooler shares sessions, so
 * settings of one connection do not apply to the next transaction.
 */
export async function setRoleDefaults(direct_url: string): Promise<void> {
	await withClient(direct_url, async (client) => {
		const { rows } = await client.query<{ database: string }>("select current_database() as database");
		const database = (rows[0]?.database ?? "").replaceAll('"', '""');
		for (const [name, needed] of await differingSettings(client))
			await client.query(alterRole("current_user", name, needed).replace("%DATABASE%", () => database));
	});
}

/** PostgreSQL reports changes of these (ParameterStatus), so a pooler restores them for each client connection. */
const FOLLOWED = new Set<string>(["DateStyle", "TimeZone", "standard_conforming_strings"]);

/** Statements for an administrator that set what sessions of the pooler at `url` lack; empty if all settings are right. */
export function findMissingDefaults(url: string): Promise<string[]> {
	return withClient(url, async (client) =>
		(await differingSettings(client))
			.filter(([name]) => !FOLLOWED.has(name))
			.map(([name, needed]) => alterRole("<role>", name, needed).replace('"%DATABASE%"', "<database>")),
	);
}

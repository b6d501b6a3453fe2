import pg from "pg";
import { LOCKS } from "./locks.ts";

/** Roles are cluster-wide: several Keywright databases in one cluster share them. */
export const OWNER_ROLE = "keywright_owner";
export const APP_ROLE = "keywright_app";
export const LOOKUP_ROLE = "keywright_lookup";

const ALREADY_THERE = new Set(["42710", "23505", "42P04"]);

async function createUnlessThere(client: pg.Client, statement: string): Promise<void> {
	try {
		await client.query(statement);
	} catch (error) {
		if (error instanceof pg.DatabaseError && ALREADY_THERE.has(error.code ?? "")) return;
		throw error;
	}
}

async function roleExists(client: pg.Client, name: string): Promise<boolean> {
	const found = await client.query("select 1 from pg_roles where rolname = $1", [name]);
	return found.rowCount === 1;
}

/** Since PostgreSQL 16 the creator of a role is a member of it, but without the SET option. */
const SET_IS_APART_FROM = 160_000;

/** Creates the serving and look-up roles if missing, and grants them to the connected role. Throws an Error with the statements for an administrator. */
export async function ensureServingRoles(client: pg.Client): Promise<void> {
	const version = await client.query<{ server_version_num: string }>("show server_version_num");
	const setApart = Number(version.rows[0]?.server_version_num) >= SET_IS_APART_FROM;
	for (const name of [APP_ROLE, LOOKUP_ROLE]) {
		try {
			if (!(await roleExists(client, name))) await createUnlessThere(client, `create role ${name} nologin`);
			const acting = await client.query<{ ok: boolean }>("select pg_has_role(current_user, $1, $2) as ok", [name, setApart ? "set" : "member"]);
			if (acting.rows[0]?.ok !== true) await client.query(`grant ${name} to current_user${setApart ? " with set true" : ""}`);
		} catch (error) {
			throw new Error(
				`the database role may not create roles; let an administrator run: create role ${APP_ROLE} nologin; create role ${LOOKUP_ROLE} nologin; grant ${APP_ROLE}, ${LOOKUP_ROLE} to <the role of KEYWRIGHT_DATABASE_URL>;`,
				{ cause: error },
			);
		}
	}
}

/** On a dedicated cluster: creates an owner that migrates, a serving role, both with LOGIN, and a database of the owner. */
export async function ensureDatabase(superuserUrl: string, database: string): Promise<void> {
	const client = new pg.Client({ connectionString: superuserUrl });
	await client.connect();
	try {
		await client.query("select pg_advisory_lock($1)", [LOCKS.roles]);
		await createUnlessThere(client, `create role ${OWNER_ROLE} login`);
		await createUnlessThere(client, `create role ${APP_ROLE} login`);
		await client.query(`alter role ${APP_ROLE} login`);
		await createUnlessThere(client, `create role ${LOOKUP_ROLE} nologin`);
		await client.query(`grant ${APP_ROLE}, ${LOOKUP_ROLE} to ${OWNER_ROLE}`);
		await createUnlessThere(client, `create database ${pg.escapeIdentifier(database)} owner ${OWNER_ROLE}`);
	} finally {
		await client.end();
	}
}

import { constants, existsSync } from "node:fs";
import { access, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import type { Config } from "../config.ts";
import { countTransactionsAtOnce, findConnectionFault, findMissingDefaults, setRoleDefaults } from "../database/check-sessions.ts";
import { isInitialised } from "../database/embedded/folder.ts";
import { findPepperFault, isPepperMissing } from "./pepper.ts";

/** Without so many transactions at once a server waits for itself. */
export const TRANSACTIONS_AT_ONCE_LEAST = 4;
/** So much a file takes at least. */
const BLOCK_BYTES = 4_096;

/** What around the server keeps it from starting, all at once: each names its setting and what to do. */
export class StartError extends Error {
	override readonly name = "StartError";

	constructor(faults: readonly string[]) {
		super(`this cannot start:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
	}
}

function codeOf(error: unknown): string {
	return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Why the configured address cannot be listened on, and what to do. */
export function listenFault(error: unknown, { host, port }: Pick<Config, "host" | "port">): string {
	switch (codeOf(error)) {
		case "EADDRINUSE":
			return `KEYWRIGHT_PORT: port ${port} of ${host} is used by another program, or by another Keywright: stop that, or choose another port`;
		case "EACCES":
			return `KEYWRIGHT_PORT: this user may not listen on port ${port}: choose one from 1024 on, and put a proxy in front of it`;
		case "EADDRNOTAVAIL":
			return `KEYWRIGHT_HOST: ${host} is no address of this machine: use one of its own, 127.0.0.1, or 0.0.0.0 for all`;
		case "ENOTFOUND":
		case "EAI_AGAIN":
			return `KEYWRIGHT_HOST: the name ${host} cannot be resolved: use an address such as 127.0.0.1`;
		case "EAFNOSUPPORT":
			return `KEYWRIGHT_HOST: this machine has no network of the kind of ${host}: use 127.0.0.1 or another address of its own`;
		default:
			return `KEYWRIGHT_HOST and KEYWRIGHT_PORT: ${host}:${port} cannot be listened on (${codeOf(error)})`;
	}
}

function findListenFault(config: Config): Promise<string | null> {
	const probe = createServer();
	return new Promise((done) => {
		probe.once("error", (error) => done(listenFault(error, config)));
		probe.listen({ port: config.port, host: config.host }, () => probe.close(() => done(null)));
	});
}

/** Writes a block into a folder that it makes in `folder`, and removes both: permissions alone do not tell of a disk that is read-only or full. */
async function tryWriting(folder: string): Promise<void> {
	const probe = await mkdtemp(join(folder, ".keywright-"));
	try {
		await writeFile(join(probe, "probe"), Buffer.alloc(BLOCK_BYTES, 1));
	} finally {
		await rm(probe, { recursive: true });
	}
}

/** The folder itself, or the first above it that is there. */
async function firstThere(path: string): Promise<string> {
	for (let folder = resolve(path); ; folder = dirname(folder)) {
		try {
			await stat(folder);
			return folder;
		} catch (error) {
			if (codeOf(error) !== "ENOENT" || dirname(folder) === folder) throw error;
		}
	}
}

/** What has all that it needs starts without room, too: keys are verified, and uploads are answered 507. */
function hasWhatItNeeds(config: Config, serves: boolean): boolean {
	if (!existsSync(config.data_dir)) return false;
	if (!serves && config.database_url !== null) return true;
	const has_token = config.operator_token !== null || existsSync(join(config.data_dir, "operator_token"));
	return has_token && !isPepperMissing(config) && (config.database_url !== null || isInitialised(config.data_dir));
}

async function findDataFolderFault(config: Config, serves: boolean): Promise<string | null> {
	const path = resolve(config.data_dir);
	const name = `KEYWRIGHT_DATA_DIR: the folder ${path}`;
	try {
		const folder = await firstThere(path);
		if (!(await stat(folder)).isDirectory()) return `${name} cannot be used, because ${folder} is no folder: choose another`;
		await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
		await tryWriting(folder);
		return null;
	} catch (error) {
		const code = codeOf(error);
		if (code === "ENOTDIR") return `${name} cannot be used, because something above it is no folder: choose another`;
		if (code !== "ENOSPC" && code !== "EDQUOT") return `${name} cannot be written (${code}): let this user own it, or choose another`;
		if (hasWhatItNeeds(config, serves)) return null;
		return `${name} has no room for what a first start makes: the disk is full, or this user's part of it; free some space, or choose another`;
	}
}

async function findDatabaseFaults(config: Config): Promise<string[]> {
	const urls = [
		["KEYWRIGHT_DATABASE_URL", config.database_url],
		["KEYWRIGHT_DATABASE_DIRECT_URL", config.database_direct_url === config.database_url ? null : config.database_direct_url],
	] as const;
	const found = await Promise.all(
		urls.map(async ([name, url]) => {
			const fault = url === null ? null : await findConnectionFault(url);
			return fault === null ? [] : [`${name}: ${fault}`];
		}),
	);
	return found.flat();
}

/** Looks at everything outside that a start needs, before anything is made. Throws StartError with all that is wrong. `serves` is false for commands. */
export async function checkStart(config: Config, serves: boolean): Promise<void> {
	const of_servers = serves ? [findListenFault(config), findPepperFault(config)] : [];
	const found = await Promise.all([...of_servers, findDataFolderFault(config, serves), findDatabaseFaults(config)]);
	const faults = found.flat().filter((fault) => fault !== null);
	if (faults.length > 0) throw new StartError(faults);
}

async function findPoolFault(name: string, url: string): Promise<string | null> {
	const found = await countTransactionsAtOnce(url, TRANSACTIONS_AT_ONCE_LEAST);
	if (found >= TRANSACTIONS_AT_ONCE_LEAST) return null;
	return (
		`${name}: it gives ${found} transactions at once, and ${TRANSACTIONS_AT_ONCE_LEAST} are needed: raise default_pool_size of the pooler ` +
		"(and max_db_connections, max_user_connections) or the connections that the role may have; 25 are used at the most"
	);
}

/** Looks at a database of the operator's that is at this version's schema: enough sessions, with the settings that we rely on. Throws StartError. */
export async function checkSessions(url: string, direct_url: string): Promise<void> {
	if (url !== direct_url) await setRoleDefaults(direct_url);
	const pooled = await findPoolFault("KEYWRIGHT_DATABASE_URL", url);
	const direct = url === direct_url ? null : await findPoolFault("KEYWRIGHT_DATABASE_DIRECT_URL", direct_url);
	const missing = pooled !== null || url === direct_url ? [] : await findMissingDefaults(url);
	const faults = [pooled, direct].filter((fault) => fault !== null);
	if (missing.length > 0)
		faults.push(
			`KEYWRIGHT_DATABASE_URL: sessions of the pooler have other settings than they need; let it connect anew (PgBouncer: RECONNECT), after: ${missing.join("; ")}`,
		);
	if (faults.length > 0) throw new StartError(faults);
}

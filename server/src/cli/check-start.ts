import { constants, existsSync } from "node:fs";
import { access, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { findFileFault } from "../audit/checkpoints/file.ts";
import type { Config } from "../config.ts";
import { countTransactionsAtOnce, findConnectionFault, findMissingDefaults, setRoleDefaults } from "../database/check-sessions.ts";
import { isInitialised } from "../database/embedded/folder.ts";
import { findPepperFault, isPepperMissing } from "./pepper.ts";

/** With fewer concurrent transactions a server can deadlock on its own pool. */
export const TRANSACTIONS_AT_ONCE_LEAST = 4;
/** The smallest allocation of a file system. */
const BLOCK_BYTES = 4_096;

/** Everything in the environment that prevents a start, each with its setting and what to do. */
export class StartError extends Error {
	override readonly name = "StartError";

	constructor(faults: readonly string[]) {
		super(`cannot start:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
	}
}

function getCode(error: unknown): string {
	return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Why the server cannot listen on the configured address, and what to do. */
export function listenFault(error: unknown, { host, port }: Pick<Config, "host" | "port">): string {
	switch (getCode(error)) {
		case "EADDRINUSE":
			return `KEYWRIGHT_PORT: port ${port} of ${host} is used by another program, or by another Keywright: stop it, or choose another port`;
		case "EACCES":
			return `KEYWRIGHT_PORT: this user may not listen on port ${port}: choose one from 1024 on, and put a proxy in front of it`;
		case "EADDRNOTAVAIL":
			return `KEYWRIGHT_HOST: ${host} is not an address of this machine: use one of its addresses, 127.0.0.1, or 0.0.0.0 for all`;
		case "ENOTFOUND":
		case "EAI_AGAIN":
			return `KEYWRIGHT_HOST: the name ${host} cannot be resolved: use an address such as 127.0.0.1`;
		case "EAFNOSUPPORT":
			return `KEYWRIGHT_HOST: this machine does not support the address family of ${host}: use 127.0.0.1 or another of its addresses`;
		default:
			return `KEYWRIGHT_HOST and KEYWRIGHT_PORT: ${host}:${port} cannot be used to listen (${getCode(error)})`;
	}
}

function findListenFault(config: Config): Promise<string | null> {
	const probe = createServer();
	return new Promise((done) => {
		probe.once("error", (error) => done(listenFault(error, config)));
		probe.listen({ port: config.port, host: config.host }, () => probe.close(() => done(null)));
	});
}

/** Writes a block into a temporary folder in `folder`, because permissions do not reveal a read-only or full disk. */
async function tryWriting(folder: string): Promise<void> {
	const probe = await mkdtemp(join(folder, ".keywright-"));
	try {
		await writeFile(join(probe, "probe"), Buffer.alloc(BLOCK_BYTES, 1));
	} finally {
		await rm(probe, { recursive: true });
	}
}

/** The folder itself, or its closest existing parent. */
async function firstThere(path: string): Promise<string> {
	for (let folder = resolve(path); ; folder = dirname(folder)) {
		try {
			await stat(folder);
			return folder;
		} catch (error) {
			if (getCode(error) !== "ENOENT" || dirname(folder) === folder) throw error;
		}
	}
}

/** A server whose database is initialised starts on a full disk too: keys are verified, and uploads get 507. */
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
		if (!(await stat(folder)).isDirectory()) return `${name} cannot be used, because ${folder} is not a folder: choose another`;
		await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
		await tryWriting(folder);
		return null;
	} catch (error) {
		const code = getCode(error);
		if (code === "ENOTDIR") return `${name} cannot be used, because a parent is not a folder: choose another`;
		if (code !== "ENOSPC" && code !== "EDQUOT") return `${name} is not writable (${code}): make this user its owner, or choose another`;
		if (hasWhatItNeeds(config, serves)) return null;
		return `${name} has no space left for a first start: the disk is full, or the quota of this user is used up; free some space, or choose another`;
	}
}

async function findCheckpointFault({ audit_checkpoint_file: path }: Config): Promise<string | null> {
	const fault = path === null ? null : await findFileFault(path, null);
	return fault === null ? null : `KEYWRIGHT_AUDIT_CHECKPOINT_FILE: ${fault}`;
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

/**
 * Checks all preconditions of a start before anything is created. Throws StartError with everything that is wrong. `serves` is false for
 * commands.
 */
export async function checkStart(config: Config, serves: boolean): Promise<void> {
	const of_servers = serves ? [findListenFault(config), findPepperFault(config), findCheckpointFault(config)] : [];
	const found = await Promise.all([...of_servers, findDataFolderFault(config, serves), findDatabaseFaults(config)]);
	const faults = found.flat().filter((fault) => fault !== null);
	if (faults.length > 0) throw new StartError(faults);
}

async function findPoolFault(name: string, url: string): Promise<string | null> {
	const found = await countTransactionsAtOnce(url, TRANSACTIONS_AT_ONCE_LEAST);
	if (found >= TRANSACTIONS_AT_ONCE_LEAST) return null;
	return (
		`${name}: it allows ${found} concurrent transactions, and ${TRANSACTIONS_AT_ONCE_LEAST} are needed: raise default_pool_size of the pooler ` +
		"(and max_db_connections, max_user_connections) or the connection limit of the role; at most 25 are used"
	);
}

/** Checks an external, migrated database: enough sessions, with the required settings. Throws StartError. */
export async function checkSessions(url: string, direct_url: string): Promise<void> {
	if (url !== direct_url) await setRoleDefaults(direct_url);
	const pooled = await findPoolFault("KEYWRIGHT_DATABASE_URL", url);
	const direct = url === direct_url ? null : await findPoolFault("KEYWRIGHT_DATABASE_DIRECT_URL", direct_url);
	const missing = pooled !== null || url === direct_url ? [] : await findMissingDefaults(url);
	const faults = [pooled, direct].filter((fault) => fault !== null);
	if (missing.length > 0)
		faults.push(
			`KEYWRIGHT_DATABASE_URL: sessions of the pooler have the wrong settings; run these statements, then make the pooler reconnect (PgBouncer: RECONNECT): ${missing.join("; ")}`,
		);
	if (faults.length > 0) throw new StartError(faults);
}

// Imports keys of another system, known only by SHA-256, while the server runs: every key works, and a second run changes nothing.
import { hash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inParallel } from "../e2e/client.ts";
import { runProgram, type Server, startServer } from "../e2e/server.ts";
import { expectStatus, makePlan, makeService } from "../e2e/things.ts";

const FORMAT = "acme";
const SECRET_CHARACTERS = 24;
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Byte values below this bound are a multiple of the alphabet's length, so that each character is equally likely. */
const BYTE_MAX = 4 * BASE62.length;
const KEYS_EACH_TENANT = 100;
const MAKERS = 8;
const VERIFIED_AT_ONCE = 32;

export interface ImportFigures {
	readonly keys: number;
	readonly tenants: number;
	readonly import_seconds: number;
	readonly verified: number;
	readonly verify_seconds: number;
	readonly again_seconds: number;
	/** Keys that the second run imported: none. */
	readonly again_imported: number;
}

interface Report {
	readonly new: number;
	readonly imported: number;
	readonly already_there: number;
	readonly refused: number;
}

function newRawKey(): string {
	const bytes = [...randomBytes(2 * SECRET_CHARACTERS)].filter((byte) => byte < BYTE_MAX).slice(0, SECRET_CHARACTERS);
	return bytes.length < SECRET_CHARACTERS ? newRawKey() : `${FORMAT}_${bytes.map((byte) => BASE62.charAt(byte % BASE62.length)).join("")}`;
}

const getTenant = (index: number, tenants: number): string => `t${index % tenants}`;

/** The export of the other system, without raw keys. */
function writeExport(path: string, raw_keys: readonly string[], tenants: number): void {
	const lines = raw_keys.map((raw_key, index) => {
		const sha256 = hash("sha256", raw_key, "buffer").toString(index % 2 === 0 ? "hex" : "base64");
		return `${sha256},${raw_key.slice(0, FORMAT.length + 3)},bot ${index},${getTenant(index, tenants)},prod,Dana`;
	});
	writeFileSync(path, `hash,start,name,tenant_id,environment,owner\n${lines.join("\n")}\n`);
}

async function timed<T>(work: Promise<T>): Promise<{ result: T; seconds: number }> {
	const began = performance.now();
	const result = await work;
	return { result, seconds: Number(((performance.now() - began) / 1_000).toFixed(1)) };
}

/** Runs the import command; throws if it refuses a line. */
async function runImport(server: Server, path: string): Promise<Report> {
	const argv = ["import", path, "--format", FORMAT, "--json"];
	const { code, stdout, stderr } = await runProgram(argv, { KEYWRIGHT_DATA_DIR: server.data_dir });
	if (code !== 0) throw new Error(`the import ended with ${code}: ${stderr}${stdout.slice(0, 1_000)}`);
	return reportIn(stdout);
}

/** Guarantee: the text is the output of `import --json`. */
function reportIn(text: string): Report {
	return JSON.parse(text) as Report;
}

/** Verifies every key over HTTP; throws if one is refused or differs from its line. */
async function verifyAll(server: Server, raw_keys: readonly string[], tenants: number): Promise<number> {
	const { credential } = await makeService(server);
	const decisions = await inParallel(raw_keys.length, VERIFIED_AT_ONCE, async (index) => {
		const answer = await server.verify(credential, { raw_key: raw_keys[index] });
		const { allowed, tenant, key } = answer.json;
		const right =
			answer.status === 200 && allowed === true && nameIn(key, "name") === `bot ${index}` && nameIn(tenant, "id") === getTenant(index, tenants);
		if (!right) throw new Error(`the key of line ${index + 2} was answered ${answer.status} ${answer.text}`);
		return right;
	});
	return decisions.length;
}

function nameIn(thing: unknown, field: string): unknown {
	return typeof thing === "object" && thing !== null ? Object.entries(thing).find(([name]) => name === field)?.[1] : undefined;
}

async function keysOfFormat(server: Server): Promise<number> {
	const answer = expectStatus(await server.operator("GET", "/legacy-formats"), 200);
	return answer.as<{ data: { keys: number }[] }>().data[0]?.keys ?? 0;
}

/** Throws when a key is missing, does not work, or when the second run changes anything. */
export async function measureImport({ keys }: { keys: number }): Promise<ImportFigures> {
	const folder = mkdtempSync(join(tmpdir(), "keywright-bench-import-"));
	const server = await startServer({ env: { KEYWRIGHT_LOG_LEVEL: "error" } });
	try {
		const tenants = Math.max(1, keys / KEYS_EACH_TENANT);
		const plan_id = await makePlan(server);
		const format = { prefix: `${FORMAT}_`, alphabet: "base62", length_min: SECRET_CHARACTERS, length_max: SECRET_CHARACTERS };
		expectStatus(await server.operator("PUT", `/legacy-formats/${FORMAT}`, format), 200);
		await inParallel(tenants, MAKERS, async (index) => {
			expectStatus(await server.operator("PUT", `/tenants/${getTenant(index, tenants)}`, { name: `Tenant ${index}`, plan_id }), 200);
		});
		const raw_keys = Array.from({ length: keys }, newRawKey);
		const path = join(folder, "export.csv");
		writeExport(path, raw_keys, tenants);

		const first = await timed(runImport(server, path));
		if (first.result.imported !== keys) throw new Error(`imported: ${JSON.stringify(first.result)}`);
		const verified = await timed(verifyAll(server, raw_keys, tenants));
		const again = await timed(runImport(server, path));
		const { imported: again_imported, already_there } = again.result;
		const stored = await keysOfFormat(server);
		if (again_imported !== 0 || already_there !== keys || stored !== keys)
			throw new Error(`the second run changed something, ${stored} keys are there: ${JSON.stringify(again.result)}`);
		return {
			...{ keys, tenants, import_seconds: first.seconds, verified: verified.result, verify_seconds: verified.seconds },
			...{ again_seconds: again.seconds, again_imported },
		};
	} finally {
		await server.stop();
		rmSync(folder, { recursive: true, force: true });
	}
}

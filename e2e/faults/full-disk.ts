/** A full disk: uploads get 507, keys are still verified, and everything works again once there is free space. */
import { createWriteStream } from "node:fs";
import { readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { newDataFolder, removeDataFolder } from "../data-folder.ts";
import { type Server, startServer } from "../server.ts";
import { makeWorld } from "../things.ts";
import { buildCreation, keyed, managed, type SomeKey } from "./requests.ts";
import { Findings, type Outcome, rounded, type Scenario, type Settings, until } from "./scenario.ts";
import { Line } from "./wire.ts";

const MIB = 1_048_576;
/** Enough for a few documents. */
const UPLOADS_BYTES = 6 * MIB;
/** Enough for PostgreSQL and little more. */
const DATA_BYTES = 192 * MIB;
const DOCUMENT_BYTES = MIB;
const DOCUMENTS_MAX = 300;
const FULL_MS = 4_000;
const PROBE_EVERY_MS = 5;
const WORKS_AGAIN_WITHIN_MS = 8_000;

interface World {
	readonly server: Server;
	readonly key: SomeKey;
	readonly site_id: string;
	/** The folder on the small disk, as a path outside the server's mount namespace. */
	readonly inside: string;
}

/** Starts a server in a mount namespace in which `folder` is a tmpfs of `bytes`. */
async function startOn(data_dir: string, folder: string, bytes: number): Promise<World> {
	const mount = `mkdir -p "$1" && mount -t tmpfs -o size=${bytes},mode=0700 tmpfs "$1" && shift && exec "$@"`;
	const server = await startServer({
		data_dir,
		prelude: `exec unshare --mount bash -c '${mount}' bash '${folder}' "$@"`,
		env: { KEYWRIGHT_OPERATOR_TOKEN: "operator-token-of-the-faults", KEYWRIGHT_LOG_LEVEL: "silent" },
	});
	const { tenant, site, made } = await makeWorld(server);
	const key = { id: made.id, raw_key: made.raw_key, tenant_id: tenant.id };
	return { server, key, site_id: site.id, inside: join(`/proc/${server.program.pid}/root`, folder) };
}

/** Uploads one document; returns the status and, if it was stored, the id. */
async function upload(world: World): Promise<{ status: number; id: string }> {
	const form = new FormData();
	form.append("file", new Blob([new Uint8Array(DOCUMENT_BYTES).fill(7)]), "filling.bin");
	const url = `${world.server.url}/api/v1/m2m/sites/${world.site_id}/documents`;
	const answer = await fetch(url, { method: "POST", headers: { "x-api-key": world.key.raw_key }, body: form });
	return { status: answer.status, id: idIn(await answer.text()) };
}

function idIn(body: string): string {
	return /"id":"(doc_[0-9A-Za-z]+)"/.exec(body)?.[1] ?? "";
}

async function remove(world: World, document_id: string): Promise<number> {
	const { status } = await world.server.keyed(world.key.raw_key, "DELETE", `/sites/${world.site_id}/documents/${document_id}`);
	return status;
}

/** Writes into `folder` until ENOSPC; returns a function that frees the space. */
async function fill(folder: string): Promise<() => Promise<void>> {
	const path = join(folder, "filling");
	for (const chunk of [MIB, 4_096]) {
		const out = createWriteStream(path, { flags: "a" });
		await new Promise<void>((resolve) => {
			const write = (): boolean => out.write(Buffer.alloc(chunk), (error) => (error ? resolve() : write()));
			out.on("error", () => resolve());
			write();
		});
		out.destroy();
	}
	return () => rm(path);
}

async function getSize(folder: string): Promise<number> {
	const names = await readdir(folder).catch(() => []);
	const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
	return sizes.reduce((sum, size) => sum + size, 0);
}

/** Verifies the key continuously until ended; counts successes and records other responses. */
class Verifying {
	let_in = 0;
	readonly others: number[] = [];
	#going = true;
	readonly #done: Promise<void>;

	constructor(world: World) {
		this.#done = this.#run(world);
		// `end` awaits it; an earlier failure must not be hidden by an unhandled rejection.
		this.#done.catch(() => undefined);
	}

	async end(): Promise<void> {
		this.#going = false;
		await this.#done;
	}

	async #run(world: World): Promise<void> {
		const line = new Line(world.server.port);
		while (this.#going) {
			const { status } = await line.send(keyed(world.key.raw_key));
			if (status === 200) this.let_in += 1;
			else this.others.push(status);
			await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
		}
		line.close();
	}
}

/** Only the documents' folder is on the small disk. It is filled by uploads, then by another writer, then emptied. */
async function uploadsFull(findings: Findings): Promise<Record<string, unknown>> {
	const data_dir = newDataFolder();
	const folder = join(data_dir, "uploads");
	const world = await startOn(data_dir, folder, UPLOADS_BYTES);
	try {
		const verifying = new Verifying(world);
		const stored: string[] = [];
		let last = await upload(world);
		for (; last.status === 201 && stored.length < DOCUMENTS_MAX; last = await upload(world)) stored.push(last.id);
		findings.expect(last.status === 507, () => `uploads: the first that did not fit was answered ${last.status}`);
		findings.expect(stored.length > 1, () => `uploads: only ${stored.length} documents fitted`);
		const [first = "", second = ""] = stored;
		findings.expect((await remove(world, first)) === 204, () => "uploads: a document could not be deleted from the full disk");
		const after_delete = await upload(world);
		findings.expect(after_delete.status === 201, () => `uploads: with free space again the answer was ${after_delete.status}`);
		await remove(world, second);
		const empty = await fill(world.inside);
		const { bavail } = await statfs(world.inside);
		const behind = await upload(world);
		findings.expect(behind.status === 507, () => `uploads: with ${bavail} blocks free the answer was ${behind.status}`);
		const [line, key] = [new Line(world.server.port), world.key];
		const created = await line.send(buildCreation(world.server.operator_token, key.tenant_id, "bot"));
		findings.expect(created.status === 201, () => `uploads: a key could not be created: ${created.status}`);
		line.close();
		await empty();
		findings.expect((await upload(world)).status === 201, () => "uploads: space that another program freed is not used");
		const left = await getSize(join(world.inside, ".incoming"));
		findings.expect(left === 0, () => `uploads: refused uploads left ${left} bytes`);
		await verifying.end();
		findings.expect(
			verifying.others.length === 0,
			() => `uploads: keys were answered ${[...new Set(verifying.others)].join(" ")} while the disk was full`,
		);
		return { documents_stored: stored.length, verified_meanwhile: verifying.let_in };
	} finally {
		await world.server.program.end();
		await removeDataFolder(data_dir);
	}
}

/** Everything is on the small disk, PostgreSQL too, and another program fills it for a while. */
async function everythingFull(findings: Findings): Promise<Record<string, unknown>> {
	const data_dir = newDataFolder();
	const world = await startOn(data_dir, data_dir, DATA_BYTES);
	const { server, key } = world;
	const line = new Line(server.port);
	try {
		const verifying = new Verifying(world);
		findings.expect((await upload(world)).status === 201, () => "everything: an upload failed before the disk was full");
		const empty = await fill(world.inside);
		const full_at = performance.now();
		const statuses: Record<"upload" | "create", number[]> = { upload: [], create: [] };
		while (performance.now() - full_at < FULL_MS) {
			statuses.upload.push((await upload(world)).status);
			statuses.create.push((await line.send(buildCreation(server.operator_token, key.tenant_id, "bot"))).status);
		}
		await empty();
		const freed_at = performance.now();
		findings.expect(
			statuses.upload.every((status) => status === 507),
			() => `everything: uploads were answered ${[...new Set(statuses.upload)].join(" ")}`,
		);
		findings.expect(
			statuses.create.every((status) => [201, 503, 507].includes(status)),
			() => `everything: creations were answered ${[...new Set(statuses.create)].join(" ")}`,
		);
		const again = async () =>
			(await upload(world)).status === 201 && (await line.send(buildCreation(server.operator_token, key.tenant_id, "bot"))).status === 201;
		const works = await until(again, WORKS_AGAIN_WITHIN_MS, 50);
		findings.expect(works, () => `everything: uploads or creations did not work ${WORKS_AGAIN_WITHIN_MS} ms after space was freed`);
		const works_again_ms = rounded(performance.now() - freed_at);
		await verifying.end();
		findings.expect(
			verifying.others.length === 0,
			() => `everything: keys were answered ${[...new Set(verifying.others)].join(" ")} while the disk was full`,
		);
		const complete = await until(async () => (await getUsage(line, world)) >= verifying.let_in, WORKS_AGAIN_WITHIN_MS, 100);
		const counted = await getUsage(line, world);
		findings.expect(complete, () => `everything: ${counted} of ${verifying.let_in} requests are counted`);
		return { works_again_ms, verified_meanwhile: verifying.let_in, uploads_refused: statuses.upload.length };
	} finally {
		line.close();
		await server.program.end();
		await removeDataFolder(data_dir);
	}
}

/** The request counts of the key in the last day. */
async function getUsage(line: Line, { server, key }: World): Promise<number> {
	const { body } = await line.send(managed(server.operator_token, "GET", `/tenants/${key.tenant_id}/api-keys/${key.id}`));
	return Number(/"usage_24h":(\d+)/.exec(body)?.[1] ?? 0);
}

async function runFullDisk(_settings: Settings): Promise<Outcome> {
	const { name } = fullDisk;
	if (process.platform !== "linux" || process.getuid?.() !== 0) {
		const summary = "not run: it needs Linux and root, for a small file system of its own (sudo npm run faults -- full-disk)";
		return { name, summary, figures: {}, broken: process.env.CI === "true" ? [summary] : [] };
	}
	const findings = new Findings();
	const uploads = await uploadsFull(findings);
	const everything = await everythingFull(findings);
	const summary =
		`documents' disk full after ${uploads.documents_stored} uploads: 507, ${uploads.verified_meanwhile} verifications meanwhile, none refused; ` +
		`whole disk full for ${FULL_MS / 1_000} s: ${everything.uploads_refused} uploads 507, ${everything.verified_meanwhile} verifications, none refused, ` +
		`all counted; works again after ${everything.works_again_ms} ms`;
	return { name, summary, figures: { uploads, everything }, broken: findings.broken };
}

export const fullDisk: Scenario = {
	name: "full-disk",
	promise: "on a full disk uploads are 507 and keys are verified; with free space again everything works",
	run: runFullDisk,
};

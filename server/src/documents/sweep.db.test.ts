import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtempSync, rmdirSync, statSync } from "node:fs";
import { mkdir, readFile, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { testLog } from "../../testing/database.ts";
import { type DocumentServer, documentIn, newDocumentId, OTHER_TENANT, startDocumentServer, TENANT } from "../../testing/documents.ts";
import { ManualClock } from "../core/clock.ts";
import { newId } from "../core/id.ts";
import { documentPath, incomingPath } from "./places.ts";
import { deleteTenantFiles, FileSweep, type SweepContext, startSweep, sweepUploads } from "./sweep.ts";

const HOUR_MS = 3_600_000;

let server: DocumentServer;
before(async () => {
	server = await startDocumentServer();
});
after(() => server.close());

/** The time of the file system (ms), whose clock may differ from this process's. */
function filesNow(): number {
	const folder = mkdtempSync(join(tmpdir(), "kw-now-"));
	const { mtimeMs } = statSync(folder);
	rmdirSync(folder);
	return mtimeMs;
}

function sweepContext(ahead_ms = 0): SweepContext {
	return { database: server.database.database, uploads_dir: server.uploads_dir, clock: new ManualClock(filesNow() + ahead_ms), log: testLog };
}

/** The state that a process leaves when it is killed during an upload. */
async function killedUpload(age_seconds: number): Promise<string> {
	const id = newId("upl");
	await server.query("insert into keywright.tenant_storage (tenant_id) values ($1) on conflict do nothing", [TENANT]);
	await server.query("update keywright.tenant_storage set documents = documents + 1, storage_bytes = storage_bytes + 1000 where tenant_id = $1", [
		TENANT,
	]);
	await server.query("insert into keywright.uploads values ($1, $2, 'node_gone', 1000, now() - make_interval(secs => $3))", [
		TENANT,
		id,
		age_seconds,
	]);
	await writeOld(incomingPath(server.uploads_dir, id), age_seconds);
	return id;
}

/** The change time of a file cannot be set, so the tests run the sweep at a later time. */
async function writeOld(path: string, age_seconds: number): Promise<void> {
	await mkdir(dirname(path), { recursive: true });
	await writeFile(path, "orphan");
	const at = filesNow() / 1000 - age_seconds;
	await utimes(path, at, at);
}

test("what killed uploads reserved and wrote is given back after an hour, and at the start of the only process at once", async () => {
	const { id } = await documentIn(await server.upload("stays"));
	const base = await server.remains();
	const young = await killedUpload(3_000);
	await killedUpload(4_000);
	await writeOld(incomingPath(server.uploads_dir, newId("upl")), 4_000);
	await sweepUploads(sweepContext(HOUR_MS + 1_000), 3_600);
	deepEqual(await server.remains(), {
		...base,
		documents: base.documents + 1,
		storage_bytes: base.storage_bytes + 1_000,
		uploads: 1,
		files: [id, young].sort(),
	});
	const loop = await startSweep({ ...sweepContext(1_000), single_node: true });
	await loop.stop();
	deepEqual(await server.remains(), base);
});

test("a start beside other processes leaves their uploads alone", async () => {
	const base = await server.remains();
	const young = await killedUpload(10);
	const loop = await startSweep({ ...sweepContext(), single_node: false });
	await loop.stop();
	const remains = await server.remains();
	equal(remains.uploads, 1);
	ok(remains.files.includes(young));
	await sweepUploads(sweepContext(1_000), 0);
	deepEqual(await server.remains(), base);
});

test("an upload that was given up as dead is not committed, and its counts are not given back twice", async () => {
	const base = await server.remains();
	server.recheck = () => sweepUploads(sweepContext(1_000), 0);
	equal((await server.upload("slow")).status, 503);
	server.recheck = async () => undefined;
	const { files, ...counts } = await server.remains();
	const { files: base_files, ...base_counts } = base;
	deepEqual(counts, base_counts);
	await new FileSweep(sweepContext(HOUR_MS + 1_000)).run();
	deepEqual((await server.remains()).files, base_files);
	ok(files.length <= base_files.length + 1);
});

test("files without a row go after an hour, those with one and young ones stay, in slices that cover everything", async () => {
	for (let number = 0; number < 5; number += 1) await server.upload(`document ${number}`);
	await server.upload("of the other", { headers: { "x-tenant": OTHER_TENANT } });
	const base = await server.remains();
	for (const tenant_id of [TENANT, OTHER_TENANT, TENANT, OTHER_TENANT])
		await writeOld(documentPath(server.uploads_dir, tenant_id, newDocumentId()), 4_000);
	const sweep = new FileSweep(sweepContext());
	equal(await sweep.run(), true);
	equal((await server.remains()).files.length, base.files.length + 4, "too young by the time their place was changed");
	const late = new FileSweep(sweepContext(HOUR_MS + 1_000));
	let runs = 1;
	while (!(await late.run(1))) runs += 1;
	ok(runs > 5, `${runs} slices`);
	deepEqual((await server.remains()).files, base.files);
});

test("files that are not ours, or of tenants this database never had, are left alone", async () => {
	const foreign = documentPath(server.uploads_dir, "tenant-of-another-database", newDocumentId());
	const notes = join(server.uploads_dir, "README");
	await writeOld(foreign, 4_000);
	await writeOld(notes, 4_000);
	await new FileSweep(sweepContext(HOUR_MS + 1_000)).run();
	for (const path of [foreign, notes]) equal(await readFile(path, "utf8"), "orphan");
	await deleteTenantFiles(server.uploads_dir, "tenant-of-another-database");
});

test("all files of a tenant are deleted, and no other tenant's", async () => {
	const { id } = await documentIn(await server.upload("of the other", { headers: { "x-tenant": OTHER_TENANT } }));
	await server.upload("mine");
	await deleteTenantFiles(server.uploads_dir, TENANT);
	const { files } = await server.remains();
	ok(files.includes(id));
	equal(files.length, (await server.remains(OTHER_TENANT)).rows + 1, "and the note of the test before");
	await deleteTenantFiles(server.uploads_dir, "unknown");
});

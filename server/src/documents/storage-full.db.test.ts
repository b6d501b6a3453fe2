import { deepEqual, equal, rejects } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, type TestContext, test } from "node:test";
import { type DocumentServer, rawForm, send, startDocumentServer } from "../../testing/documents.ts";
import { ApiError } from "../core/error.ts";
import { newId } from "../core/id.ts";
import { IncomingFile } from "./incoming.ts";
import { isFull } from "./places.ts";

const SIZE_MB = 2;

interface SmallDisk {
	readonly path: string;
	unmount(): Promise<void>;
}

/** A disk of 2 MB in a mount namespace of a separate process, and accessed through that process, so that nothing is mounted on this machine. */
async function smallDisk(): Promise<SmallDisk | null> {
	return (await mountedBy(["--user", "--map-root-user", "--mount"])) ?? (await mountedBy(["--mount"]));
}

async function mountedBy(namespace: string[]): Promise<SmallDisk | null> {
	const folder = await mkdtemp(join(tmpdir(), "keywright-full-"));
	const script = `mount -t tmpfs -o size=${SIZE_MB}m keywright ${folder} && echo mounted && exec sleep 600`;
	const child = spawn("unshare", [...namespace, "sh", "-c", script], { stdio: ["ignore", "pipe", "ignore"] });
	const ended = new Promise<null>((resolve) => child.once("exit", () => resolve(null)).once("error", () => resolve(null)));
	async function unmount(): Promise<void> {
		child.kill("SIGKILL");
		await ended;
		await rm(folder, { recursive: true, force: true });
	}
	const output = await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended]);
	if (output?.[0] === "mounted") return { path: join(`/proc/${child.pid}/root`, folder, "uploads"), unmount };
	await unmount();
	return null;
}

let disk: SmallDisk | null = null;
let server: DocumentServer;
before(async () => {
	disk = await smallDisk();
	server = await startDocumentServer(disk ? { uploads_dir: disk.path } : {});
});
after(async () => {
	await server.close();
	await disk?.unmount();
});

/** In CI, a machine that cannot mount a disk fails the test instead of skipping it. */
function withoutDisk(context: TestContext): boolean {
	if (disk) return false;
	if (process.env["CI"] === "true") throw new Error("no small disk can be mounted here (unshare --mount): a full disk cannot be tested");
	console.error("NOT TESTED: a full disk. `unshare --mount` with a tmpfs does not work here.");
	context.skip("no small disk can be mounted here");
	return true;
}

const form = rawForm();
const chunked = (bytes: number): Buffer[] => [form.head, ...Array.from({ length: bytes / 50_000 }, () => Buffer.alloc(50_000)), form.tail];

test("writing to a full disk gets 507, and discarding frees the space", async (context) => {
	if (withoutDisk(context) || !disk) return;
	const file = new IncomingFile(disk.path, newId("upl"));
	await file.open();
	const fill = async (): Promise<void> => {
		for (let written = 0; written < 4_000_000; written += 100_000) await file.write(Buffer.alloc(100_000));
	};
	await rejects(fill, (error) => error instanceof ApiError && error.code === "storage_full" && isFull(error.cause));
	await file.discard();
	equal((await server.upload(Buffer.alloc(1_000_000))).status, 201);
});

test("an upload that does not fit on the disk is 507 before it is read, or when it gets there, and leaves nothing", async (context) => {
	if (withoutDisk(context)) return;
	const base = await server.remains();
	equal((await server.upload(Buffer.alloc(3_000_000))).status, 507);
	deepEqual(await server.remains(), base);
	const answer = await send(server.documents_url, { "content-type": form.content_type }, chunked(3_000_000));
	deepEqual([answer.status, answer.body["code"]], [507, "storage_full"]);
	deepEqual(await server.remains(), base);
	const text = {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ title: "t", content: "a".repeat(1_048_576) }),
	};
	equal((await fetch(`${server.documents_url}/text`, text)).status, 507);
	deepEqual(await server.remains(), base);
	equal((await fetch(server.documents_url)).status, 200);
	equal((await server.upload("small ones still fit")).status, 201);
});

test("when the disk fills up behind a running upload's back, it is 507 and leaves nothing", async (context) => {
	if (withoutDisk(context) || !disk) return;
	const base = await server.remains();
	const hog = join(disk.path, "hog");
	let filled = false;
	async function* chunks(): AsyncGenerator<Buffer> {
		for (const chunk of chunked(500_000)) {
			yield chunk;
			if (filled) continue;
			filled = true;
			await writeFile(hog, Buffer.alloc(2_000_000)).catch(() => undefined);
		}
	}
	const size = form.head.length + 500_000 + form.tail.length;
	const answer = await send(server.documents_url, { "content-type": form.content_type, "content-length": String(size) }, chunks());
	deepEqual([answer.status, answer.body["code"]], [507, "storage_full"]);
	await rm(hog, { force: true });
	deepEqual(await server.remains(), base);
});

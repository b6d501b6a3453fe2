import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Answer } from "./client.ts";
import { Database } from "./database.ts";
import { Browser, newMember, newPortalPerson, type Role } from "./people.ts";
import { assertPointer, assertProblem } from "./problem.ts";
import { runProgram, type Server, startServer } from "./server.ts";
import { expectStatus, makeKey, makeTenant, newName } from "./things.ts";

/** More than the buffers of a connection hold, so that an export waits for its reader. */
const LARGE_ROWS = 12_000;
const LARGE_NAME_CHARACTERS = 4_000;
const EXPORTS_AT_ONCE = 2;

let server: Server;
let database: Database;
let folder: string;
let checkpoints: string;

before(async () => {
	folder = mkdtempSync(join(tmpdir(), "keywright-e2e-"));
	checkpoints = join(folder, "checkpoints");
	const env = { KEYWRIGHT_LOG_LEVEL: "warn", KEYWRIGHT_AUTH_FAILURES_PER_MINUTE: "0", KEYWRIGHT_AUDIT_CHECKPOINT_FILE: checkpoints };
	server = await startServer({ env });
	database = await Database.open(server.data_dir);
});

after(async () => {
	await database.close();
	await server.stop();
	rmSync(folder, { recursive: true });
});

interface Entry {
	readonly id: string;
	readonly at: string;
	readonly actor: { readonly kind: string | null; readonly id: string | null; readonly name: string | null };
	readonly action: string;
	readonly target: { readonly kind: string; readonly id: string; readonly name: string | null };
	readonly before: Record<string, unknown> | null;
	readonly after: Record<string, unknown> | null;
	readonly ip: string | null;
	readonly request_id: string;
	readonly tenant_id?: string | null;
}

function getEntries(answer: Answer): Entry[] {
	return expectStatus(answer, 200).as<{ data: Entry[] }>().data;
}

const CSV = { accept: "text/csv" };
const LINES = { accept: "application/x-ndjson" };

/** Rows of a CSV text with quoted cells (RFC 4180). */
function getCells(csv: string): string[][] {
	const rows = csv.split("\r\n").filter((line) => line !== "");
	return rows.map((row) =>
		[...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ""),
	);
}

const EXIT = { fine: 0, found: 1, usage: 2, unreachable: 3 };

test("audit verify says beside a running server whether the log, the keys and the checkpoints agree, and exits by what it found", async () => {
	const tenant = await makeTenant(server);
	const made = await makeKey(server, tenant.id, { permissions: ["tenant:read"] });
	const verify = (...argv: string[]) => runProgram(["audit", "verify", ...argv], { KEYWRIGHT_DATA_DIR: server.data_dir });
	const fine = await verify("--checkpoint", checkpoints);
	deepEqual([fine.code, fine.stderr], [EXIT.fine, ""], fine.stdout);
	match(
		fine.stdout,
		/^\u2713 \d+ entries in \d+ chains: none was edited.*\n\u2713 \d+ keys? compared.*\n\u2713 1 checkpoint, the last of \d{4}-.*\n$/,
	);
	match(readFileSync(checkpoints, "utf8"), /^keywright-[0-9a-f]{16}\/audit\n1\n/);
	await database.rows("update keys set permissions = '{documents:write}' where id = $1", [made.id]);
	const found = await verify();
	equal(found.code, EXIT.found);
	match(
		found.stdout,
		new RegExp(
			`\u2717 tenant ${tenant.id}, key ${made.id}: permissions is not what the log says\\n {2}the log: \\["tenant:read"\\]\\n {2}the database: `,
		),
	);
	match(found.stdout, /^! not compared with checkpoints/m);
	const { ok: is_ok, findings } = JSON.parse((await verify("--json")).stdout) as { ok: boolean; findings: { key_id: string }[] };
	deepEqual([is_ok, findings.map(({ key_id }) => key_id)], [false, [made.id]]);
	await database.rows("update keys set permissions = '{tenant:read}' where id = $1", [made.id]);
	equal((await verify("--checkpoint", join(folder, "none"))).code, EXIT.unreachable);
	equal(
		(
			await runProgram(["audit", "verify"], {
				KEYWRIGHT_DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none",
				KEYWRIGHT_PEPPER: "p".repeat(40),
				KEYWRIGHT_DATA_DIR: folder,
			})
		).code,
		EXIT.unreachable,
	);
	equal((await runProgram(["audit", "verify"], { KEYWRIGHT_DATA_DIR: folder })).code, EXIT.usage, "there is no pepper");
	for (const argv of [["audit"], ["audit", "check"], ["audit", "verify", "--nothing"]])
		equal((await runProgram(argv)).code, EXIT.usage, argv.join(" "));
	const help = await runProgram(["audit", "--help"]);
	equal(help.code, EXIT.fine);
	match(help.stdout, /Exit codes: 0 nothing was found, 1 something was found/);
});

test("audit verify finds logs that were edited, reordered and cut off, and with the checkpoints one that was rolled back", async (t) => {
	const file = join(folder, "own-checkpoints");
	const env = { KEYWRIGHT_LOG_LEVEL: "warn", KEYWRIGHT_AUDIT_CHECKPOINT_FILE: file };
	const own = await startServer({ env });
	const tenants = [await makeTenant(own), await makeTenant(own), await makeTenant(own), await makeTenant(own)];
	for (const { id } of tenants) for (const name of ["One", "Two", "Three"]) expectStatus(await own.management(id, "POST", "/sites", { name }), 201);
	await own.stop({ keep_folder: true });
	// A start writes a checkpoint.
	const again = await startServer({ data_dir: own.data_dir, env });
	const behind = await Database.open(own.data_dir);
	t.after(async () => {
		await behind.close();
		await again.stop();
	});
	const [edited, reordered, cut, rolled_back] = tenants.map(({ id }) => id);
	const last = "(select max(seq) from audit_entries where chain = $1)";
	for (const [chain, statement] of [
		[edited, "update audit_entries set at = at - interval '1 day' where chain = $1 and seq = 2"],
		[reordered, "update audit_entries set seq = 100 where chain = $1 and seq = 2"],
		[reordered, "update audit_entries set seq = 2 where chain = $1 and seq = 3"],
		[reordered, "update audit_entries set seq = 3 where chain = $1 and seq = 100"],
		[cut, `delete from audit_entries where chain = $1 and seq = ${last}`],
		[rolled_back, `delete from audit_entries where chain = $1 and seq = ${last}`],
		[rolled_back, `update audit_heads h set seq = e.seq, mac = e.mac from audit_entries e where h.chain = $1 and e.chain = $1 and e.seq = ${last}`],
	] as const)
		await behind.rows(statement, [chain]);
	const { code, stdout } = await runProgram(["audit", "verify", "--json", "--checkpoint", file], { KEYWRIGHT_DATA_DIR: own.data_dir });
	equal(code, EXIT.found);
	const { findings } = JSON.parse(stdout) as { findings: { kind: string; chain: string; reason: string }[] };
	deepEqual(
		new Set(findings.map(({ kind, chain, reason }) => `${kind} ${chain} ${reason.split(":")[0]}`)),
		new Set([
			`chain ${edited} the entry was edited`,
			`chain ${reordered} the entry was edited`,
			`chain ${cut} the last entries were removed`,
			`checkpoint ${rolled_back} a checkpoint has 4 entries of it and the database 3`,
		]),
	);
	equal(findings.length, tenants.length);
});

test("a tenant's admins can read whether its log is whole, and where it is not; viewers cannot; the operator can, also of an erased tenant", async () => {
	const [whole, edited] = [await makeTenant(server), await makeTenant(server)];
	for (const tenant of [whole, edited]) await makeKey(server, tenant.id);
	await database.rows("update audit_entries set action = 'key.deleted' where chain = $1 and action = 'key.created'", [edited.id]);
	const stateOf = async ({ id }: { id: string }) => expectStatus(await server.management(id, "GET", "/audit/state"), 200).json;
	const entries = getEntries(await server.management(whole.id, "GET", "/audit")).length;
	const { checked_at, ...state } = await stateOf(whole);
	deepEqual(state, { whole: true, entries, first_wrong: null });
	ok(Math.abs(Date.parse(String(checked_at)) - Date.now()) < 60_000);
	const { first_wrong, ...found } = await stateOf(edited);
	deepEqual([found.whole, found.entries, first_wrong], [false, null, { position: entries, reason: "the entry was edited" }]);
	const viewer = await newMember(server, edited.id, "viewer");
	const instance = expectStatus(await server.operator("GET", "/audit/state"), 200).json;
	ok(instance.whole === true && Number(instance.entries) > 0, "the chain of the instance itself");
	const asOperator = (id: string) => server.operator("GET", `/audit/state?tenant_id=${id}`);
	deepEqual(expectStatus(await asOperator(edited.id), 200).json.first_wrong, first_wrong);
	expectStatus(await server.operator("DELETE", `/tenants/${whole.id}`), 204);
	const { whole: is_whole, entries: left } = expectStatus(await asOperator(whole.id), 200).json;
	ok(is_whole === true && Number(left) >= entries, "the log of an erased tenant");
	assertProblem(await asOperator("t-none"), "not_found");
	assertProblem(await viewer.browser.management(edited.id, "GET", "/audit/state"), "role_not_allowed");
});

test("a server does not start when its checkpoint file cannot be written or continued", async () => {
	for (const path of [join(folder, "none", "file"), folder]) {
		const started = await runProgram(["serve"], {
			KEYWRIGHT_DATA_DIR: join(folder, "data"),
			KEYWRIGHT_PORT: "0",
			KEYWRIGHT_AUDIT_CHECKPOINT_FILE: path,
		});
		notEqual(started.code, EXIT.fine);
		match(started.stderr, /KEYWRIGHT_AUDIT_CHECKPOINT_FILE: it (does not exist|is not a file)/);
	}
});

test("a change of a key is listed with who made it, from where, and what it was before and after", async () => {
	const tenant = await makeTenant(server);
	const admin = await newMember(server, tenant.id, "admin");
	const made = expectStatus(
		await admin.browser.management(tenant.id, "POST", "/api-keys", { name: "prod-order-bot", environment: "prod", owner: "Olivia" }),
		201,
	).as<{ key: { id: string } }>();
	const patch = { allowed_ips: ["203.0.113.0/24"], name: "prod-orders" };
	const changed = expectStatus(await admin.browser.management(tenant.id, "PATCH", `/api-keys/${made.key.id}`, patch), 200);
	const [entry] = getEntries(await admin.browser.management(tenant.id, "GET", `/audit?action=key.updated&target=${made.key.id}`));
	deepEqual(entry && { ...entry, id: "", at: "" }, {
		id: "",
		at: "",
		actor: { kind: "member", id: admin.member_id, name: `Member ${admin.email}` },
		action: "key.updated",
		target: { kind: "key", id: made.key.id, name: "prod-order-bot" },
		before: { name: "prod-order-bot", allowed_ips: null },
		after: { name: "prod-orders", allowed_ips: ["203.0.113.0/24"] },
		ip: "127.0.0.1",
		request_id: changed.header("x-request-id"),
	});
	const by_actor = getEntries(await admin.browser.management(tenant.id, "GET", `/audit?actor=${admin.member_id}&action=key`));
	deepEqual(
		by_actor.map(({ action }) => action),
		["key.updated", "key.created"],
	);
});

test("what a key, a service and the operator do is listed under their names, and the operator's address is not shown to the tenant", async () => {
	const tenant = await makeTenant(server);
	const admin = await newMember(server, tenant.id, "admin");
	const made = await makeKey(server, tenant.id, { permissions: ["tenant:read", "key:rotate"] });
	expectStatus(await server.send({ method: "POST", path: "/api/v1/m2m/key/rotate", headers: { "x-api-key": made.raw_key }, body: {} }), 201);
	const [rotated] = getEntries(await admin.browser.management(tenant.id, "GET", "/audit?action=rotation.started"));
	deepEqual([rotated?.actor, rotated?.ip], [{ kind: "key", id: made.id, name: made.key.name }, "127.0.0.1"]);
	const [by_operator] = getEntries(await admin.browser.management(tenant.id, "GET", "/audit?actor=operator&action=key"));
	deepEqual([by_operator?.action, by_operator?.actor.name, by_operator?.ip], ["key.created", "operator token", null]);
	const [seen] = getEntries(await server.management(tenant.id, "GET", "/audit?actor=operator&action=key"));
	deepEqual([seen?.id, seen?.ip], [by_operator?.id, "127.0.0.1"]);
	const all = getEntries(
		await server.send({ method: "GET", path: `/api/v1/operator/audit?tenant_id=${tenant.id}&limit=200`, headers: server.bearer }),
	);
	ok(all.length > 3 && all.every(({ tenant_id }) => tenant_id === tenant.id));
	const instance = getEntries(await server.send({ method: "GET", path: "/api/v1/operator/audit?action=plan", headers: server.bearer }));
	ok(instance.length > 0 && instance.every(({ tenant_id }) => tenant_id === null));
});

test("viewers, and people of other tenants, read no entry in any format; a portal person reads by their role", async () => {
	const [tenant, other] = [await makeTenant(server), await makeTenant(server)];
	const foreign = (await newMember(server, other.id, "owner")).browser;
	const formats = [{}, CSV, LINES];
	for (const role of ["viewer", "admin", "owner"] satisfies Role[]) {
		for (const browser of [(await newMember(server, tenant.id, role)).browser, await newPortalPerson(server, tenant.id, role)]) {
			for (const headers of formats) {
				const answer = await browser.management(tenant.id, "GET", "/audit", undefined, headers);
				if (role === "viewer") assertProblem(answer, "role_not_allowed");
				else expectStatus(answer, 200);
				assertProblem(await browser.send("GET", "/api/v1/operator/audit", undefined, headers), "role_not_allowed");
			}
		}
	}
	for (const headers of formats) {
		assertProblem(await foreign.management(tenant.id, "GET", "/audit", undefined, headers), "not_found");
		assertProblem(await new Browser(server).management(tenant.id, "GET", "/audit", undefined, headers), "credential_missing");
	}
});

test("a wrong filter is a 400 that names it, in every format, and a cursor is bound to its tenant and filters", async () => {
	const [tenant, other] = [await makeTenant(server), await makeTenant(server)];
	for (const id of [tenant.id, other.id])
		for (const name of ["One", "Two"]) expectStatus(await server.management(id, "POST", "/sites", { name }), 201);
	const long = "a".repeat(129);
	for (const headers of [{}, CSV]) {
		for (const [query, field] of [
			[`actor=${long}`, "actor"],
			["actor=", "actor"],
			[`target=${long}`, "target"],
			["action=Key.Revoked", "action"],
			["action=key.revoked.now", "action"],
			["action=%25", "action"],
			["from=yesterday", "from"],
			["from=2026-02-30T00:00:00Z", "from"],
			["to=2016-12-31T23:59:60Z", "to"],
			["from=2026-03-01T00:00:00Z&to=2026-02-01T00:00:00Z", "to"],
		] as const)
			assertPointer(await server.management(tenant.id, "GET", `/audit?${query}`, undefined, headers), `/query/${field}`);
		for (const query of ["actor=a&actor=b", "who=dana", "target=%00"])
			expectStatus(await server.management(tenant.id, "GET", `/audit?${query}`, undefined, headers), 400);
	}
	deepEqual(getEntries(await server.management(tenant.id, "GET", "/audit?actor=%27%20or%201%3D1--&target=%25")), []);
	const first = expectStatus(await server.management(tenant.id, "GET", "/audit?limit=1&action=site"), 200).json;
	notEqual(first.next_cursor, null);
	for (const [id, filter] of [
		[other.id, "action=site"],
		[tenant.id, "action=key"],
		[tenant.id, ""],
	] as const)
		assertPointer(await server.management(id, "GET", `/audit?${filter}&cursor=${first.next_cursor}`), "/query/cursor");
	assertPointer(
		await server.send({ method: "GET", path: `/api/v1/operator/audit?cursor=${first.next_cursor}`, headers: server.bearer }),
		"/query/cursor",
	);
});

test("exports hold exactly what the list shows, as CSV and as JSON Lines, and run no formula in a spreadsheet", async () => {
	const tenant = await makeTenant(server);
	const formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1", '=HYPERLINK("https://evil.example")', 'quo"te, comma', "Zoë 鍵"];
	for (const name of formulas) expectStatus(await server.management(tenant.id, "POST", "/sites", { name }), 201);
	const listed = getEntries(await server.management(tenant.id, "GET", "/audit?action=site&limit=200"));
	equal(listed.length, formulas.length);
	const lines = expectStatus(await server.management(tenant.id, "GET", "/audit?action=site", undefined, LINES), 200);
	match(lines.header("content-type"), /^application\/x-ndjson/);
	deepEqual(
		lines.text
			.trimEnd()
			.split("\n")
			.map((line) => JSON.parse(line)),
		listed,
	);
	const csv = expectStatus(await server.management(tenant.id, "GET", "/audit?action=site", undefined, CSV), 200);
	match(csv.header("content-disposition"), /^attachment; filename="audit-\d{4}-\d\d-\d\d\.csv"$/);
	deepEqual([csv.header("vary"), csv.header("cache-control")], ["Accept", "no-store"]);
	const [head = [], ...rows] = getCells(csv.text);
	equal(head.join(), "id,at,actor_kind,actor_id,actor_name,action,target_kind,target_id,target_name,before,after,ip,request_id");
	const names = rows.map((cells) => cells[head.indexOf("target_name")] ?? "");
	for (const cell of rows.flat()) ok(!/^[=+@\t\r\uff1d\uff0b\uff0d\uff20-]/.test(cell), `a spreadsheet would run ${cell}`);
	deepEqual(
		names.map((name) => name.replace(/^'/, "")),
		[...formulas].reverse(),
	);
	deepEqual(JSON.parse(rows[0]?.[head.indexOf("after")] ?? ""), listed[0]?.after);
	const empty = expectStatus(await server.management(tenant.id, "GET", "/audit?target=none", undefined, CSV), 200);
	equal(getCells(empty.text).length, 1, "an empty export has its head");
	const all = expectStatus(
		await server.send({ method: "GET", path: `/api/v1/operator/audit?tenant_id=${tenant.id}`, headers: { ...server.bearer, ...CSV } }),
		200,
	);
	equal(getCells(all.text)[1]?.[0], tenant.id);
});

/** Opens an export and reads its first bytes only. */
async function openExport(path: string, headers: Record<string, string>): Promise<IncomingMessage> {
	const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
	httpRequest(`${server.url}${path}`, { headers: { ...LINES, ...headers }, agent: false }, resolve)
		.on("error", reject)
		.end();
	const response = await promise;
	equal(response.statusCode, 200);
	await new Promise((done) => response.once("readable", done));
	return response;
}

/** Reads the rest; `complete` is false when the connection ended before the last chunk. */
async function readRest(response: IncomingMessage): Promise<{ lines: number; complete: boolean }> {
	let lines = 0;
	try {
		for await (const chunk of response) lines += String(chunk).split("\n").length - 1;
	} catch {
		return { lines, complete: false };
	}
	return { lines, complete: response.complete };
}

async function fill(tenant_id: string): Promise<void> {
	await database.rows(
		`insert into audit_entries (chain, seq, at, action, target_kind, target_id, request_id, details, details_digest, audit_key_id, mac)
		select $1, 1000 + i, date_trunc('milliseconds', now() - interval '1 day'), 'site.created', 'site', 's' || i, 'req_' || i,
			jsonb_build_object('after', jsonb_build_object('name', repeat('x', $3))), '', '', '' from generate_series(1, $2::int) i`,
		[tenant_id, LARGE_ROWS, LARGE_NAME_CHARACTERS],
	);
}

test("an export ends without its last chunk when its reader is demoted meanwhile, and few run at once for one tenant", async () => {
	const tenant = await makeTenant(server);
	const path = `/api/v1/tenants/${tenant.id}/audit`;
	await fill(tenant.id);
	const admin = await newMember(server, tenant.id, "admin");
	const open = [await openExport(path, { cookie: admin.browser.cookie }), await openExport(path, server.bearer)];
	equal(open.length, EXPORTS_AT_ONCE);
	const third = await server.send({ method: "GET", path: `${path}?target=none`, headers: { ...server.bearer, ...LINES } });
	assertProblem(third, "rate_limited");
	ok(Number(third.header("retry-after")) > 0);
	expectStatus(await server.management(tenant.id, "GET", "/audit"), 200);
	const other = await makeTenant(server);
	expectStatus(await server.management(other.id, "GET", "/audit", undefined, LINES), 200);
	expectStatus(await server.management(tenant.id, "PATCH", `/members/${admin.member_id}`, { role: "viewer" }), 200);
	const [demoted, whole] = await Promise.all(open.map(readRest));
	equal(demoted?.complete, false, "the client sees that the export is cut off");
	ok((demoted?.lines ?? 0) < LARGE_ROWS, `${demoted?.lines} lines were sent`);
	equal(whole?.complete, true);
	ok((whole?.lines ?? 0) >= LARGE_ROWS);
	const left = await openExport(path, server.bearer);
	left.destroy();
	// Both slots are free again once the connections have ended.
	for (let answer = third; answer.status === 429; ) {
		answer = await server.send({ method: "GET", path: `${path}?limit=1&target=${newName("none")}`, headers: { ...server.bearer, ...LINES } });
	}
});

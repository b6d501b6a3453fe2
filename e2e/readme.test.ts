import { equal, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { environmentWith, ROOT, type Server, startServer } from "./server.ts";

const SNIPPETS_MIN = 3;
const TIMEOUT_MS = 30_000;
/** The interpreter and the file name for a snippet of each language. */
const RUNNERS: Readonly<Record<string, { readonly command: string; readonly file: string }>> = {
	sh: { command: "bash", file: "snippet.sh" },
	js: { command: process.execPath, file: "snippet.mjs" },
	python: { command: "/usr/bin/python3", file: "snippet.py" },
};

interface Snippet {
	readonly line: number;
	readonly language: string;
	readonly text: string;
}

/** The fenced snippets after a comment `<!-- run -->`. */
function getSnippets(markdown: string): Snippet[] {
	const marked = /^<!-- run -->\n+```([a-z]+)\n([\s\S]*?)^```$/gm;
	return [...markdown.matchAll(marked)].map((found) => ({
		line: markdown.slice(0, found.index).split("\n").length,
		language: found[1] ?? "",
		text: found[2] ?? "",
	}));
}

const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const snippets = getSnippets(readme);

let server: Server;
let folder: string;
let raw_key: string;

before(async () => {
	server = await startServer({ demo: true });
	raw_key = readFileSync(join(server.data_dir, "demo_key"), "utf8").trim();
	folder = mkdtempSync(join(tmpdir(), "keywright-readme-"));
});

after(async () => {
	await server.stop();
	await rm(folder, { recursive: true });
});

interface Run {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs a snippet unchanged in an empty folder, with the three environment variables of the README. */
function run(snippet: Snippet, key: string, further: Readonly<Record<string, string>> = {}): Promise<Run> {
	const runner = RUNNERS[snippet.language];
	ok(runner, `README.md:${snippet.line} is marked to be run, and nothing here runs ${snippet.language}`);
	const file = join(folder, runner.file);
	writeFileSync(file, snippet.language === "sh" ? `set -e\n${snippet.text}` : snippet.text);
	const env = environmentWith({ KEYWRIGHT_URL: server.url, KEYWRIGHT_API_KEY: key, KEYWRIGHT_TENANT_ID: "demo", ...further });
	return new Promise((resolve) => {
		execFile(runner.command, [file], { cwd: folder, env, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
			resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr });
		});
	});
}

test("the README has runnable snippets in shell, JavaScript and Python, and every marked one is found", () => {
	ok(snippets.length >= SNIPPETS_MIN, `${snippets.length} snippets`);
	for (const language of Object.keys(RUNNERS))
		ok(
			snippets.some((snippet) => snippet.language === language),
			`one in ${language}`,
		);
	equal(snippets.length, readme.match(/<!-- run -->/g)?.length);
});

for (const snippet of snippets) {
	test(`README.md:${snippet.line}: the ${snippet.language} snippet runs unchanged and reports a wrong key`, async () => {
		const right = await run(snippet, raw_key);
		equal(right.code, 0, right.stderr);
		ok(right.stdout.trim().length > 10, "it shows something");
		ok(!`${right.stdout}${right.stderr}`.includes(raw_key.slice(-38)), "it shows no key");
		const wrong = await run(snippet, `${raw_key.slice(0, -1)}${raw_key.endsWith("0") ? "1" : "0"}`);
		ok(wrong.code !== 0, "it fails with a wrong key");
		ok(`${wrong.stdout}${wrong.stderr}`.includes("key_invalid"), `${wrong.stdout}${wrong.stderr}`);
	});
}

test("the README's commands that create a plan, a tenant, a key and a service can be repeated", async () => {
	const block = /^```sh\n(KEYWRIGHT_URL=.*?operator\(\) \{.*?)^```$/ms.exec(readme)?.[1];
	ok(block, "they are there");
	const lines = { line: 0, language: "sh", text: block.replace(/^set -e\n/, "") };
	const env = { KEYWRIGHT_PORT: String(server.port), KEYWRIGHT_DATA_DIR: server.data_dir };
	const first = await run(lines, raw_key, env);
	equal(first.code, 0, first.stderr);
	ok(/"raw_key":"kw_prod_/.test(first.stdout) && /"credential":"kws_/.test(first.stdout), first.stdout);
	const again = await run({ ...lines, text: `set +e\n${block}` }, raw_key, env);
	ok(!/"raw_key"|"credential"/.test(again.stdout), "no second key or credential was created");
	equal(again.stdout.match(/"code":"secret_already_issued"/g)?.length, 2);
	const keys = (await server.management("acme", "GET", "/api-keys")).as<{ data: unknown[] }>();
	const services = (await server.operator("GET", "/services")).as<{ data: { name: string }[] }>();
	equal(keys.data.length, 1);
	equal(services.data.filter(({ name }) => name === "orders API").length, 1);
});

import { equal, match } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { test } from "node:test";

const PROGRAM = `
import { bufferedOutput, createLog } from ${JSON.stringify(new URL("./log.ts", import.meta.url).href)};
const output = bufferedOutput();
const log = createLog({ level: "info", brand: "kw", output });
const write = () => { for (let line = 0; line < 200; line += 1) log.info({ padding: "x".repeat(100) }, "line"); };
write();
setTimeout(write, 200);
setTimeout(() => { output.flushSync(); process.stderr.write("alive"); process.exit(0); }, 500);
`;

test("a log that cannot be written ends neither the server nor the end of it", {
	skip: existsSync("/dev/full") ? false : "this system has no /dev/full",
}, async () => {
	const full = openSync("/dev/full", "w");
	const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM], { stdio: ["ignore", full, "pipe"], timeout: 10_000 });
	closeSync(full);
	let output = "";
	child.stderr?.on("data", (chunk: Buffer) => {
		output += chunk.toString();
	});
	const [code] = await once(child, "close");
	match(output, /alive$/);
	equal(code, 0);
});

// A host app: one handler behind a guard with Keywright, behind a bare exchange with an empty server, and unguarded.
// Prints `{port}` as one JSON line when it is up; ends when its standard input closes.
import { Agent, createServer, request, type ServerResponse } from "node:http";
import { keywright } from "../client/src/node.ts";

const KEEP_ALIVE_MS = 65_000;
/** The length of a guard's request to /verify. */
const BODY = JSON.stringify({ raw_key: "x".repeat(58), permissions: ["tenant:read"], request: { method: "GET", path: "/guarded", ip: "127.0.0.1" } });

const [url = "", credential = "", emptyPort = ""] = process.argv.slice(2);
const guard = keywright({ url, credential, on_error: (error) => console.error(error.message) });
const agent = new Agent({ keepAlive: true, maxSockets: 64, scheduling: "lifo" });
const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(BODY) };
const bare = { agent, host: "127.0.0.1", port: Number(emptyPort), path: "/", method: "POST", headers };

function exchange(): Promise<void> {
	return new Promise((resolve, reject) => {
		const asking = request(bare, (response) => response.resume().once("end", resolve));
		asking.once("error", reject);
		asking.end(BODY);
	});
}

function handle(_request: unknown, response: ServerResponse): void {
	response.setHeader("content-type", "application/json");
	response.end('{"orders":[]}');
}

const guarded = guard({ permission: "tenant:read" }, handle);
const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, response) => {
	if (incoming.url === "/guarded") void guarded(incoming, response);
	else if (incoming.url === "/exchanged") void exchange().then(() => handle(incoming, response));
	else handle(incoming, response);
});
server.listen(0, "127.0.0.1", () => {
	const address = server.address();
	process.stdout.write(`${JSON.stringify({ port: typeof address === "object" ? address?.port : null })}\n`);
});
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));

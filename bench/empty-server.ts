// The auth server of nginx in the control: accepts every request unread, with the one header that the recipe requires.
// Prints `{port}` as one JSON line when it is up; ends when its standard input closes.
import { createServer } from "node:http";

const KEEP_ALIVE_MS = 65_000;

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (_request, response) => {
	response.setHeader("X-Keywright-Key-Id", "key");
	response.end();
});
server.listen(0, "127.0.0.1", () => {
	const address = server.address();
	process.stdout.write(`${JSON.stringify({ port: typeof address === "object" ? address?.port : null })}\n`);
});
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));

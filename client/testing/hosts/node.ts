import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Guarded, keywright } from "../../src/node.ts";
import type { Target } from "../../src/request/target.ts";
import type { Host } from "../run-behaviour.ts";
import { acceptedRules } from "../wrong-rules.ts";
import { getNote, LATE, serve, startNotes } from "./notes.ts";

/** A guard and its handler for one shape of path. */
type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export async function startNode(url: string): Promise<Host> {
	const { handled, errors, reset, options } = startNotes(url);
	const guard = keywright(options);
	const tenant = (_request: IncomingMessage, target: Target): string | undefined => target.segment(1);
	const weight = (_request: IncomingMessage, target: Target): number => Number(target.query("weight"));
	const answer = (request: Guarded<IncomingMessage>, response: ServerResponse): void => {
		handled.push(request.keywright.key.id);
		send(response, 200, { tenant: request.keywright.tenant.id });
	};
	const exportsRules = {
		tenant,
		site: (_request: IncomingMessage, target: Target) => target.segment(3),
		permission: "exports:read",
		capability: "exports",
		cost: weight,
		limits: (request: IncomingMessage, target: Target) => ({ exports: weight(request, target) }),
		budgets: (request: IncomingMessage, target: Target) => ({ credits: 25 * weight(request, target), calls: 0 }),
	};
	const check = guard.check({});
	const routes: readonly (readonly [string, RegExp, Route])[] = [
		["GET", /^\/free$/, async (_request, response) => send(response, 200, { free: true })],
		["GET", /^\/__start$/, async (_request, response) => send(response, 200, { accepted: acceptedRules(guard.check) })],
		["GET", /^\/late\/[^/]+$/, guard({ tenant, limits: LATE }, () => handled.push("late"))],
		["GET", /^\/__seen$/, async (_request, response) => send(response, 200, { handled, errors })],
		[
			"POST",
			/^\/__reset$/,
			async (_request, response) => {
				reset();
				send(response, 204);
			},
		],
		[
			"GET",
			/^\/any$/,
			async (request, response) => {
				const admission = await check(request, response);
				if (admission === null) return;
				handled.push(admission.key.id);
				send(response, 200, { tenant: admission.tenant.id });
			},
		],
		["GET", /^\/tenants\/[^/]+\/orders$/, guard({ tenant, permission: "orders:read" }, answer)],
		[
			"POST",
			/^\/tenants\/[^/]+\/orders$/,
			guard({ tenant, permission: ["orders:read", "orders:write"] }, async (request, response) => {
				handled.push(getNote(JSON.parse(await getText(request))));
				send(response, 201, { tenant: request.keywright.tenant.id });
			}),
		],
		["GET", /^\/tenants\/[^/]+\/sites\/[^/]+\/exports$/, guard(exportsRules, answer)],
		["GET", /^\/broken\/[^/]+$/, guard({ tenant: () => undefined, permission: "orders:read" }, () => handled.push("broken"))],
	];
	const server = createServer((request, response) => {
		const method = request.method === "HEAD" ? "GET" : request.method;
		const route = routes.find(([wanted, path]) => wanted === method && path.test(address(request).pathname));
		if (route) void route[2](request, response);
		else send(response, 404);
	});
	return serve(server, guard.close);
}

function address(request: IncomingMessage): URL {
	return new URL(request.url ?? "/", "http://host");
}

async function getText(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk);
	return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, status: number, body?: unknown): void {
	response.writeHead(status, { "content-type": "application/json" }).end(body === undefined ? undefined : JSON.stringify(body));
}

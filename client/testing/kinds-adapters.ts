import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { keywright as keywrightExpress } from "../src/express.ts";
import { keywright as keywrightFastify } from "../src/fastify.ts";
import { keywright as keywrightHono } from "../src/hono.ts";
import { keywright as keywrightNext } from "../src/next.ts";
import { keywright as keywrightNode } from "../src/node.ts";
import { createProtection } from "../src/protect.ts";
import { closeServer, listen, RAW_KEY } from "./peer.ts";

/** The result of one request: the status, and whether the handler ran. */
export interface Met {
	readonly status: number;
	readonly handled: boolean;
}

/** Sends one request with a key to a route with this guard. Throws what the adapter throws at start. */
export type Adapter = (options: unknown, rules: unknown) => Promise<Met>;

const PATH = "/tenants/acme/orders";
const HEADERS = { "X-API-Key": RAW_KEY };
/** A replaceable listener, so that one server serves all cases. */
let listener: RequestListener = (_request, response) => response.end();
const server = createServer({ keepAliveTimeout: 0 }, (request, response) => listener(request, response));
let url = "";

export async function openServer(): Promise<void> {
	url = await listen(server);
}

export function closeServers(): Promise<void> {
	return closeServer(server);
}

/** Rules that untyped code can pass. */
function untyped<Result>(target: (...given: never[]) => Result, ...given: unknown[]): Result {
	return Reflect.apply(target, undefined, given);
}

async function overHttp(serve: RequestListener, ran: () => boolean): Promise<Met> {
	listener = serve;
	// Its own failures are `TypeError` too, and are not the adapter's.
	const response = await fetch(url + PATH, { headers: HEADERS }).catch((error: unknown) => assert.fail(String(error)));
	await response.arrayBuffer();
	return { status: response.status, handled: ran() };
}

export const ADAPTERS: Readonly<Record<string, Adapter>> = {
	async fastify(options, rules) {
		let handled = false;
		const guard = untyped(keywrightFastify, options);
		const app = fastify();
		const onRequest = untyped(guard, rules);
		app.get("/tenants/:tenant_id/orders", { onRequest }, async () => {
			handled = true;
			return {};
		});
		const { statusCode } = await app.inject({ url: PATH, headers: HEADERS });
		await guard.close();
		return { status: statusCode, handled };
	},
	async express(options, rules) {
		let handled = false;
		const guard = untyped(keywrightExpress, options);
		const app = express();
		app.get("/tenants/:tenant_id/orders", untyped(guard, rules), (_request, response) => {
			handled = true;
			response.end();
		});
		const met = await overHttp(app, () => handled);
		guard.close();
		return met;
	},
	async hono(options, rules) {
		let handled = false;
		const guard = untyped(keywrightHono, options);
		const app = new Hono();
		app.get("/tenants/:tenant_id/orders", untyped(guard, rules), (c) => {
			handled = true;
			return c.text("");
		});
		const { status } = await app.request(PATH, { headers: HEADERS });
		guard.close();
		return { status, handled };
	},
	async next(options, rules) {
		let handled = false;
		const guard = untyped(keywrightNext, options);
		const handle = (): Response => {
			handled = true;
			return new Response();
		};
		const GET: (...given: never[]) => Promise<Response> = untyped(guard, rules, handle);
		const request = Object.assign(new Request(`http://host${PATH}`, { headers: HEADERS }), { nextUrl: new URL(`http://host${PATH}`) });
		const response = await untyped(GET, request, { params: Promise.resolve({ tenant_id: "acme" }) });
		guard.close();
		return { status: response.status, handled };
	},
	async node(options, rules) {
		let handled = false;
		const guard = untyped(keywrightNode, options);
		const handle = untyped<(request: IncomingMessage, response: never) => Promise<void>>(
			guard,
			rules,
			(_request: unknown, response: { end(): void }) => {
				handled = true;
				response.end();
			},
		);
		const met = await overHttp(
			(request, response) => void Reflect.apply(handle, undefined, [request, response]),
			() => handled,
		);
		guard.close();
		return met;
	},
	/** No framework: the core of the adapters. */
	async createProtection(options, rules) {
		const protection = untyped(createProtection, options);
		const decide = untyped(protection.guard<object>, rules);
		const outcome = await decide({}, Object.entries(HEADERS), {}, PATH);
		protection.close();
		return "admission" in outcome ? { status: 200, handled: true } : { status: outcome.problem.status, handled: false };
	},
};

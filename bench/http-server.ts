// The process under load: `whoami` behind the real gate, and the same handler, schema, headers and log line without any check.
// Prints `{port, …}` as one JSON line when it is up; ends when its standard input closes.
import { writeFileSync } from "node:fs";
import { destination } from "pino";
import { createAccessLog } from "../server/src/core/log.ts";
import { AllowList, parseAllowList } from "../server/src/core/network.ts";
import { type Gate, mount } from "../server/src/http/mount.ts";
import type { Route } from "../server/src/http/route.ts";
import type { Budget } from "../server/src/keys/budgets/budget.ts";
import { m2mRoutes } from "../server/src/m2m/routes.ts";
import { NO_PROGRAM } from "../server/src/usage/sources/program.ts";
import { makeSource, type Source, UNKNOWN_SOURCE } from "../server/src/usage/sources/source.ts";
import type { Grant } from "../server/src/verification/grants/grant.ts";
import { startInstance } from "./instance.ts";

const [keys = "1000", keysFile = "", place = ""] = process.argv.slice(2);
const is_recorded = place.endsWith("-records");
const trusted = parseAllowList(place === "behind-a-proxy" || is_recorded ? ["127.0.0.1"] : []);
const BUDGETS: readonly Budget[] = [
	{ name: "calls", unit: "requests", amount: 1_000_000_000, per: "day" },
	{ name: "credits", unit: "credits", amount: 1_000_000_000, per: "total" },
];
/** Where rotate.lua sends the key with this place from: a forwarded address, or this machine. */
function sourceOf(place: number): Source {
	return makeSource(is_recorded ? `203.0.${place % 64}.0/24` : "127.0.0.0/24", NO_PROGRAM, null);
}
if (!(trusted instanceof AllowList)) throw new Error("impossible state: an address that is none");
const access_log = createAccessLog({ level: "info", brand: "kw", output: destination({ dest: "/dev/null", sync: false, minLength: 4096 }) });
const instance = await startInstance({
	without_notifications: place === "without-notifications",
	without_records: place === "without-records",
	population: { sourceOf, ...(is_recorded ? { expired_every: 20, budgets: place === "with-records" ? BUDGETS : [] } : {}) },
	keys: Number(keys),
	access_log,
	trusted_proxies: trusted,
	prepare(app, raw_keys) {
		const whoami = m2mRoutes.find((row) => row.path === "/api/v1/m2m/whoami");
		if (!whoami) throw new Error("whoami has moved");
		// The control's handler answers with this grant.
		let anyGrant: Grant | null = null;
		void Promise.resolve(
			app.verifier.decide({
				raw_key: raw_keys[0] ?? "",
				request_id: null,
				cost: 1,
				limits: null,
				budgets: null,
				operation: "bench",
				source: UNKNOWN_SOURCE,
				address: null,
				client: "server",
				tenant_id: null,
				site_id: null,
				capability: null,
				permissions: [],
				plain_http: false,
			}),
		).then(({ grant }) => {
			anyGrant = grant;
		});
		const withoutChecks: Gate<never> = () => (_request, reply) => {
			reply.header("cache-control", "no-store");
			reply.header("ratelimit-policy", '"burst";q=1000000000;w=60');
			reply.header("ratelimit", '"burst";r=999999999;t=60');
			return { grant: anyGrant } as never;
		};
		const control: Route<never> = { ...whoami, path: "/control/whoami" } as Route<never>;
		mount(app.http, [control], withoutChecks, { problem_type_base: () => "" });
	},
});
await instance.app.http.listen({ port: 0, host: "127.0.0.1" });
const address = instance.app.http.server.address();
writeFileSync(keysFile, instance.raw_keys.join("\n"));
process.stdout.write(`${JSON.stringify({ port: typeof address === "object" ? address?.port : null })}\n`);
process.stdin.resume();
process.stdin.once("end", () => void instance.stop().then(() => process.exit(0)));

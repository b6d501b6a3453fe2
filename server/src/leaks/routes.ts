import type { FastifyInstance, FastifyRequest } from "fastify";
import Type from "typebox";
import type { GateOptions } from "../access/gate.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { startLoop } from "../core/loop.ts";
import type { SecretTest } from "../core/secret-text.ts";
import type { DatabaseContext } from "../database/database.ts";
import type { ExposureRecorder } from "../exposure/recorder.ts";
import { pageQuery, pageSchema } from "../http/input/cursor.ts";
import { type MountOptions, mount } from "../http/mount.ts";
import { type Route, route } from "../http/route.ts";
import { readJson } from "../http/server.ts";
import type { KeysContext } from "../keys/context.ts";
import type { Outgoing } from "../outbox/outgoing/outgoing.ts";
import type { ProfileContext } from "../plans/profile/live.ts";
import type { Verifier } from "../verification/verifier.ts";
import { AddressPace, REPORT_CALLS, SIGNED_REPORT_CALLS, STATUS_CALLS } from "./address-pace.ts";
import { CodeHost, type CodeHostSettings } from "./code-host.ts";
import { type FinderParts, finderGate, type RawBody, type ReportParts, reporterGate } from "./gate.ts";
import { type ProcessParts, processReport } from "./process.ts";
import { ReportQueue } from "./queue.ts";
import { type ReportContext, receiveReports } from "./receive.ts";
import { getProgramme, listReports } from "./reports.ts";
import { LeakReportInput, ProgrammeSchema, REPORT_BODY_BYTES_MAX, Received, ReportSchema } from "./schema.ts";
import { readKeyStatus, type StatusContext } from "./status.ts";

/** Apart from the response, so that its time says nothing about the keys. */
const PROCESS_EVERY_MS = 1_000;
/** For what still waits when the server stops. */
const STOP_MS_MAX = 5_000;

const statusRoutes: readonly Route<StatusContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/key-status",
		access: "public",
		summary: "Whether the key in X-API-Key works, for programs that search for leaked keys",
		status: 200,
		output: Type.Object({ active: Type.Boolean() }),
		run: readKeyStatus,
	}),
];

const reportRoutes: readonly Route<ReportContext>[] = [
	route({
		method: "POST",
		path: "/api/v1/leak-reports",
		access: "public",
		stores_no_input: true,
		body_bytes_max: REPORT_BODY_BYTES_MAX,
		summary: "Report keys that were found, or as a code host that searches for secrets",
		status: 202,
		body: LeakReportInput,
		output: Received,
		run: receiveReports,
	}),
];

export const leakRoutes: readonly Route<never>[] = [...statusRoutes, ...reportRoutes];

export const operatorLeakRoutes: readonly Route<DatabaseContext & ProfileContext & ProgrammeContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/leak-reports",
		access: "operator",
		summary: "List the keys of all tenants that were reported with their whole secret, the latest first",
		status: 200,
		query: Type.Object(pageQuery, { additionalProperties: false }),
		output: pageSchema(ReportSchema),
		run: listReports,
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/leak-programme",
		access: "operator",
		summary: "What to enter to have a code host search for the keys of this instance",
		status: 200,
		output: ProgrammeSchema,
		run: getProgramme,
	}),
];

export interface ProgrammeContext {
	readonly key_brand: string;
	readonly code_host: CodeHostSettings | null;
}

export interface LeakOptions extends GateOptions<LeakSystem & FinderParts, FinderParts> {
	readonly clock: Clock;
	readonly holds_secret: SecretTest;
	readonly systemContext: (name: string) => KeysContext & { readonly code_host: CodeHostSettings | null; readonly outgoing: Outgoing };
}

interface LeakSystem {
	readonly verifier: Verifier;
	readonly exposures: ExposureRecorder;
	readonly log: Log;
}

/** Mounts the routes for finders of keys, with the limits of their callers, and looks up what they report until `http` closes. */
export function mountLeakRoutes(http: FastifyInstance, options: LeakOptions & ProcessParts & { readonly log: Log }, mounted: MountOptions): void {
	const { clock, systemContext, log, holds_secret } = options;
	const status_pace = new AddressPace({ clock, ...STATUS_CALLS });
	const makeContext = (parts: FinderParts) => ({ ...options.makeContext(parts), status_pace });
	mount(http, statusRoutes, finderGate({ ...options, makeContext }), mounted);

	const { code_host: settings, outgoing } = systemContext("leak reports");
	const code_hosts = new CodeHost({ settings, outgoing, clock });
	const reports = new ReportQueue({
		process: (report) => processReport(options, report),
		onFailed: (err, lost) => log.warn({ err, lost }, "leak_report_not_processed"),
	});
	let closing = false;
	const loop = startLoop({ name: "leak_reports", every_ms: PROCESS_EVERY_MS, log, run: () => reports.run(() => closing) });
	http.addHook("onClose", async () => {
		closing = true;
		await loop.stop();
		const until = clock.monotonic() + STOP_MS_MAX;
		await reports.run(() => clock.monotonic() > until);
	});
	const paces = { anyone: new AddressPace({ clock, ...REPORT_CALLS }), signed: new AddressPace({ clock, ...SIGNED_REPORT_CALLS }) };
	const bodies = new WeakMap<FastifyRequest, RawBody>();
	const makeReportContext = (parts: ReportParts) => ({ ...options.makeContext(parts), ...parts, code_hosts, reports, holds_secret });
	// A scope of its own, since its parser of JSON bodies keeps the bytes.
	http.register(async (scope) => {
		parseReports(scope, bodies);
		mount(scope, reportRoutes, reporterGate({ ...options, makeContext: makeReportContext, paces, bodies }), mounted);
	});
}

/** Keeps the bytes that a code host has signed; its body is an array, which becomes the field `matches`. */
function parseReports(scope: FastifyInstance, bodies: WeakMap<FastifyRequest, RawBody>): void {
	scope.removeContentTypeParser("application/json");
	scope.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (request, bytes, done) => {
		try {
			const value = readJson(request, bytes);
			const body = bodies.get(request);
			if (body !== undefined) body.bytes = bytes;
			done(null, Array.isArray(value) ? { matches: value } : value);
		} catch (error) {
			done(error instanceof Error ? error : new Error("the body could not be read"));
		}
	});
}

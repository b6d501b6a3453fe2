import type { FastifyInstance } from "fastify";
import Type from "typebox";
import type { GateOptions } from "../access/gate.ts";
import type { Clock } from "../core/clock.ts";
import { type MountOptions, mount } from "../http/mount.ts";
import { type Route, route } from "../http/route.ts";
import { AddressPace, STATUS_CALLS } from "./address-pace.ts";
import { type FinderParts, finderGate } from "./gate.ts";
import { readKeyStatus, type StatusContext } from "./status.ts";

export const leakRoutes: readonly Route<StatusContext>[] = [
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

/** Mounts the routes for finders of keys, with the limits of their callers. */
export function mountLeakRoutes(
	http: FastifyInstance,
	gates: GateOptions<Omit<StatusContext, "status_pace">, FinderParts> & { readonly clock: Clock },
	mounted: MountOptions,
): void {
	const status_pace = new AddressPace({ clock: gates.clock, ...STATUS_CALLS });
	mount(http, leakRoutes, finderGate({ ...gates, makeContext: (parts) => ({ ...gates.makeContext(parts), status_pace }) }), mounted);
}

import Type from "typebox";
import type { ChangeContext } from "../../audit/change.ts";
import { Name } from "../../http/input/fields.ts";
import { type Route, route } from "../../http/route.ts";
import { listSources } from "./list.ts";
import { nameSource } from "./name.ts";

const TIME = { format: "date-time" };

const source = {
	id: Type.String(),
	network: Type.String({
		description:
			"IPv4 `203.0.113.0/24`, IPv6 `2001:db8:1::/48`, `unknown`, or `hidden` where the operator keeps no networks; `other` for all sources beyond 64",
	}),
	agent: Type.String({
		description:
			"The program: the name of its own that begins its User-Agent (`order-bot`), the family of its library (`curl`, `node`, …), `none`, `other`",
	}),
	client: Type.Union([Type.String(), Type.Null()], { description: "The value of X-Keywright-Client" }),
	name: Type.Union([Type.String(), Type.Null()], {
		description: "Set by a member for this source: this program and client instance at this network, with any key of the tenant",
	}),
};
const NamedSource = Type.Object(source);
const Sources = Type.Object({
	data: Type.Array(
		Type.Object({
			...source,
			told_apart: Type.Boolean({ description: "False: several programs can look like this source" }),
			first_seen_at: Type.String(TIME),
			last_seen_at: Type.String(TIME),
			requests: Type.Integer({ description: "All of them, allowed or refused" }),
			refused: Type.Integer(),
			last_kid: Type.String({ description: "The secret that was presented last" }),
		}),
	),
	dead: Type.Array(
		Type.Object({
			kid: Type.String(),
			source_id: Type.String(),
			...{ name: source.name, network: source.network, agent: source.agent, client: source.client },
			first_seen_at: Type.String(TIME),
			last_seen_at: Type.String(TIME),
			requests: Type.Integer(),
			requests_today: Type.Integer({ description: "Of the present day in UTC" }),
		}),
		{ description: "Sources that still present secrets that were revoked, replaced or have expired, the latest first" },
	),
});
const SourceName = Type.Object({ name: Type.Union([Name, Type.Null()]) }, { additionalProperties: false });

export const managementSourceRoutes: readonly Route<ChangeContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/sources",
		access: "viewer",
		summary: "The sources of a key, the latest first",
		status: 200,
		output: Sources,
		reads_usage: true,
		run: listSources,
	}),
	route({
		method: "PUT",
		path: "/api/v1/tenants/:tenant_id/sources/:source_id",
		access: "admin",
		summary: "Name a source, or remove its name",
		status: 200,
		body: SourceName,
		output: NamedSource,
		run: nameSource,
	}),
];

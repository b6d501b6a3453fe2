import type { paths } from "../../http/openapi.gen.ts";
import { toBudgets } from "../budgets/budgets.ts";
import { toRateLimits } from "./own-limits.ts";
import { type CreateValues, expiresAt, getName } from "./values.ts";

type CreateBody = NonNullable<paths["/api/v1/tenants/{tenant_id}/api-keys"]["post"]["requestBody"]>["content"]["application/json"];

interface KnownPerson {
	readonly name: string;
	readonly email: string | null;
	/** A member's id. */
	readonly id?: string;
}

/** Converts the form into a request body. A responsible person who is known gets their address, so that mails reach them. */
export function toBody(
	values: CreateValues,
	around: { people: readonly KnownPerson[]; plan_limits: readonly { readonly name: string }[]; now_ms: number },
): CreateBody {
	const owner = values.owner.trim();
	const rate_limits = toRateLimits(values.rate_limits, around.plan_limits);
	const known = around.people.find((person) => person.name === owner);
	const email = values.email.trim();
	return {
		name: getName(values),
		environment: values.environment,
		integration: values.integration.trim(),
		owner: {
			name: owner,
			...(known?.email ? { email: known.email } : {}),
			...(known?.id === undefined ? {} : { member_id: known.id }),
		},
		...(values.permissions === null ? {} : { permissions: [...values.permissions] }),
		site_ids: values.site_ids === null ? null : [...values.site_ids],
		allowed_ips: values.allowed_ips.length === 0 ? null : [...values.allowed_ips],
		...(rate_limits.length === 0 ? {} : { rate_limits }),
		...(values.budgets.length === 0 ? {} : { budgets: toBudgets(values.budgets, [...around.plan_limits, ...rate_limits]) }),
		expires_at: expiresAt(values.expiry, around.now_ms),
		rotate_every_days: values.rotate_every_days,
		...(values.auto_rotate === null ? {} : { auto_rotate: values.auto_rotate }),
		...(values.way === "handover" ? { handover: email === "" ? {} : { email } } : {}),
	};
}

import { createHash } from "node:crypto";
import { type ChangeContext, change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { canonicalJson } from "../../core/canonical.ts";
import { ApiError, type InputError } from "../../core/error.ts";
import type { ProfileInput } from "../schema.ts";
import type { ProfileContext } from "./live.ts";
import {
	type ApiProfile,
	baseAddress,
	defaultProfile,
	effectiveProfile,
	inputError,
	isCheckPath,
	NOTHING_SET,
	type StoredProfile,
	validateAccentColor,
	validateLogo,
	webAddress,
} from "./profile.ts";
import { lockProfile, saveProfile } from "./store.ts";

/** Returns the operator's API profile from memory. Public: pages show it before sign-in. */
export function getProfile(context: Pick<ProfileContext, "profile">): Promise<ApiProfile> {
	return context.profile.current();
}

const LINKS = ["support_url", "status_url", "upgrade_url", "documentation_url"] as const;
const BASES = ["api_base_url", "error_base_url"] as const;
const PROFILE_ID = "api_profile";

type Draft = { -readonly [K in keyof StoredProfile]: StoredProfile[K] };

/** Validates `input`; omitted fields, and those equal to the default, are not set. Throws 400 `invalid_request` with all errors. */
export function parseProfile(input: ProfileInput, standard: ApiProfile): StoredProfile {
	const errors: InputError[] = [];
	const draft: Draft = { ...NOTHING_SET, product_name: input.product_name?.trim() ?? null };
	for (const field of LINKS) {
		const text = input[field] ?? null;
		const url = text === null ? null : webAddress(text);
		if (typeof url === "string") errors.push(inputError(field, url));
		else draft[field] = url?.href ?? null;
	}
	for (const field of BASES) {
		const text = input[field] ?? null;
		const found = text === null ? null : baseAddress(text);
		if (typeof found === "string") errors.push(inputError(field, found));
		else draft[field] = found?.base ?? null;
	}
	const { check_request = null, logo_url = null, accent_color = null } = input;
	if (check_request && !isCheckPath(check_request.path))
		errors.push(
			inputError("check_request/path", "must begin with a single / and contain only letters, digits, . _ ~ % / : @ = & ? + , - and {tenant_id}"),
		);
	const logo_fault = logo_url === null ? null : validateLogo(logo_url);
	if (logo_fault !== null) errors.push(inputError("logo_url", logo_fault));
	const accent_fault = accent_color === null ? null : validateAccentColor(accent_color);
	if (accent_fault !== null) errors.push(inputError("accent_color", accent_fault));
	if (errors.length > 0) throw new ApiError("invalid_request", "The API profile is not valid. Correct what `errors` names.", { errors });
	return withoutDefaults({ ...draft, check_request, logo_url, accent_color: accent_color?.toLowerCase() ?? null }, standard);
}

/** Drops values equal to the defaults, so that a profile read and sent back keeps following them when the public URL changes. */
function withoutDefaults(profile: Draft, standard: ApiProfile): StoredProfile {
	const set = Object.entries(profile).filter(([name, value]) => canonicalJson(value) !== canonicalJson(getField(standard, name)));
	return { ...NOTHING_SET, ...Object.fromEntries(set) };
}

function getField(profile: ApiProfile, name: string): unknown {
	return Object.entries(profile).find(([field]) => field === name)?.[1];
}

/** The profile as the audit log stores it: of an image only its digest. */
function auditedProfile(profile: StoredProfile) {
	const { logo_url, ...rest } = profile;
	return { ...rest, logo_sha256: logo_url === null ? null : createHash("sha256").update(logo_url).digest("hex") };
}

/**
 * Replaces the API profile; omitted or null fields take their defaults. Applies on this node from the next request on. Other nodes apply it
 * at once to requests, and within about a second to error types. 400 `invalid_request`.
 */
export async function putProfile(context: ChangeContext & ProfileContext, input: ProfileInput): Promise<ApiProfile> {
	const { public_url } = context.profile;
	const profile = parseProfile(input, defaultProfile(public_url));
	await change(context, async (tx) => {
		await reauthorize(tx);
		const before = await lockProfile(tx);
		if (canonicalJson(before) === canonicalJson(profile)) return { unchanged: null };
		await saveProfile(tx, profile, new Date(context.clock.now()));
		const details = { before: auditedProfile(before), profile: auditedProfile(profile) };
		return {
			result: null,
			audit: [{ action: "api_profile.updated", target: { kind: "api_profile", id: PROFILE_ID }, details }],
			invalidates: [{ kind: "profile", id: PROFILE_ID }],
		};
	});
	await context.profile.current();
	return effectiveProfile(profile, public_url);
}

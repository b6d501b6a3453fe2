import { isApiError } from "../../http/api.ts";
import type { ApiProfile, ProfileInput } from "./queries.ts";

const METHODS = ["GET", "HEAD", "POST"] as const;

/** The fields of the form; an empty text takes the default. */
export interface ProfileValues {
	readonly product_name: string;
	readonly api_base_url: string;
	readonly check_method: (typeof METHODS)[number];
	readonly check_path: string;
	readonly documentation_url: string;
	readonly support_url: string;
	readonly status_url: string;
	readonly upgrade_url: string;
	readonly error_base_url: string;
	readonly accent_color: string;
	/** A `data:` URL, or empty. */
	readonly logo_url: string;
}

export function valuesFrom(profile: ApiProfile): ProfileValues {
	const { check_request, ...rest } = profile;
	return {
		product_name: rest.product_name,
		api_base_url: rest.api_base_url,
		check_method: METHODS.find((method) => method === check_request.method) ?? "GET",
		check_path: check_request.path,
		documentation_url: rest.documentation_url ?? "",
		support_url: rest.support_url ?? "",
		status_url: rest.status_url ?? "",
		upgrade_url: rest.upgrade_url ?? "",
		error_base_url: rest.error_base_url,
		accent_color: rest.accent_color ?? "",
		logo_url: rest.logo_url ?? "",
	};
}

export function inputFrom({ check_method, check_path, ...texts }: ProfileValues): ProfileInput {
	const of = (text: string) => (text.trim() === "" ? null : text.trim());
	return {
		product_name: of(texts.product_name),
		api_base_url: of(texts.api_base_url),
		check_request: check_path.trim() === "" ? null : { method: check_method, path: check_path.trim() },
		documentation_url: of(texts.documentation_url),
		support_url: of(texts.support_url),
		status_url: of(texts.status_url),
		upgrade_url: of(texts.upgrade_url),
		error_base_url: of(texts.error_base_url),
		accent_color: of(texts.accent_color),
		logo_url: of(texts.logo_url),
	};
}

const CHECK = /^check_request(?:\/.*)?$/;

/** The server's validation errors by field of the form. */
export function faultsFrom(error: unknown): Partial<Record<keyof ProfileValues, string>> {
	if (!isApiError(error, "invalid_request")) return {};
	return Object.fromEntries(error.problem.errors.map(({ pointer, detail }) => [pointer.slice(1).replace(CHECK, "check_path"), `It ${detail}.`]));
}

import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import type { paths } from "../http/openapi.gen.ts";
import { SHARED_STATE } from "../http/queries.ts";

const SIGN_INS = "/api/v1/session/sign-ins";

export type SignIn = paths[typeof SIGN_INS]["get"]["responses"][200]["content"]["application/json"]["data"][number];

const MAILS = "/api/v1/session/mail-preferences";

export type MailPreferences = paths[typeof MAILS]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type MailPreference = paths[typeof MAILS]["put"]["requestBody"]["content"]["application/json"];

/** Which mails about events the person gets, by tenant. */
export const mailsQuery = queryOptions({ queryKey: [...cacheRoots.session, "mails"], queryFn: () => answered(api.GET(MAILS)), ...SHARED_STATE });

export function putMailPreference(body: MailPreference): Promise<MailPreference> {
	return answered(api.PUT(MAILS, { body }));
}

export const signInsQuery = queryOptions({
	queryKey: [...cacheRoots.session, "sign-ins"],
	queryFn: () => answered(api.GET(SIGN_INS)),
	...SHARED_STATE,
});

export async function endSignIn(sign_in_id: string): Promise<true> {
	await answered(api.DELETE(`${SIGN_INS}/{sign_in_id}`, { params: { path: { sign_in_id } } }));
	return true;
}

export async function endOtherSignIns(): Promise<number> {
	return (await answered(api.DELETE(SIGN_INS))).ended;
}

export function rename(name: string): Promise<{ name: string }> {
	return answered(api.PATCH("/api/v1/session/person", { body: { name } }));
}

export function askForAddress(body: { email: string; password: string }): Promise<{ mailed: boolean }> {
	return answered(api.POST("/api/v1/session/address", { body }));
}

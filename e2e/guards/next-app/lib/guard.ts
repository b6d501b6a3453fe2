import { keywright } from "@keywright/client/next";
import { notes } from "./notes.ts";

/** The options are a function, since `next build` loads every route and has neither the address nor the credential. */
export const guard = keywright(() => ({
	url: process.env.KEYWRIGHT_URL ?? "",
	credential: process.env.KEYWRIGHT_CREDENTIAL ?? "",
	timeout_ms: 2000,
	realm: "orders",
	on_error: ({ reason }) => notes.errors.push({ reason }),
	ip: (request) => request.headers.get("x-real-ip") ?? undefined,
}));

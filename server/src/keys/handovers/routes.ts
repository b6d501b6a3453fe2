import { type Route, route } from "../../http/route.ts";
import type { HandoverContext, RecipientContext } from "../context.ts";
import { KeySchema } from "../schema.ts";
import { cancelHandover } from "./cancel.ts";
import { handOverKey } from "./hand-over.ts";
import { readHandover } from "./read.ts";
import { revealKey } from "./reveal.ts";
import { HandoverInput, HandoverOffer, MadeHandover, ReadHandoverInput, RevealedKey, RevealInput } from "./schema.ts";

export const handoverRoutes: readonly Route<HandoverContext>[] = [
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/handovers",
		access: "admin",
		confirm: true,
		summary: "Create a one-time link to reveal a key that was never used",
		status: 201,
		body: HandoverInput,
		output: MadeHandover,
		run: handOverKey,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/handovers/:handover_id",
		access: "admin",
		summary: "Cancel a pending one-time link",
		status: 200,
		while_suspended: true,
		output: KeySchema,
		run: cancelHandover,
	}),
];

/** For the holder of the link. Both are POST, so that link previews and crawlers can neither read nor claim a handover. */
export const publicKeyRoutes: readonly Route<RecipientContext>[] = [
	route({
		method: "POST",
		path: "/api/v1/handovers/read",
		access: "public",
		summary: "Read the one-time link of a key without using it",
		status: 200,
		body: ReadHandoverInput,
		output: HandoverOffer,
		run: readHandover,
	}),
	route({
		method: "POST",
		path: "/api/v1/handovers/reveal",
		access: "public",
		summary: "Reveal a handed-over key, once; its raw key is only in this response",
		status: 200,
		body: RevealInput,
		output: RevealedKey,
		run: revealKey,
	}),
];

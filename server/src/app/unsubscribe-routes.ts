import Type from "typebox";
import { escapeHtml } from "../core/html.ts";
import { type Route, route, type StreamOutput } from "../http/route.ts";
import { readUnsubscribeScope, type UnsubscribeContext, unsubscribe } from "../mailing/unsubscribe.ts";
import type { UnsubscribeScope } from "../mailing/unsubscribe-token.ts";
import { CLASS_NAMES } from "../outbox/mail/classes.ts";
import type { ProfileContext } from "../plans/profile/live.ts";
import { newNonce, pageHeaders } from "./page-headers.ts";
import { plainPage, streamText } from "./plain-page.ts";

const TOKEN_CHARACTERS_MAX = 500;
const Token = Type.String({ maxLength: TOKEN_CHARACTERS_MAX, description: "Of a mail's List-Unsubscribe header" });

type Context = UnsubscribeContext & Pick<ProfileContext, "profile">;

/** A page with one button, which posts to `action`. */
function page({ profile }: Context, parts: { title: string; sentence: string; button: string; action: string }): StreamOutput {
	const nonce = newNonce();
	const { title, sentence, button, action } = parts;
	const content = `<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(sentence)}</p>
<form method="post" action="${escapeHtml(action)}"><button type="submit">${escapeHtml(button)}</button></form>`;
	const output = streamText(plainPage({ title, content, nonce, profile: profile.known }), "text/html; charset=utf-8");
	return { ...output, headers: { ...output.headers, ...pageHeaders(nonce, { kind: "form", secure: profile.public_url.startsWith("https:") }) } };
}

function subjects({ classes }: UnsubscribeScope): string {
	return classes.map((each) => CLASS_NAMES[each]).join(", ");
}

const address = (token: string, undo: boolean) => `/api/v1/unsubscribe?token=${encodeURIComponent(token)}${undo ? "&undo=true" : ""}`;

export const unsubscribeRoutes: readonly Route<Context>[] = [
	route({
		method: "GET",
		path: "/api/v1/unsubscribe",
		access: "public",
		summary: "A page with the button that unsubscribes from mails; opening it changes nothing",
		status: 200,
		query: Type.Object({ token: Token }, { additionalProperties: false }),
		output: "stream",
		run: async (context: Context, { token }) =>
			page(context, {
				title: "Stop these mails?",
				sentence: `Mails about ${subjects(readUnsubscribeScope(context, token))} are no longer sent to you then. Mails about security continue.`,
				button: "Stop them",
				action: address(token, false),
			}),
	}),
	route({
		method: "POST",
		path: "/api/v1/unsubscribe",
		access: "public",
		summary: "Unsubscribe from mails by the token of a mail (RFC 8058), or with `undo` receive them again",
		status: 200,
		ignores_body: true,
		query: Type.Object({ token: Token, undo: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
		output: "stream",
		run: async (context: Context, { token, undo }) => {
			const about = subjects(await unsubscribe(context, { token, undo }));
			return undo === true
				? page(context, {
						title: "You get these mails again",
						sentence: `Mails about ${about} are sent to you again.`,
						button: "Stop them",
						action: address(token, false),
					})
				: page(context, {
						title: "These mails are stopped",
						sentence: `Mails about ${about} are no longer sent to you. Mails about security continue.`,
						button: "Undo",
						action: address(token, true),
					});
		},
	}),
];

import { hash } from "node:crypto";
import Type, { type Static } from "typebox";
import { Value } from "typebox/value";
import { EVENTS } from "../outbox/events.ts";
import { composeDigest, composeEventMail, describeEvent, type Envelope, type EventMailText } from "../outbox/mail/event-mails.ts";
import type { Mail } from "../outbox/mail/mails.ts";
import { labelInMail, sentenceInMail, sourceInMail } from "../outbox/mail/sanitize.ts";
import type { LiveProfile } from "../plans/profile/live.ts";
import { MAILED_EVENTS, type MailedEvent, ROUTINE_CLASSES } from "./classes.ts";
import type { MailSource, QueuedMail } from "./queue-store.ts";
import { makeUnsubscribeToken, type UnsubscribeKeys } from "./unsubscribe-token.ts";

export interface ComposeContext {
	readonly profile: Pick<LiveProfile, "known" | "public_url">;
	readonly unsubscribe_keys: UnsubscribeKeys;
}

export type MailComposition = ComposeContext & {
	/** The combined head of the audit log, which mails about security carry; null for none. */
	readonly audit_head: string | null;
};

type Data<T extends MailedEvent> = Static<(typeof EVENTS)[T]["data"]>;
type Common = { readonly key_name: string; readonly tenant_name: string };

/** What the mail about each event says. */
const TEXTS: { readonly [T in MailedEvent]: (data: Data<T>, about: Common, at: Date) => EventMailText } = {
	"key.first_used": (data, about) => describeEvent("first_used", { ...about, at: new Date(data.first_used_at) }),
	"key.new_source": (data, about) =>
		describeEvent("new_source", { ...about, at: new Date(data.first_seen_at), source: sourceInMail(data.client, data.network) }),
	"rotation.due": (data, about) => describeEvent("rotation_due", { ...about, at: new Date(data.rotation_due_at), by: data.auto_rotate ?? null }),
	"rotation.overdue": (data, about) => describeEvent("rotation_overdue", { ...about, at: new Date(data.rotation_due_at), by: data.auto_rotate }),
	"rotation.reminder": ({ stragglers, hard_stop_at }, about) =>
		describeEvent("old_secret_in_use", {
			...{ ...about, sources: stragglers.map(labelInMail) },
			until: hard_stop_at === null ? null : new Date(hard_stop_at),
		}),
	"key.expiring": (data, about) => describeEvent("expiring", { ...about, at: new Date(data.expires_at), days: data.working_days_left }),
	"key.expired": (data, about) => describeEvent("expired", { ...about, at: new Date(data.expires_at) }),
	"key.revoked": (data, about, at) => describeEvent("revoked", { ...about, at, revoked_by: data.revoked_by }),
	"alert.raised": ({ summary, raised_at }, { tenant_name }) =>
		describeEvent("alert_raised", { tenant_name, summary: sentenceInMail(summary), at: new Date(raised_at) }),
	"alert.resolved": ({ summary, resolved_at }, { tenant_name }) =>
		describeEvent("alert_resolved", { tenant_name, summary: sentenceInMail(summary), at: new Date(resolved_at) }),
	"alert.tested": ({ tested_by, tested_at }, { tenant_name }) => describeEvent("alert_tested", { tenant_name, tested_by, at: new Date(tested_at) }),
};

function isMailed(type: string): type is MailedEvent {
	return Object.hasOwn(MAILED_EVENTS, type);
}

const OfAlert = Type.Object({ alert_id: Type.String() });
const OfTest = Type.Object({ tested_at: Type.String() });
const OfKey = Type.Object({ key_id: Type.String(), rotation_id: Type.Optional(Type.String()) });
const Named = Type.Object({ name: Type.String() });

/** Null for an event that an earlier version stored without the fields that the mail needs. */
function textOf({ type, data, at, tenant_name }: MailSource): EventMailText | null {
	if (!isMailed(type) || !Value.Check(EVENTS[type].data, data)) return null;
	const compose = TEXTS[type] as (data: unknown, about: Common, at: Date) => EventMailText;
	return compose(data, { key_name: Value.Check(Named, data) ? data.name : "", tenant_name }, at);
}

function pathOf(data: unknown): string {
	if (Value.Check(OfAlert, data)) return "/alerts";
	if (!Value.Check(OfKey, data)) return "/settings/api-access";
	const key = `/settings/api-access/${encodeURIComponent(data.key_id)}`;
	return data.rotation_id === undefined ? key : `${key}/rotations/${encodeURIComponent(data.rotation_id)}`;
}

/** The page that the button opens, after sign-in: the link itself gives access to nothing. */
function pageOf(public_url: string, tenant_id: string, data: unknown): string {
	const page = new URL(`${public_url}${pathOf(data)}`);
	page.searchParams.set("tenant", tenant_id);
	// A test is no alert, which could be opened.
	if (Value.Check(OfAlert, data) && !Value.Check(OfTest, data)) page.searchParams.set("alert", data.alert_id);
	return page.href;
}

/** The same for each attempt, so that a mail program shows a repeat once. */
function messageId(...parts: readonly string[]): string {
	return hash("sha256", JSON.stringify(parts), "hex").slice(0, 40);
}

function envelope(context: MailComposition, mail: QueuedMail, sources: readonly [MailSource, ...MailSource[]], message_id: string): Envelope {
	const { profile, unsubscribe_keys, audit_head } = context;
	const { tenant_id, person_id } = mail;
	const [{ email, tenant_name, data }] = sources;
	const classes = ROUTINE_CLASSES.filter((each) => sources.some((source) => source.class === each));
	const has_security = sources.some((source) => source.class === "security");
	const token = () => makeUnsubscribeToken(unsubscribe_keys, { tenant_id, person_id, classes });
	const { product_name, accent_color, support_url } = profile.known;
	return {
		...{ to: email, message_id, product_name, tenant_name, accent_color },
		link: { href: pageOf(profile.public_url, tenant_id, mail.status === "held" ? null : data) },
		unsubscribe: has_security ? null : { link: { href: `${profile.public_url}/api/v1/unsubscribe?token=${token()}` }, classes },
		support: support_url === null ? null : { href: support_url },
		audit_head: has_security ? audit_head : null,
	};
}

/** Composes a mail, or a digest of held ones; null if nothing is left to say. */
export function composeQueued(context: MailComposition, mail: QueuedMail, found: readonly MailSource[]): Mail | null {
	const described = found.flatMap((source) => {
		const text = textOf(source);
		return text === null ? [] : [{ source, text }];
	});
	const [first, ...others] = described;
	if (!first) return null;
	const sources = [first.source, ...others.map(({ source }) => source)] as const;
	if (mail.status === "pending")
		return composeEventMail(envelope(context, mail, [first.source], messageId(mail.event_id, mail.person_id)), first.text);
	// Of the first event, which is in every attempt: a repeat after a crash has the same events.
	const message_id = messageId("digest", mail.day, mail.tenant_id, mail.person_id, first.source.event_id);
	return composeDigest(
		envelope(context, mail, sources, message_id),
		described.map(({ text }) => text),
	);
}

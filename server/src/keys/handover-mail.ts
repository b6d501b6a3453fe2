import { nameInMail, timeInMail } from "../outbox/mail-words.ts";
import type { Mail } from "../outbox/mailer.ts";
import type { Environment } from "./format.ts";

const ENVIRONMENT_WORDS: Readonly<Record<Environment, string>> = { prod: "production", staging: "staging", dev: "development" };

export interface HandoverInWords {
	readonly email: string;
	readonly giver: string;
	readonly key_name: string;
	readonly environment: Environment;
	readonly tenant_name: string;
	readonly product_name: string;
	readonly url: string;
	readonly expires_at: Date;
}

/** The mail that brings a handover's link to whoever deploys the key. */
export function handoverMail(words: HandoverInWords): Mail {
	const giver = nameInMail(words.giver);
	const key = nameInMail(words.key_name);
	const text = [
		"Hello,",
		"",
		`${giver} hands an API key over to you: ${key}, for ${ENVIRONMENT_WORDS[words.environment]}, by which a program of`,
		`${nameInMail(words.tenant_name)} calls ${words.product_name}.`,
		"",
		`This link shows it once, until ${timeInMail(words.expires_at)}:`,
		"",
		words.url,
		"",
		"Open it where you can store the key, such as in your secret manager. Opening the link uses nothing up: the key is made when you press",
		"Reveal. Whoever has the link can do that, so please do not pass it on. If you did not expect this mail, tell the sender.",
		"",
	].join("\n");
	return { to: words.email, subject: `An API key for you: ${key}`, text };
}

import { ADDRESS_LINK_MS, type MailAddressChanged, type MailAddressLink } from "../access/account/address.ts";
import { type MailPasswordLink, PASSWORD_LINK_SECONDS } from "../access/people/password-link.ts";
import { Sessions } from "../access/people/sessions.ts";
import { SignIn } from "../access/people/sign-in.ts";
import { type MailSignInLink, SIGN_IN_LINK_SECONDS } from "../access/people/sign-in-link.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Peppers } from "../core/pepper.ts";
import { connectDatabase, type Database } from "../database/database.ts";
import { APP_ROLE } from "../database/roles.ts";
import { type CookieRules, getCookieRules } from "../http/session-cookies.ts";
import type { Mailer } from "../outbox/mail/mailer.ts";
import { composeMail } from "../outbox/mail/mails.ts";

const CONNECTIONS_MAX = 4;

export interface PeopleOptions {
	readonly mailer: Mailer;
	readonly public_url: string;
	/** The product's name in mails. */
	readonly productName: () => string;
	readonly database: Database;
	readonly clock: Clock;
	readonly log: Log;
	readonly peppers: Peppers;
}

/** Everything for sign-in, on its own small connection pool, so that it never delays key verification. */
export interface People {
	readonly sign_in: SignIn;
	readonly sessions: Sessions;
	readonly session_cookies: CookieRules;
	readonly mailPasswordLink: MailPasswordLink;
	readonly mailSignInLink: MailSignInLink;
	readonly mailAddressLink: MailAddressLink;
	readonly mailAddressChanged: MailAddressChanged;
	close(): Promise<void>;
}

export function createPeople(options: PeopleOptions): People {
	const { database, clock, log, peppers, public_url } = options;
	const session_cookies = getCookieRules(public_url);
	const own = connectDatabase({ url: database.directUrl, log, connections_max: CONNECTIONS_MAX, role: APP_ROLE });
	const sign_in = new SignIn({ database: own, clock, peppers, public_url, cookies: session_cookies });
	const mailPasswordLink: MailPasswordLink = ({ name, email }, token) => {
		const link = { href: `${public_url}/reset-password#${token}` };
		const expires_at = new Date(clock.now() + PASSWORD_LINK_SECONDS * 1_000);
		void options.mailer.send(composeMail("password", email, { name, product_name: options.productName(), link, expires_at }));
	};
	const mailSignInLink: MailSignInLink = ({ name, email }, token) => {
		const link = { href: `${public_url}/sign-in-link#${token}` };
		const expires_at = new Date(clock.now() + SIGN_IN_LINK_SECONDS * 1_000);
		void options.mailer.send(composeMail("sign_in_link", email, { name, product_name: options.productName(), link, expires_at }));
	};
	const mailAddressLink: MailAddressLink = ({ name, email }, token) => {
		const link = { href: `${public_url}/new-address#${token}` };
		const expires_at = new Date(clock.now() + ADDRESS_LINK_MS);
		return options.mailer.send(composeMail("address_link", email, { name, product_name: options.productName(), link, expires_at }));
	};
	const mailAddressChanged: MailAddressChanged = ({ name, email }) => {
		void options.mailer.send(composeMail("address_changed", email, { name, product_name: options.productName() }));
	};
	return {
		mailPasswordLink,
		mailSignInLink,
		mailAddressLink,
		mailAddressChanged,
		sign_in,
		session_cookies,
		sessions: new Sessions({ database, clock, cookies: session_cookies, sign_in }),
		close: () => own.close(),
	};
}

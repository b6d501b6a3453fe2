import type { MailAddressChanged, MailAddressLink } from "../src/access/account/address.ts";
import type { AnonymousCaller } from "../src/access/anonymous.ts";
import type { MailPasswordLink } from "../src/access/people/password-link.ts";
import { Sessions } from "../src/access/people/sessions.ts";
import { SignIn } from "../src/access/people/sign-in.ts";
import type { MailSignInLink } from "../src/access/people/sign-in-link.ts";
import { type Clock, systemClock } from "../src/core/clock.ts";
import { parsePeppers } from "../src/core/pepper.ts";
import { connectDatabase, type Database } from "../src/database/database.ts";
import { APP_ROLE } from "../src/database/roles.ts";
import { type CookieRules, getCookieRules } from "../src/http/session-cookies.ts";
import { TEST_PEPPER, type TestDatabase } from "./audit.ts";
import { testLog } from "./database.ts";

export interface TestPeople {
	readonly sign_in: SignIn;
	readonly sessions: Sessions;
	readonly cookies: CookieRules;
	/** The links that would have been mailed. */
	readonly resets: { readonly email: string; readonly token: string }[];
	readonly mailPasswordLink: MailPasswordLink;
	readonly sign_in_links: { readonly email: string; readonly token: string }[];
	readonly mailSignInLink: MailSignInLink;
	readonly address_links: { readonly email: string; readonly token: string }[];
	readonly mailAddressLink: MailAddressLink;
	/** The former addresses that would have been informed. */
	readonly informed: string[];
	readonly mailAddressChanged: MailAddressChanged;
	readonly own: Database;
	close(): Promise<void>;
}

/** Sign-in on a test's database, configured as in the server. */
export function testPeople(db: TestDatabase, options: { public_url?: string; clock?: Clock } = {}): TestPeople {
	const { public_url = "http://127.0.0.1:8787", clock = systemClock } = options;
	const cookies = getCookieRules(public_url);
	const own = connectDatabase({ url: db.database.directUrl, log: testLog, connections_max: 4, role: APP_ROLE });
	const resets: { email: string; token: string }[] = [];
	const sign_in_links: { email: string; token: string }[] = [];
	const mailSignInLink: MailSignInLink = ({ email }, token) => void sign_in_links.push({ email, token });
	const mailPasswordLink: MailPasswordLink = ({ email }, token) => void resets.push({ email, token });
	const address_links: { email: string; token: string }[] = [];
	const mailAddressLink: MailAddressLink = async ({ email }, token) => address_links.push({ email, token }) > 0;
	const informed: string[] = [];
	const mailAddressChanged: MailAddressChanged = ({ email }) => void informed.push(email);
	const sign_in = new SignIn({ database: own, clock, peppers: parsePeppers(TEST_PEPPER), public_url, cookies });
	return {
		sign_in,
		cookies,
		resets,
		sign_in_links,
		mailSignInLink,
		mailPasswordLink,
		address_links,
		mailAddressLink,
		informed,
		mailAddressChanged,
		own,
		sessions: new Sessions({ database: db.database, clock, cookies, sign_in }),
		close: () => own.close(),
	};
}

/** A browser that keeps its cookies. */
export class TestBrowser implements AnonymousCaller {
	readonly address: string;
	readonly user_agent = "Browser of the tests";
	readonly lines: string[] = [];
	readonly #jar = new Map<string, string>();

	constructor(address = "192.0.2.1") {
		this.address = address;
	}

	get bucket(): string {
		return this.address;
	}

	get cookie_header(): string {
		return [...this.#jar].map(([name, value]) => `${name}=${value}`).join("; ");
	}

	setCookies(lines: readonly string[]): void {
		this.lines.push(...lines);
		for (const line of lines) {
			const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
			if (/; Max-Age=0(;|$)/.test(line)) this.#jar.delete(name);
			else this.#jar.set(name, value);
		}
	}
}

/** People with browser sessions, with explicit control of their cookies. */
import type { Answer, Call } from "./client.ts";
import type { Server } from "./server.ts";
import { expectStatus, newName } from "./things.ts";

export const PASSWORD = "correct horse battery";

/** A browser on the server's own pages: it stores cookies and sends `Origin` like the dashboard. */
export class Browser {
	readonly server: Server;
	readonly #jar = new Map<string, string>();

	constructor(server: Server) {
		this.server = server;
	}

	get cookie(): string {
		return [...this.#jar].map(([name, value]) => `${name}=${value}`).join("; ");
	}

	/** Another browser with the same cookies. */
	copy(): Browser {
		const copy = new Browser(this.server);
		for (const [name, value] of this.#jar) copy.#jar.set(name, value);
		return copy;
	}

	async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
		const answer = await this.bare({ method, path, body, headers: { origin: this.server.url, ...headers } });
		for (const line of answer.headers["set-cookie"] ?? []) {
			const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
			if (/; Max-Age=0(;|$)/.test(line)) this.#jar.delete(name);
			else this.#jar.set(name, value);
		}
		return answer;
	}

	/** Sends the cookies and otherwise only the given headers. */
	bare(call: Call): Promise<Answer> {
		const cookie = this.cookie === "" ? {} : { cookie: this.cookie };
		return this.server.send({ ...call, headers: { ...cookie, ...call.headers } });
	}

	/** A request to one tenant's management API, below `/api/v1/tenants/<tenant_id>`. */
	management(tenant_id: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
		return this.send(method, `/api/v1/tenants/${tenant_id}${path}`, body, headers);
	}

	signIn(email: string, password = PASSWORD): Promise<Answer> {
		return this.send("POST", "/api/auth/sign-in/email", { email, password });
	}

	session(): Promise<Answer> {
		return this.send("GET", "/api/v1/session");
	}
}

/** The fragment of a link, after `#`. */
export function getToken(url: unknown): string {
	return String(url).split("#")[1] ?? "";
}

export type Role = "viewer" | "admin" | "owner";

export interface Member {
	readonly browser: Browser;
	readonly email: string;
	readonly member_id: string;
}

export async function inviteToken(server: Server, tenant_id: string, role: Role, email?: string): Promise<string> {
	const body = { role, ...(email === undefined ? {} : { email }) };
	return getToken(expectStatus(await server.management(tenant_id, "POST", "/invitations", body), 201).json.url);
}

/** A new person with an account, signed in, with this role in the tenant. */
export async function newMember(server: Server, tenant_id: string, role: Role): Promise<Member> {
	const email = `${newName(role)}@example.com`;
	const token = await inviteToken(server, tenant_id, role, email);
	const browser = new Browser(server);
	expectStatus(await browser.send("POST", "/api/v1/invitations/accept", { token, name: `Member ${email}`, password: PASSWORD }), 200);
	const members = expectStatus(await browser.management(tenant_id, "GET", "/members"), 200).as<{ data: { id: string; is_you: boolean }[] }>();
	return { browser, email, member_id: members.data.find(({ is_you }) => is_you)?.id ?? "" };
}

/** The first operator, who joined the tenant by a link. */
export async function newPortalPerson(server: Server, tenant_id: string, role: Role): Promise<Browser> {
	const person = { external_user_id: newName("user"), name: "Paula Portal", email: "paula@example.com", role, confirmed: true };
	const { json } = expectStatus(await server.operator("POST", `/tenants/${tenant_id}/portal-sessions`, person), 201);
	const browser = new Browser(server);
	expectStatus(await browser.send("POST", "/api/v1/portal-sessions/redeem", { token: getToken(json.url) }), 200);
	return browser;
}

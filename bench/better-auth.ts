// The same work with the Better Auth API-key plugin on the same PostgreSQL: verify a key, count the request, store the last use.
// Its own rate limit is off: the default allows ten requests a day per key.
import { apiKey } from "@better-auth/api-key";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import pg from "pg";
import type { Instance } from "./instance.ts";
import { median, perSecond } from "./measure.ts";

const CONCURRENT = 32;

export interface PeerFigures {
	readonly verifications_per_second: number;
	readonly keys: number;
	readonly rounds: number;
}

export async function measureBetterAuth(instance: Instance, options: { keys: number; rounds: number; seconds: number }): Promise<PeerFigures> {
	const admin = new pg.Client({ connectionString: instance.cluster_url });
	await admin.connect();
	await admin.query("create database better_auth_bench");
	await admin.end();
	const pool = new pg.Pool({ connectionString: instance.urlFor("app", "better_auth_bench"), max: 12 });
	const auth = betterAuth({
		database: pool,
		secret: "secret-of-the-benchmark-0123456789-abcdefgh",
		baseURL: "http://127.0.0.1",
		telemetry: { enabled: false },
		emailAndPassword: { enabled: true },
		plugins: [apiKey({ rateLimit: { enabled: false } })],
	});
	const { runMigrations } = await getMigrations(auth.options);
	await runMigrations();
	const { user } = await auth.api.signUpEmail({ body: { name: "bench", email: "bench@example.com", password: "password-of-the-benchmark" } });
	const keys: string[] = [];
	while (keys.length < options.keys) {
		const made = await Promise.all(Array.from({ length: CONCURRENT }, () => auth.api.createApiKey({ body: { userId: user.id, name: "bench" } })));
		keys.push(...made.map((created) => created.key));
	}
	const rates: number[] = [];
	for (let round = 0; round < options.rounds; round += 1) {
		const until = performance.now() + options.seconds * 1000;
		const began = performance.now();
		let verified = 0;
		await Promise.all(
			Array.from({ length: CONCURRENT }, async (_, worker) => {
				for (let at = worker; performance.now() < until; at += CONCURRENT) {
					const answer = await auth.api.verifyApiKey({ body: { key: keys[at % keys.length] ?? "" } });
					if (!answer.valid) throw new Error("the peer refused a key of the benchmark");
					verified += 1;
				}
			}),
		);
		rates.push(perSecond(verified, performance.now() - began));
	}
	await pool.end();
	return { verifications_per_second: median(rates), keys: keys.length, rounds: options.rounds };
}

/** kill -9 of the server and of PostgreSQL amid creates, rotations and their ends, pauses, resumes and revokes. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SUPERUSER } from "../../server/src/database/embedded/runner.ts";
import { newDataFolder, postgresPid, removeDataFolder } from "../data-folder.ts";
import { listProcesses, signalAll } from "../processes.ts";
import { type Server, startServer } from "../server.ts";
import { makePlan, makeTenant } from "../things.ts";
import { checkProbes, type Probes } from "./checks/after-kill.ts";
import { checkDatabase } from "./checks/database.ts";
import { codeIn } from "./checks/journal.ts";
import { type Action, type Key, Ledger, type Secret } from "./checks/ledger.ts";
import { Changer, InFlight, type Place, useKeys } from "./clients.ts";
import { keyed } from "./requests.ts";
import { Findings, type Outcome, percentile, randomFrom, rounded, type Scenario, type Settings, until } from "./scenario.ts";
import { Line } from "./wire.ts";

const ROUNDS = 200;
const ROUNDS_SHORT = 5;
const CHANGERS = 16;
const USERS = 3;
const TENANTS = 4;
const IN_FLIGHT_MIN = 10;
const LOAD_MS_MIN = 60;
const LOAD_MS_MAX = 400;
/** With at least this number of kills each of these actions must be hit at least once. */
const ROUNDS_TELLING = 50;
const HIT: readonly Action[] = ["create", "rotate", "replace", "complete", "cancel", "revoke"];
const COMES_BACK_WITHIN_MS = 20_000;
/** Number of keys whose state is requested after each kill, in addition to all keys of the last round. */
const SAMPLE_MAX = 150;
const LEASE_SECONDS = "5";

const VICTIMS = ["server", "postgres", "both", "server", "postgres with its children"] as const;
type Victim = (typeof VICTIMS)[number];

interface Round {
	readonly victim: Victim;
	readonly in_flight: number;
	/** From the kill to the next acknowledged change. */
	readonly back_ms: number;
}

class Run {
	readonly findings = new Findings();
	readonly ledger = new Ledger();
	readonly rounds: Round[] = [];
	/** The actions in flight at the kills. */
	readonly killed: Partial<Record<Action, number>> = {};
	readonly totals = { violations: 0, let_in: 0, refused: 0, entries: 0, asked: { "": 0, key_paused: 0, key_rotated: 0, key_revoked: 0 } };
	readonly #settings: Settings;
	readonly #random: () => number;
	readonly #in_flight = new InFlight();
	readonly #changers: Changer[];
	readonly #place: Place;
	#server: Server;

	constructor(server: Server, place: Place, settings: Settings) {
		this.#server = server;
		this.#place = place;
		this.#settings = settings;
		this.#random = randomFrom(settings.seed);
		this.#changers = Array.from({ length: CHANGERS }, (_, index) => {
			const options = { place, ledger: this.ledger, findings: this.findings, in_flight: this.#in_flight, name: `client-${index}` };
			return new Changer({ ...options, random: randomFrom(settings.seed + index + 1) });
		});
	}

	get server(): Server {
		return this.#server;
	}

	async round(number: number): Promise<void> {
		const victim = VICTIMS[number % VICTIMS.length] ?? "server";
		const probes: Probes = new Map();
		let going = true;
		const changing = Promise.all(this.#changers.map((changer) => changer.run(() => going)));
		const using = Promise.all(
			Array.from({ length: USERS }, (_, index) => useKeys(this.#place, this.ledger, probes, randomFrom(number * USERS + index + 1), () => going)),
		);
		// Awaited at the end; an earlier failure must not be hidden by an unhandled rejection.
		for (const work of [changing, using]) work.catch(() => undefined);
		await sleep(LOAD_MS_MIN + this.#random() * (LOAD_MS_MAX - LOAD_MS_MIN));
		const enough = await until(() => this.#in_flight.now >= IN_FLIGHT_MIN, 5_000, 1);
		const { now: in_flight } = this.#in_flight;
		for (const { action } of this.#in_flight.actions) this.killed[action] = (this.killed[action] ?? 0) + 1;
		this.findings.expect(enough, () => `only ${in_flight} changes were under way`);
		const killed_at = performance.now();
		await this.#kill(victim);
		const back_ms = await this.#back(killed_at);
		going = false;
		await Promise.all([changing, using]);
		this.rounds.push({ victim, in_flight, back_ms });
		this.#settings.progress(`round ${number + 1}: ${victim} killed with ${in_flight} changes under way, back after ${rounded(back_ms)} ms`);
		await this.#checkAll(probes);
	}

	/** Kills all victims at once, so that none can react to another's end. Restarts the server if it was killed. */
	async #kill(victim: Victim): Promise<void> {
		const { data_dir, port, operator_token } = this.#server;
		const postgres = postgresPid(data_dir);
		const pids: number[] = [];
		if (victim !== "server" && postgres !== null) pids.push(...(victim === "postgres with its children" ? listProcesses(postgres) : [postgres]));
		if (victim === "server" || victim === "both") pids.push(this.#server.program.pid);
		signalAll(pids, "SIGKILL");
		if (victim !== "server" && victim !== "both") return;
		await this.#server.program.ended;
		this.#server = await startServer({ data_dir, port, env: environment(operator_token) });
	}

	/** Waits until changes are acknowledged again. */
	async #back(killed_at: number): Promise<number> {
		const came = await until(() => this.ledger.acknowledged_sent_at > killed_at, COMES_BACK_WITHIN_MS, 5);
		this.findings.expect(came, () => `no change was acknowledged within ${COMES_BACK_WITHIN_MS} ms of the kill`);
		return performance.now() - killed_at;
	}

	async #checkAll(probes: Probes): Promise<void> {
		const seen = checkProbes(probes, this.findings);
		this.totals.violations += seen.violations;
		this.totals.let_in += seen.let_in;
		this.totals.refused += seen.refused;
		const { data_dir } = this.#server;
		const url = `postgresql://${SUPERUSER}@/keywright?host=${encodeURIComponent(join(data_dir, "run"))}&port=5432`;
		const pepper = readFileSync(join(data_dir, "pepper"), "utf8").trim();
		this.totals.entries = await checkDatabase({ url, pepper }, this.ledger, this.findings);
		await this.#ask();
	}

	/** Requests keys: a returned raw key must work, unless an acknowledged change forbids it, and then with that code. */
	async #ask(): Promise<void> {
		const line = new Line(this.#server.port);
		const known = this.ledger.keys.filter((key) => key.secrets.length > 0);
		const older = known.slice(0, -SAMPLE_MAX);
		const sample = [
			...known.slice(-SAMPLE_MAX),
			...Array.from({ length: Math.min(SAMPLE_MAX, older.length) }, () => older[Math.floor(this.#random() * older.length)]),
		];
		for (const key of sample) for (const secret of key?.secrets ?? []) if (key) await this.#askFor(line, key, secret);
		line.close();
	}

	async #askFor(line: Line, key: Key, secret: Secret): Promise<void> {
		const { status, body } = await line.send(keyed(secret.raw_key ?? ""));
		const refusal = key.refusalOf(secret);
		const expected = { "": 200, key_paused: 403, key_rotated: 401, key_revoked: 401 }[refusal];
		// The server may have completed a rotation by itself since the database was read.
		const completed = refusal !== "key_revoked" && codeIn(body) === "key_rotated" && key.in_use.rotation?.held === true && secret === key.in_use.old;
		const right = completed || (status === expected && codeIn(body) === refusal);
		this.findings.expect(right, () => `a secret of ${key.name} (${key.state}, ${refusal || "let in"}) was answered ${status} ${body.slice(0, 200)}`);
		this.totals.asked[refusal] += 1;
	}
}

function environment(operator_token: string): Record<string, string> {
	return { KEYWRIGHT_OPERATOR_TOKEN: operator_token, KEYWRIGHT_LEASE_SECONDS: LEASE_SECONDS, KEYWRIGHT_LOG_LEVEL: "error" };
}

function getOutcome(run: Run): Outcome {
	const { rounds, ledger, totals, findings } = run;
	const back = (of: (victim: Victim) => boolean): number =>
		rounded(
			percentile(
				rounds.filter(({ victim }) => of(victim)).map(({ back_ms }) => back_ms),
				1,
			),
		);
	const missed = HIT.filter((action) => run.killed[action] === undefined);
	findings.expect(rounds.length < ROUNDS_TELLING || missed.length === 0, () => `no kill hit any of: ${missed.join(", ")}`);
	const { "": let_in, ...refused } = totals.asked;
	const figures = {
		rounds: rounds.length,
		in_flight: run.killed,
		in_flight_min: Math.min(...rounds.map(({ in_flight }) => in_flight)),
		keys: ledger.keys.length,
		acknowledged: Object.values(ledger.acknowledged).reduce((sum, count) => sum + count, 0),
		acknowledged_by_action: ledger.acknowledged,
		audit_entries: totals.entries,
		requests: totals.let_in + totals.refused,
		violations: totals.violations,
		asked_afterwards: Object.values(totals.asked).reduce((sum, count) => sum + count, 0),
		asked_by_answer: { let_in, ...refused },
		back_after_server_ms: back((victim) => victim === "server" || victim === "both"),
		back_after_postgres_ms: back((victim) => victim.startsWith("postgres")),
	};
	const under_way = Object.entries(figures.in_flight).map(([action, count]) => `${count} ${action}`);
	const summary =
		`${figures.rounds} kills, each with ${figures.in_flight_min} changes or more under way (${under_way.join(", ")}): ${figures.acknowledged} changes of ${figures.keys} keys and ` +
		`${figures.audit_entries} audit entries agree, ${figures.violations} violations in ${figures.requests} requests; changes are acknowledged again ` +
		`${figures.back_after_postgres_ms} ms after PostgreSQL was killed and ${figures.back_after_server_ms} ms after the server was, at the latest`;
	return { name: kills.name, summary, figures, broken: findings.broken };
}

async function runKills(settings: Settings): Promise<Outcome> {
	const data_dir = newDataFolder();
	const server = await startServer({ data_dir, env: environment("operator-token-of-the-faults") });
	const plan_id = await makePlan(server);
	const tenant_ids: string[] = [];
	for (let tenant = 0; tenant < TENANTS; tenant += 1) tenant_ids.push((await makeTenant(server, { plan_id })).id);
	const run = new Run(server, { port: server.port, token: server.operator_token, tenant_ids }, settings);
	try {
		const rounds = settings.rounds ?? (settings.short ? ROUNDS_SHORT : ROUNDS);
		for (let round = 0; round < rounds; round += 1) await run.round(round);
		return getOutcome(run);
	} finally {
		await run.server.stop();
		await removeDataFolder(data_dir);
	}
}

export const kills: Scenario = {
	name: "kills",
	promise: "kill -9 of server and PostgreSQL amid changes and rotations: nothing acknowledged is lost or half done, audit entry ⇔ change",
	run: runKills,
};

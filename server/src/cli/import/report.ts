import type { SkipReason } from "./row.ts";

const REASONS_SHOWN_MAX = 20;
const LINES_SHOWN_MAX = 8;
const TENANTS_SHOWN_MAX = 20;
const REFUSED_KEPT_MAX = 10_000;

/** The result of an import, or of its dry run. Field names are those of `--json`. */
export class ImportReport {
	readonly source: string;
	readonly format: string;
	readonly dry_run: boolean;
	readonly skip_refused: boolean;
	lines = 0;
	new = 0;
	imported = 0;
	already_there = 0;
	interrupted = false;
	readonly skipped: Record<SkipReason, number> = { disabled: 0, revoked: 0, expired: 0 };
	refused = 0;
	readonly refusals: { line: number; reason: string }[] = [];
	readonly missing_tenants = new Map<string, number>();
	/** By tenant: how many keys exceed its plan's limit. */
	readonly over_plan = new Map<string, number>();
	columns_not_used: readonly string[] = [];

	constructor(about: { source: string; format: string; dry_run: boolean; skip_refused: boolean }) {
		this.source = about.source;
		this.format = about.format;
		this.dry_run = about.dry_run;
		this.skip_refused = about.skip_refused;
	}

	refuse(line: number, reason: string): void {
		this.refused += 1;
		if (this.refusals.length < REFUSED_KEPT_MAX) this.refusals.push({ line, reason });
	}

	toJSON(): Record<string, unknown> {
		const { missing_tenants, over_plan, ...rest } = this;
		const tenants = (counted: Map<string, number>) => [...counted].map(([tenant, keys]) => ({ tenant, keys }));
		return { ...rest, missing_tenants: tenants(missing_tenants), over_plan: tenants(over_plan) };
	}

	/** The report for people: one finding a line, followed by what to do. */
	text(): string {
		return [...this.#done(), ...this.#skippedLines(), ...this.#refusedLines(), ...this.#tenantLines(), ...this.#columnLines(), ""].join("\n");
	}

	#done(): string[] {
		const { already_there } = this;
		const first = this.#first();
		const again = this.interrupted ? ["! interrupted: what was imported stays; run the same command again for the rest"] : [];
		return [first, ...again, ...(already_there === 0 ? [] : [`✓ ${count(already_there, "key")} already imported`])];
	}

	#first(): string {
		if (this.dry_run) return `✓ ${count(this.new, "key")} would be imported`;
		if (this.new === 0) return "✓ nothing is left to import";
		if (this.imported === this.new) return `✓ ${count(this.imported, "key")} imported`;
		return this.imported === 0 ? "✗ nothing was imported" : `! ${count(this.imported, "key")} imported of ${this.new.toLocaleString("en")}`;
	}

	#skippedLines(): string[] {
		return Object.entries(this.skipped).flatMap(([why, keys]) =>
			keys === 0 ? [] : [`! ${count(keys, "key")} skipped: ${why} in the source system`],
		);
	}

	#refusedLines(): string[] {
		if (this.refused === 0) return [];
		const byReason = [...Map.groupBy(this.refusals, ({ reason }) => reason)];
		const shown = byReason.slice(0, REASONS_SHOWN_MAX).map(([reason, found]) => `    ${reason}: ${getLines(found.map(({ line }) => line))}`);
		const more = byReason.length - shown.length;
		return [
			`✗ ${count(this.refused, "line")} refused`,
			...shown,
			...(more > 0 ? [`    and ${count(more, "other reason")} (--json names them)`] : []),
			...(this.skip_refused ? [] : ["    correct them, or import the others with --skip-refused"]),
		];
	}

	#tenantLines(): string[] {
		return [
			...named(this.missing_tenants, "missing", "create them first: PUT /api/v1/operator/tenants/{tenant_id}"),
			...named(this.over_plan, "beyond what their plans allow", "give them a larger plan, or limits of their own"),
		];
	}

	#columnLines(): string[] {
		return this.columns_not_used.length === 0 ? [] : [`! not used: the columns ${this.columns_not_used.join(", ")}`];
	}
}

function count(number: number, thing: string): string {
	return `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;
}

function getLines(lines: readonly number[]): string {
	const shown = [...lines].sort((a, b) => a - b).slice(0, LINES_SHOWN_MAX);
	const more = lines.length - shown.length;
	return `${lines.length === 1 ? "line" : "lines"} ${shown.join(", ")}${more > 0 ? ` and ${more.toLocaleString("en")} more` : ""}`;
}

function named(tenants: ReadonlyMap<string, number>, what: string, cure: string): string[] {
	if (tenants.size === 0) return [];
	const shown = [...tenants].slice(0, TENANTS_SHOWN_MAX).map(([tenant, keys]) => `${tenant} (${count(keys, "key")})`);
	const more = tenants.size - shown.length;
	return [`✗ ${count(tenants.size, "tenant")} ${what}: ${shown.join(", ")}${more > 0 ? `, and ${more} more` : ""}`, `    ${cure}`];
}

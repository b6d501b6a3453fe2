import { formatDate, formatInstant, relativeTime } from "../ui/time-words.ts";
import type { Item } from "./queries.ts";

const figures = new Intl.NumberFormat("en");
const LISTED_MAX = 3;

/** Reads the facts of an item as text, number or list, whatever the server has of them. */
export class Facts {
	readonly #of: Item["evidence"]["facts"];
	readonly #now_ms: number;

	constructor({ evidence }: Pick<Item, "evidence">, now_ms: number) {
		this.#of = evidence.facts;
		this.#now_ms = now_ms;
	}

	text(name: string): string | null {
		const value = this.#of[name];
		return typeof value === "string" && value !== "" ? value : null;
	}

	number(name: string): number {
		return Number(this.#of[name] ?? 0);
	}

	count(name: string): string {
		return figures.format(this.number(name));
	}

	/** What of the narrower key would have been refused: nothing, where it can be said. Histories of earlier versions have no figure. */
	get replayed(): string {
		const requests = this.number("requests");
		if (requests === 0) return "";
		return ` Without it, ${requests === 1 ? "its only request" : `all its ${this.count("requests")} requests`} would have been allowed.`;
	}

	/** "a, b, c and 4 more". */
	list(name: string, all: number = Number.NaN): string {
		const value = this.#of[name];
		const names = Array.isArray(value) ? value : [];
		const rest = (Number.isNaN(all) ? names.length : all) - Math.min(names.length, LISTED_MAX);
		return `${names.slice(0, LISTED_MAX).join(", ")}${rest > 0 ? ` and ${figures.format(rest)} more` : ""}`;
	}

	length(name: string): number {
		const value = this.#of[name];
		return Array.isArray(value) ? value.length : 0;
	}

	date(name: string): string {
		const at = this.text(name);
		return at === null ? "a day that is not known" : formatDate(at, this.#now_ms);
	}

	ago(name: string): string {
		const at = this.text(name);
		return at === null ? "never" : relativeTime(at, this.#now_ms);
	}

	instant(name: string): string {
		const at = this.text(name);
		return at === null ? "" : formatInstant(at, this.#now_ms);
	}
}

// Tools for measurements: medians, and a fixed set of source addresses.
import { parseAddress } from "../server/src/core/network.ts";
import { getSource, type Source, UNKNOWN_SOURCE } from "../server/src/usage/sources/source.ts";

export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** 64 source networks. */
export const SOURCES = Array.from({ length: 64 }, (_, index) => {
	const address = parseAddress(`198.51.${index}.7`);
	if (!address) throw new Error("impossible state: a source that is no address");
	return address;
});

const USED_FROM = SOURCES.map((address) => getSource(address, "bench/1.0", null));

export function sourceAt(index: number): Source {
	return USED_FROM[index % USED_FROM.length] ?? UNKNOWN_SOURCE;
}

export function perSecond(count: number, milliseconds: number): number {
	return Math.round((count / milliseconds) * 1000);
}

export function withThousands(value: number): string {
	return Math.round(value).toLocaleString("en-US");
}

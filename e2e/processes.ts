/** Lists processes of this machine and freezes them with SIGSTOP: they stay alive and do not answer. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

function parents(): { pid: number; parent: number }[] {
	if (!existsSync("/proc/self/stat")) {
		const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
		return lines.map((line) => line.trim().split(/\s+/).map(Number)).map(([pid = 0, parent = 0]) => ({ pid, parent }));
	}
	const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
	return pids.flatMap((pid) => {
		try {
			// The second field is the program's name in parentheses, which may contain any character.
			const [, parent] = readFileSync(`/proc/${pid}/stat`, "utf8")
				.replace(/^.*\) /s, "")
				.split(" ");
			return [{ pid, parent: Number(parent) }];
		} catch {
			return [];
		}
	});
}

/** `pid` and all of its descendants. */
export function listProcesses(pid: number): number[] {
	const all = parents();
	const family = [pid];
	for (const member of family) family.push(...all.filter(({ parent }) => parent === member).map((child) => child.pid));
	return family;
}

export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
	for (const pid of pids) {
		try {
			process.kill(pid, signal);
		} catch {
			// The process has ended meanwhile.
		}
	}
}

/** Stops `pid` and its descendants until the returned function is called. */
export function freeze(pid: number): () => void {
	const frozen = listProcesses(pid);
	signalAll(frozen, "SIGSTOP");
	return () => signalAll(frozen, "SIGCONT");
}

/** `address:port` of every TCP socket on which `pid` listens. Linux only. */
export function listListeners(pid: number): string[] {
	const links = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => getLink(`/proc/${pid}/fd/${fd}`));
	const inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
	const tables = ["tcp", "tcp6"].flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, "utf8").trim().split("\n").slice(1));
	return tables.flatMap((line) => {
		const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
		return state === "0A" && inodes.has(inode) ? [getAddress(local)] : [];
	});
}

/** Empty if the descriptor was closed after it was listed. */
function getLink(path: string): string[] {
	try {
		return [readlinkSync(path)];
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
		throw error;
	}
}

/** The kernel prints IPv4 addresses as hexadecimal in host byte order. */
function getAddress(local: string): string {
	const [address = "", port = ""] = local.split(":");
	const text = address.length === 8 ? [6, 4, 2, 0].map((at) => Number.parseInt(address.slice(at, at + 2), 16)).join(".") : `[${address}]`;
	return `${text}:${Number.parseInt(port, 16)}`;
}

// Temporary folders of tests in memory: on a disk, half of the CPU time of a server's start went into the 1,600 files of its copied database,
// because ext4 passes over each file that was removed in the last minutes to find room for a new one.
import { accessSync, chmodSync, constants, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

const SHARED_MEMORY = "/dev/shm";
/** Several servers at once, each with a database of up to 200 MB, and the applications that the guards' tests install. */
const FREE_BYTES_MIN = 4 * 1024 ** 3;

/** Whether programs can be started from the folder and files of this run fit into it and into the machine's memory. */
function isUsable(folder: string, needed_bytes: number): boolean {
	try {
		accessSync(folder, constants.W_OK | constants.X_OK);
		const mount = readFileSync("/proc/mounts", "utf8")
			.split("\n")
			.map((line) => line.split(" "))
			.findLast(([, place]) => place === folder);
		const memory_kb = Number(/^MemAvailable: +(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1] ?? 0);
		const { bavail, bsize } = statfsSync(folder);
		return mount?.[2] === "tmpfs" && !(mount[3] ?? "").split(",").includes("noexec") && Math.min(bavail * bsize, memory_kb * 1024) >= needed_bytes;
	} catch {
		return false;
	}
}

/**
 * Makes every temporary folder of this process and of those that it starts one in memory, and removes them at its end.
 * Does nothing if `TMPDIR` is set or if there is too little memory. Returns the folder, or null.
 */
export function useMemoryFolder({ place = SHARED_MEMORY, needed_bytes = FREE_BYTES_MIN } = {}): string | null {
	if (process.env.TMPDIR !== undefined || !isUsable(place, needed_bytes)) return null;
	const folder = mkdtempSync(join(place, "kw-"));
	// Like /tmp: PostgreSQL runs as another user if the tests run as root.
	chmodSync(folder, 0o1777);
	process.env.TMPDIR = folder;
	process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

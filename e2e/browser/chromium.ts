import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Chromium's engine without windows and profiles: a new context and its first page cost half as much CPU time. */
const HEADLESS_SHELL = "/usr/bin/chromium-headless-shell";
const CHROMIUM = "/usr/bin/chromium";
const ARGUMENTS = [
	"--headless",
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];

/** One renderer for all pages, and none for graphics: to start processes costs a first page a quarter of its CPU time. */
const FEW_PROCESSES = ["--renderer-process-limit=1", "--in-process-gpu"];

export interface LaunchOptions {
	readonly timeout: number;
	/** Gives each page a new process, as a user's browser does: scripts that another page has compiled are compiled anew. */
	readonly own_processes?: boolean;
}

/** Starts the browser that `CHROMIUM` names, else the headless shell where it is installed, else Chromium. */
export function launchChromium({ timeout, own_processes = false }: LaunchOptions): Promise<Browser> {
	const executablePath = process.env.CHROMIUM ?? (existsSync(HEADLESS_SHELL) ? HEADLESS_SHELL : CHROMIUM);
	return chromium.launch({ executablePath, args: own_processes ? ARGUMENTS : [...ARGUMENTS, ...FEW_PROCESSES], timeout });
}

import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const RECIPE = resolve(import.meta.dirname, "../../docs/proxies/nginx.conf");

/** The addresses of the recipe and their replacements in this example. */
export interface Addresses {
	readonly keywright: string;
	readonly app: string;
	readonly listen: string;
}

/** Writes the documented recipe with these addresses, in a main configuration with which any user can run nginx from its own folder. */
export async function writeConfiguration(addresses: Addresses): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "keywright-orders-nginx-"));
	const recipe = (await readFile(RECIPE, "utf8"))
		.replace("server 127.0.0.1:8787;", `server ${addresses.keywright};`)
		.replace("server 127.0.0.1:3000;", `server ${addresses.app};`)
		.replace("listen 8080;", `listen ${addresses.listen};`);
	const spools = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
	const user = process.getuid?.() === 0 ? "user root;" : "";
	await writeFile(join(folder, "keywright.conf"), recipe);
	await writeFile(
		join(folder, "nginx.conf"),
		`daemon off; master_process off; ${user} pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http { access_log off; ${spools} include ${folder}/keywright.conf; }
`,
	);
	return folder;
}

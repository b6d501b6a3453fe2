import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const RECIPE = resolve(import.meta.dirname, "../../docs/proxies/nginx.conf");

/** What the recipe says, and what stands there in this example. */
export interface Addresses {
	readonly keywright: string;
	readonly app: string;
	readonly listen: string;
}

/** The recipe of the documents with these addresses in it, and around it what lets nginx run from a folder of its own, as any user. */
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

// The commands of workspaces, for `prepare.mjs`. Runs on whatever Node the machine has.
import fs from "fs";
import path from "path";
import { removeTree } from "./prepare-lock.mjs";

/** Links in the clone at `root` the commands of workspaces that npm has not linked: where `node_modules` is older than the command. */
export function linkCommands(root) {
	const lock = path.join(root, "package-lock.json");
	const commands = path.join(root, "node_modules", ".bin");
	if (!fs.existsSync(lock) || !fs.existsSync(commands)) return;
	const packages = JSON.parse(fs.readFileSync(lock, "utf8")).packages;
	for (const name of Object.keys(packages)) {
		if (name === "" || name.startsWith("node_modules/")) continue;
		for (const command of Object.keys(packages[name].bin || {})) {
			const file = path.join(root, name, packages[name].bin[command]);
			const link = path.join(commands, command);
			if (fs.existsSync(link) || !fs.existsSync(file)) continue;
			removeTree(link);
			fs.symlinkSync(path.relative(commands, file), link);
		}
	}
}

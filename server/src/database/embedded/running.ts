import { openFolder } from "./folder.ts";
import { readPidFile, socketUrl } from "./process.ts";

/** Connections to the PostgreSQL that another process runs on `data_dir`; null when none has opened its socket there. Only its owner can enter it. */
export async function runningEmbedded(data_dir: string): Promise<{ urlFor(role: string, database: string): string } | null> {
	const found = await readPidFile(await openFolder(data_dir));
	if (found === null || found.socket_dir === "") return null;
	return { urlFor: (role, database) => socketUrl(found.socket_dir, role, database) };
}

import { openFolder } from "./folder.ts";
import { readPidFile, socketUrl } from "./process.ts";

/** URLs of the PostgreSQL that another process runs on `data_dir`; null if none has opened its socket. Only its owner may connect. */
export async function runningEmbedded(data_dir: string): Promise<{ urlFor(role: string, database: string): string } | null> {
	const found = await readPidFile(await openFolder(data_dir));
	if (found === null || found.socket_dir === "") return null;
	return { urlFor: (role, database) => socketUrl(found.socket_dir, role, database) };
}

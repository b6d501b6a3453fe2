/** The behaviour table before the guards of `python/`, on real servers. */
import { join } from "node:path";
import { describeBehaviour } from "../../client/src/run-behaviour.ts";
import { type HostCommand, hostOf } from "./host.ts";

/** Debian's own, which has the servers. */
const PYTHON = "/usr/bin/python3";
/** WSGI has headers joined by name; both servers stop at a hundred of them and see to unread bodies by themselves. */
const WSGI = { address: "127.0.0.1", lines: false, closes: false, flood: "server" } as const;

function python(...args: string[]): HostCommand {
	return { command: PYTHON, args, cwd: join(import.meta.dirname, "hosts") };
}

describeBehaviour("WSGI on gunicorn", hostOf(python("wsgi_host.py", "gunicorn")), WSGI);
describeBehaviour("WSGI on wsgiref", hostOf(python("wsgi_host.py", "wsgiref")), { ...WSGI, decoded: true });
describeBehaviour("ASGI on uvicorn", hostOf(python("asgi_host.py")), { address: "127.0.0.1", lines: true, closes: true });

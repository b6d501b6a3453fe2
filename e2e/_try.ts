import { startServer } from "./server.ts";
import { exchange, requestText } from "./raw-socket.ts";
const s = await startServer();
try {
const a = await exchange(s.port, requestText("QUERY", "/healthz")); console.log(a.status);
await new Promise(r=>setTimeout(r,1500));
} finally { await s.stop(); console.log(s.logs.stdout.split("\n").filter(l=>l.includes("request_failed")).join("\n")); }

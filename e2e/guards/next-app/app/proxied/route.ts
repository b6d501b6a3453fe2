/** Guarded only by `proxy.ts`. */
export const GET = () => Response.json({ proxied: true });

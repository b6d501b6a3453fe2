/** Guarded by `proxy.ts` alone. */
export const GET = () => Response.json({ proxied: true });

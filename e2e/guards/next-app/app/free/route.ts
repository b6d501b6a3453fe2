export const GET = () => Response.json({ free: true });

import { type NextRequest, NextResponse } from "next/server";
import { guard } from "./lib/guard.ts";

const check = guard.check({ permission: "orders:read" });

export async function proxy(request: NextRequest): Promise<Response> {
	const { response, headers } = await check(request);
	return response ?? NextResponse.next({ headers });
}

export const config = { matcher: "/proxied" };

import { type NextRequest, NextResponse } from "next/server";
import { guard } from "./lib/guard.ts";
import { twice } from "./lib/rules.ts";

const check = guard.check({ permission: "orders:read" });
const checkTwice = guard.check(twice);

export async function proxy(asked: NextRequest): Promise<Response> {
	const { response, headers, request } = await (asked.nextUrl.pathname === "/proxied" ? check : checkTwice)(asked);
	return response ?? NextResponse.next({ headers, request });
}

export const config = { matcher: ["/proxied", "/twice/:path*"] };

import type { Actor } from "../core/context.ts";

/** Who is asking, once a credential has been believed. Whoever else may sign in becomes one more kind here. */
export type Caller = { readonly kind: "operator" } | { readonly kind: "service"; readonly id: string; readonly name: string };

/** The caller as audit entries name it. */
export function actorOf(caller: Caller): Actor {
	return caller.kind === "operator" ? { kind: "operator", name: "operator token" } : caller;
}

import type { Caller } from "../core/caller.ts";
import type { Actor } from "../core/context.ts";

/** The caller as audit entries name it. */
export function actorOf(caller: Caller): Actor {
	switch (caller.kind) {
		case "operator":
			return { kind: "operator", name: "operator token" };
		case "service":
			return { kind: "service", id: caller.id, name: caller.name };
		case "member":
			return { kind: "member", id: caller.member_id, name: caller.name, email: caller.email };
		case "portal":
			return { kind: "portal", id: caller.id, name: caller.name, email: caller.email };
	}
}

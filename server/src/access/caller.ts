import type { Caller, OperatorPerson } from "../core/caller.ts";
import type { Actor } from "../core/context.ts";

function operatorActor(person: OperatorPerson | undefined): Actor {
	return person ? { kind: "operator", id: person.person_id, name: person.name, email: person.email } : { kind: "operator", name: "operator token" };
}

/** Converts the caller to the actor of audit entries. */
export function getActor(caller: Caller): Actor {
	switch (caller.kind) {
		case "operator":
			return operatorActor(caller.person);
		case "service":
			return { kind: "service", id: caller.id, name: caller.name };
		case "member":
			return { kind: "member", id: caller.member_id, name: caller.name, email: caller.email };
		case "portal":
			return { kind: "portal", id: caller.id, name: caller.name, email: caller.email };
	}
}

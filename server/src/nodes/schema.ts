import Type from "typebox";

/** The server processes that a change waited for, this one first: each has confirmed it, or its lease ran out and it responds to no keyed request. */
export const NodesWaitedFor = Type.Array(
	Type.Object({
		node_id: Type.String(),
		confirmed: Type.Boolean({ description: "False: it stopped or did not renew its lease, and answers no more keyed requests" }),
	}),
);

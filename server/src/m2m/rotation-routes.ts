import { type Route, route } from "../http/route.ts";
import { SelfEnded, SelfRotated, SelfRotateInput } from "../keys/rotations/schema.ts";
import { cancelSelf, completeSelf, rotateSelf, type SelfContext } from "./self-rotation.ts";

export const keyedRotationRoutes: readonly Route<SelfContext>[] = [
	route({
		method: "POST",
		path: "/api/v1/m2m/key/rotate",
		access: "key",
		permission: "key:rotate",
		takes_raw_key: true,
		summary: "Replace the secret of the key that asks",
		status: 201,
		body: SelfRotateInput,
		output: SelfRotated,
		run: rotateSelf,
	}),
	route({
		method: "POST",
		path: "/api/v1/m2m/key/rotate/complete",
		access: "key",
		permission: "key:rotate",
		summary: "End the old secret of the key that asks, by a request with the new one",
		status: 200,
		output: SelfEnded,
		run: completeSelf,
	}),
	route({
		method: "POST",
		path: "/api/v1/m2m/key/rotate/cancel",
		access: "key",
		permission: "key:rotate",
		summary: "Take the replacing of the own secret back, by a request with the old one, before the new one is used",
		status: 200,
		output: SelfEnded,
		run: cancelSelf,
	}),
];
